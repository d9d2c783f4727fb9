// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.util.ArrayList;
import java.util.List;

/**
 * A feature definition: a model's, or one compiled from text. Immutable; threads may share it.
 *
 * <pre>{@code
 * try (Features features = Features.parse(Files.readString(Path.of("churn.features")))) {
 *     double[] values = features.compute(requests, state);   // [requests, features.names().size()]
 * }
 * }</pre>
 *
 * <p>A model's features are closed with the model.
 */
public final class Features implements AutoCloseable {
    final Handle handle;
    private final long address;
    private final boolean ownsHandle;

    @SuppressWarnings("unused")
    private final Object keeper; // of the handle, which is closed once nobody reaches the keeper

    private final List<String> names;
    private final List<String> streams;
    private final Layout request;
    private final List<Layout> streamLayouts;

    private Features(byte[] text) {
        this.keeper = this;
        this.address = Native.featuresOpen(text);
        this.handle = Handle.of(this, Handle.FEATURES, address);
        this.ownsHandle = true;
        this.names = readNames(address);
        this.streams = readStreams(address);
        this.request = new Layout(this, handle, Native.requestLayout(address));
        this.streamLayouts = readLayouts();
    }

    /** Those of a model, which is being opened. */
    Features(Object keeper, Handle model, long address) {
        this.keeper = keeper;
        this.address = address;
        this.handle = model;
        this.ownsHandle = false;
        this.names = readNames(address);
        this.streams = readStreams(address);
        this.request = new Layout(this, handle, Native.requestLayout(address));
        this.streamLayouts = readLayouts();
    }

    private static List<String> readNames(long address) {
        final List<String> found = new ArrayList<>();
        final long count = Native.featureCount(address);
        for (long i = 0; i < count; ++i) {
            found.add(Utf8.decode(Native.featureName(address, i)));
        }
        return List.copyOf(found);
    }

    private static List<String> readStreams(long address) {
        final List<String> found = new ArrayList<>();
        final long count = Native.streamCount(address);
        for (long i = 0; i < count; ++i) {
            found.add(Utf8.decode(Native.streamName(address, i)));
        }
        return List.copyOf(found);
    }

    private List<Layout> readLayouts() {
        final List<Layout> found = new ArrayList<>();
        for (int i = 0; i < streams.size(); ++i) {
            found.add(new Layout(this, handle, Native.streamLayout(address, i)));
        }
        return List.copyOf(found);
    }

    /**
     * Compile the text of a definition, to make a state or features before a model exists.
     *
     * <pre>{@code
     * Features features = Features.parse("features ages version 1\ninput age: i64\nyears = age\noutput [years]\n");
     * }</pre>
     *
     * @param text the definition
     * @return the definition, to be closed
     * @throws MlcoreException INVALID_ARGUMENT with SYNTAX, INVALID_UTF8, UNKNOWN_NAME,
     *     DUPLICATE_NAME, TYPE_ERROR or LIMIT_EXCEEDED, UNIMPLEMENTED/UNSUPPORTED_FEATURE; the
     *     message has line, column and a caret
     */
    public static Features parse(String text) {
        NativeLoader.require();
        return new Features(Utf8.encode(text, "the definition"));
    }

    /**
     * The definition's canonical text.
     *
     * <pre>{@code
     * System.out.print(model.features().text());
     * }</pre>
     *
     * @return the text
     * @throws MlcoreException FAILED_PRECONDITION/CLOSED_HANDLE
     */
    public String text() {
        enter();
        try {
            return Utf8.decode(Native.featuresText(address));
        } finally {
            handle.leave();
        }
    }

    /**
     * The fingerprint that names the definition's meaning.
     *
     * <pre>{@code
     * boolean same = trained.fingerprint().equals(served.fingerprint());
     * }</pre>
     *
     * @return 64 hexadecimal digits
     * @throws MlcoreException FAILED_PRECONDITION/CLOSED_HANDLE
     */
    public String fingerprint() {
        enter();
        try {
            return Utf8.decode(Native.featuresFingerprint(address));
        } finally {
            handle.leave();
        }
    }

