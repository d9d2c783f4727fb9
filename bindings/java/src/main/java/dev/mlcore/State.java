// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.time.Instant;

/**
 * The events of many keys. It locks inside: threads may share it.
 *
 * <pre>{@code
 * try (State state = new State(model.features())) {
 *     state.ingest("orders", orders);
 *     double churn = context.predictAt(state, row)[0];
 * }
 * }</pre>
 *
 * <p>It belongs to the application and not to a model: any model whose definition has equal streams
 * can read it.
 */
public final class State implements AutoCloseable {
    final Handle handle;
    private final java.util.List<String> streams;

    private State(Features features, long address) {
        handle = Handle.of(this, Handle.STATE, address);
        streams = features.streams();
    }

    /**
     * Make an empty state without limits for the streams of a definition.
     *
     * <pre>{@code
     * State state = new State(model.features());
     * }</pre>
     *
     * @param features a definition with streams
     * @throws MlcoreException FAILED_PRECONDITION with UNSUPPORTED_FEATURE (no stream) or
     *     CLOSED_HANDLE
     */
    public State(Features features) {
        this(features, StateOptions.DEFAULT);
    }

    /**
     * Make an empty state for the streams of a definition.
     *
     * <pre>{@code
     * State state = new State(model.features(), StateOptions.DEFAULT.withMaxBytes(1L << 30));
     * }</pre>
     *
     * @param features a definition with streams
     * @param options its limits
     * @throws MlcoreException FAILED_PRECONDITION with UNSUPPORTED_FEATURE (no stream) or
     *     CLOSED_HANDLE, INVALID_ARGUMENT/INVALID_OPTION
     */
    public State(Features features, StateOptions options) {
        this(features, create(features, options));
    }

    private static long create(Features features, StateOptions options) {
        MlcoreException.notNull(features, "the features");
        final long[] numbers = MlcoreException.notNull(options, "the options").numbers();
        final long address = features.enter();
        try {
            return Native.stateNew(address, numbers);
        } finally {
            features.handle.leave();
        }
    }

    /**
     * Make a state without limits from a snapshot; it goes on with the bits of the one that was
     * copied.
     *
     * <pre>{@code
     * State state = State.restore(model.features(), Files.readAllBytes(Path.of("orders.snapshot")));
     * }</pre>
     *
     * @param features a definition with the same streams
     * @param snapshot from {@link #snapshot}
     * @return a state, to be closed
     * @throws MlcoreException as {@link #restore(Features, byte[], StateOptions)}
     */
    public static State restore(Features features, byte[] snapshot) {
        return restore(features, snapshot, StateOptions.DEFAULT);
    }

    /**
     * Make a state from a snapshot; it goes on with the bits of the one that was copied.
     *
     * <pre>{@code
     * State state = State.restore(features, snapshot, StateOptions.DEFAULT.withMaxKeys(1_000_000));
     * }</pre>
     *
     * @param features a definition with the same streams
     * @param snapshot from {@link #snapshot}
     * @param options its limits
     * @return a state, to be closed
     * @throws MlcoreException DATA_LOSS with MALFORMED_SNAPSHOT, TRUNCATED or CHECKSUM,
     *     FAILED_PRECONDITION with STREAM_MISMATCH or CLOSED_HANDLE, and as {@link #State(Features,
     *     StateOptions)}
     */
    public static State restore(Features features, byte[] snapshot, StateOptions options) {
        MlcoreException.notNull(features, "the features");
        MlcoreException.notNull(snapshot, "the snapshot");
        final long[] numbers = MlcoreException.notNull(options, "the options").numbers();
        final long address = features.enter();
        try {
            return new State(features, Native.stateRestore(address, snapshot, numbers));
        } finally {
            features.handle.leave();
        }
    }

    /**
     * Add a batch of events, in any order of time. A row that can't be read is counted as invalid
     * and the others are taken.
     *
     * <pre>{@code
     * IngestReport report = state.ingest("orders", orders);
     * }</pre>
     *
     * @param stream the stream's name
     * @param events rows of the stream's layout
     * @return what became of them
     * @throws MlcoreException NOT_FOUND/UNKNOWN_NAME (stream), INVALID_ARGUMENT/LAYOUT_MISMATCH
     *     (nothing is taken), RESOURCE_EXHAUSTED/STATE_FULL (the rows before stay),
     *     FAILED_PRECONDITION/CLOSED_HANDLE
     */
    public IngestReport ingest(String stream, Rows events) {
        return ingest(stream, events, null, 0);
    }