    /**
     * The names of the features, in the order of the values.
     *
     * <pre>{@code
     * int recency = features.names().indexOf("recency_d");
     * }</pre>
     *
     * @return an immutable list
     */
    public List<String> names() {
        return names;
    }

    /**
     * The layout of a request: keys, inputs, then {@code as_of} where windows need it.
     *
     * <pre>{@code
     * byte[] row = features.request().pack(Map.of("customer", "7", "as_of", Instant.now()));
     * }</pre>
     *
     * @return the layout
     */
    public Layout request() {
        return request;
    }

    /**
     * The names of the streams of events, in the definition's order.
     *
     * <pre>{@code
     * boolean needsState = !features.streams().isEmpty();
     * }</pre>
     *
     * @return an immutable list
     */
    public List<String> streams() {
        return streams;
    }

    /**
     * The layout of a stream's events.
     *
     * <pre>{@code
     * Rows orders = new Rows(features.stream("orders"));
     * }</pre>
     *
     * @param name the stream's name
     * @return the layout
     * @throws MlcoreException NOT_FOUND/UNKNOWN_NAME, FAILED_PRECONDITION/CLOSED_HANDLE
     */
    public Layout stream(String name) {
        final byte[] utf8 = Utf8.encode(name, "the stream's name");
        enter();
        try {
            return streamLayouts.get((int) Native.findStream(address, utf8));
        } finally {
            handle.leave();
        }
    }

    /**
     * Compute the features of many requests of a definition without streams.
     *
     * <pre>{@code
     * double first = features.compute(new Rows(features.request()).add(Map.of("age", 31)))[0];
     * }</pre>
     *
     * @param requests rows of {@link #request()}
     * @return the values, request after request: {@code [requests.size(), names().size()]}; null is
     *     NaN
     * @throws MlcoreException as {@link #compute(Rows, State)}, FAILED_PRECONDITION/NEEDS_STATE
     */
    public double[] compute(Rows requests) {
        return compute(requests, null);
    }

    /**
     * Compute the features of many requests, the events of their keys taken from a state: for
     * training tables. A context gives the same bits one row at a time.
     *
     * <pre>{@code
     * double[] table = features.compute(requests, state);
     * double value = table[row * features.names().size() + column];
     * }</pre>
     *
     * @param requests rows of {@link #request()}
     * @param state events of the same streams; null for a definition without streams
     * @return the values, request after request: {@code [requests.size(), names().size()]}; null is
     *     NaN
     * @throws MlcoreException FAILED_PRECONDITION with NOT_FITTED, NEEDS_STATE, STREAM_MISMATCH,
     *     INCOMPLETE_HISTORY or CLOSED_HANDLE; OUT_OF_RANGE/NOT_RETAINED; INVALID_ARGUMENT as
     *     {@link Layout#check}, with the row
     */
    public double[] compute(Rows requests, State state) {
        MlcoreException.notNull(requests, "the requests");
        final int outCount = Shape.size(requests.size(), names.size());
        enter();
        try {
            final long events = state == null ? 0 : state.handle.enter();
            try {
                return Native.featuresCompute(
                        address,
                        events,
                        requests.bytes(),
                        requests.byteCount(),
                        requests.offsets(),
                        requests.size(),
                        outCount);
            } finally {
                if (state != null) {
                    state.handle.leave();
                }
            }
        } finally {
            handle.leave();
        }
    }

    /** Begins a call and gives the address of the definition; {@code handle.leave()} ends it. */
    long enter() {
        handle.enter();
        return address;
    }

    /**
     * Frees a definition from {@link #parse}; the features of a model are closed with the model.
     */
    @Override
    public void close() {
        if (ownsHandle) {
            handle.close();
        }
    }

    @Override
    public String toString() {
        return "Features" + names;
    }
}