    /**
     * Add a batch from a source that may deliver it again: one whose offset is not past the
     * greatest one taken from the source is ignored and counted as replayed.
     *
     * <pre>{@code
     * state.ingest("orders", orders, "orders-topic/3", record.offset());
     * }</pre>
     *
     * @param stream the stream's name
     * @param events rows of the stream's layout
     * @param source the source's name; null for a batch without one
     * @param offset the batch's place in the source
     * @return what became of the events
     * @throws MlcoreException as {@link #ingest(String, Rows)}
     */
    public IngestReport ingest(String stream, Rows events, String source, long offset) {
        final int index = streams.indexOf(MlcoreException.notNull(stream, "the stream's name"));
        MlcoreException.notNull(events, "the events");
        final byte[] from = source == null ? null : Utf8.encode(source, "the source");
        if (index < 0) {
            throw new MlcoreException(
                    Code.NOT_FOUND,
                    Reason.UNKNOWN_NAME,
                    "no stream \"" + stream + "\"; there are " + streams);
        }
        final long[] numbers = new long[IngestReport.NUMBERS];
        final long state = handle.enter();
        try {
            final byte[] message =
                    Native.stateIngest(
                            state,
                            index,
                            events.bytes(),
                            events.byteCount(),
                            events.offsets(),
                            events.size(),
                            from,
                            offset,
                            numbers);
            return IngestReport.of(numbers, message);
        } finally {
            handle.leave();
        }
    }

    /**
     * The greatest offset taken from a source: after a restore, where to go on reading.
     *
     * <pre>{@code
     * consumer.seek(partition, state.sourceOffset("orders-topic/3") + 1);
     * }</pre>
     *
     * @param source the source's name
     * @return the offset
     * @throws MlcoreException NOT_FOUND/UNKNOWN_NAME (nothing was taken from it),
     *     FAILED_PRECONDITION/CLOSED_HANDLE
     */
    public long sourceOffset(String source) {
        final byte[] name = Utf8.encode(source, "the source");
        final long state = handle.enter();
        try {
            return Native.stateSourceOffset(state, name);
        } finally {
            handle.leave();
        }
    }

    /**
     * Promise that no event before {@code time} minus the lateness will come; what no window can
     * reach any more is forgotten.
     *
     * <pre>{@code
     * state.expire(Instant.now());
     * }</pre>
     *
     * @param time the promise's time
     * @throws MlcoreException FAILED_PRECONDITION with INVALID_OPTION (a state without a lateness)
     *     or CLOSED_HANDLE, INVALID_ARGUMENT/INVALID_TIMESTAMP
     */
    public void expire(Instant time) {
        final long micros = Micros.argument(time, "the time");
        final long state = handle.enter();
        try {
            Native.stateExpire(state, micros);
        } finally {
            handle.leave();
        }
    }

    /**
     * How many keys the state holds.
     *
     * <pre>{@code
     * long customers = state.keyCount();
     * }</pre>
     *
     * @return the number of keys
     * @throws MlcoreException FAILED_PRECONDITION/CLOSED_HANDLE
     */
    public long keyCount() {
        final long state = handle.enter();
        try {
            return Native.stateKeyCount(state);
        } finally {
            handle.leave();
        }
    }

    /**
     * How many events the state holds.
     *
     * <pre>{@code
     * long orders = state.eventCount();
     * }</pre>
     *
     * @return the number of events
     * @throws MlcoreException FAILED_PRECONDITION/CLOSED_HANDLE
     */
    public long eventCount() {
        final long state = handle.enter();
        try {
            return Native.stateEventCount(state);
        } finally {
            handle.leave();
        }
    }

    /**
     * How much memory the state holds.
     *
     * <pre>{@code
     * gauge.set(state.memory());
     * }</pre>
     *
     * @return bytes
     * @throws MlcoreException FAILED_PRECONDITION/CLOSED_HANDLE
     */
    public long memory() {
        final long state = handle.enter();
        try {
            return Native.stateMemory(state);
        } finally {
            handle.leave();
        }
    }

    /**
     * Copy the whole state, source offsets included.
     *
     * <pre>{@code
     * Files.write(Path.of("orders.snapshot"), state.snapshot());
     * }</pre>
     *
     * @return bytes for {@link #restore(Features, byte[])}
     * @throws MlcoreException FAILED_PRECONDITION/CLOSED_HANDLE, RESOURCE_EXHAUSTED/OUT_OF_MEMORY
     *     (over 2 GiB)
     */
    public byte[] snapshot() {
        final long state = handle.enter();
        try {
            return Native.stateSnapshot(state);
        } finally {
            handle.leave();
        }
    }

    /** Frees the state, when the calls in progress have ended. */
    @Override
    public void close() {
        handle.close();
    }
}
