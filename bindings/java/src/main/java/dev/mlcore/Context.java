// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.util.List;
import java.util.Map;

/**
 * Scratch memory of one chain of calls. It may move between threads, and calls that overlap wait
 * for each other: give each thread its own, or keep a pool.
 *
 * <pre>{@code
 * try (Context context = model.context()) {
 *     double churn = context.predictRow(Map.of("age", 31, "income", 2500.0))[0];
 * }
 * }</pre>
 *
 * <p>The calls above return a new array. Those without allocation use memory that the context owns:
 * write {@link #row()} or {@link #values()}, call {@link #predict()} or {@link #predictValues()},
 * read {@link #out()}.
 *
 * <pre>{@code
 * int age = context.row().layout().index("age");
 * int income = context.row().layout().index("income");
 * for (Person person : people) {
 *     context.row().set(age, person.age()).set(income, person.income());
 *     scores.add(context.predict());
 * }
 * }</pre>
 */
public final class Context implements AutoCloseable {
    final Gate gate;
    private final int outputCount;
    private final RowWriter row;
    private final DoubleBuffer values;
    private final DoubleBuffer out;
    private final Layout request;
    private final long requestLayout; // alive with the context, which owns its model
    private ByteBuffer rowMemory;

    Context(long model, Layout request, Output output, int begin, int end, int threads) {
        final long call = Native.contextNew(model, output.number(), begin, end, threads);
        gate = Gate.of(this, Handle.CONTEXT, call);
        this.request = request;
        requestLayout = Native.requestLayout(Native.modelFeatures(model));
        outputCount = Math.toIntExact(Native.contextOutputCount(call));
        row = request.writer();
        final int inputs = request.fields().size();
        values = memory(Double.BYTES * Math.max(1L, inputs)).asDoubleBuffer();
        out = memory(Double.BYTES * Math.max(1L, outputCount)).asDoubleBuffer();
        values.limit(inputs);
        for (int i = 0; i < inputs; ++i) {
            values.put(i, Double.NaN);
        }
        out.limit(outputCount);
        Native.contextBind(call, values, inputs, out);
        bindRow(call, row.bytes().length);
    }

    private static ByteBuffer memory(long bytes) {
        return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
    }

    private void bindRow(long call, int capacity) {
        rowMemory = memory(capacity);
        Native.contextBindRow(call, rowMemory);
    }

    /**
     * How many values a row gives.
     *
     * <pre>{@code
     * double[] out = new double[context.outputCount()];
     * }</pre>
     *
     * @return the number of values
     */
    public int outputCount() {
        return outputCount;
    }

    /**
     * The context's own row, which {@link #predict()} and {@link #predictAt(State)} take.
     *
     * <pre>{@code
     * context.row().set("age", 31).set("income", 2500.0);
     * double prediction = context.predict();
     * }</pre>
     *
     * @return the same writer each time
     */
    public RowWriter row() {
        return row;
    }

    /**
     * The context's own numbers, which {@link #predictValues} takes: one for each field of the
     * request, NaN is null. They are NaN until they are set.
     *
     * <pre>{@code
     * context.values().put(0, 31).put(1, 2500.0);
     * double prediction = context.predictValues();
     * }</pre>
     *
     * @return the same direct buffer each time
     */
    public DoubleBuffer values() {
        return values;
    }

    /**
     * The outputs of the last call for one row.
     *
     * <pre>{@code
     * context.predict();
     * double second = context.out().get(1);
     * }</pre>
     *
     * @return the same direct buffer each time
     */
    public DoubleBuffer out() {
        return out;
    }

    /**
     * Score {@link #row()} of a definition without streams, without allocation.
     *
     * <pre>{@code
     * context.row().set("age", 31).set("income", 2500.0);
     * double prediction = context.predict();
     * }</pre>
     *
     * @return the first output; all are in {@link #out()}
     * @throws MlcoreException as {@link #predictRow(byte[])}
     */
    public double predict() {
        return predictRow(row);
    }

    /**
     * Score the row of a writer, of a definition without streams, without allocation.
     *
     * <pre>{@code
     * RowWriter row = model.features().request().writer().set("age", 31).set("income", 2500.0);
     * double prediction = context.predictRow(row);
     * }</pre>
     *
     * @param row a writer of the request's layout
     * @return the first output; all are in {@link #out()}
     * @throws MlcoreException as {@link #predictRow(byte[])}
     */
    public double predictRow(RowWriter row) {
        MlcoreException.notNull(row, "the row").finish();
        final long call = gate.enter();
        try {
            return Native.predictRow(call, load(call, row.bytes(), row.size()));
        } finally {
            leave();
        }
    }

    /**
     * Score {@link #values()} of a definition without streams whose fields are all numbers or
     * booleans, without allocation.
     *
     * <pre>{@code
     * context.values().put(0, 31).put(1, 2500.0);
     * double prediction = context.predictValues();
     * }</pre>
     *
     * @return the first output; all are in {@link #out()}
     * @throws MlcoreException as {@link #predictNumeric(double...)}
     */
    public double predictValues() {
        final long call = gate.enter();
        try {
            return Native.predictValues(call);
        } finally {
            leave();
        }
    }

    /**
     * Score {@link #row()}, the events of its keys taken from a state, without allocation.
     *
     * <pre>{@code
     * context.row().set("customer", "7").set("as_of", Instant.now());
     * double churn = context.predictAt(state);
     * }</pre>
     *
     * @param state events of the definition's streams
     * @return the first output; all are in {@link #out()}
     * @throws MlcoreException as {@link #predictAt(State, byte[])}
     */
    public double predictAt(State state) {
        return predictAt(state, row);
    }

    /**
     * Score the row of a writer, the events of its keys taken from a state, without allocation.
     *
     * <pre>{@code
     * double churn = context.predictAt(state, row.set("customer", "7").set("as_of", Instant.now()));
     * }</pre>
     *
     * @param state events of the definition's streams
     * @param row a writer of the request's layout
     * @return the first output; all are in {@link #out()}
     * @throws MlcoreException as {@link #predictAt(State, byte[])}
     */
    public double predictAt(State state, RowWriter row) {
        MlcoreException.notNull(row, "the row").finish();
        return at(state, row.bytes(), row.size(), null);
    }

    /**
     * Score a packed row of a definition without streams.
     *
     * <pre>{@code
     * double prediction = context.predictRow(row)[0];
     * }</pre>
     *
     * @param row a row of the request's layout
     * @return the outputs, {@link #outputCount()} of them
     * @throws MlcoreException INVALID_ARGUMENT as {@link Layout#check}; FAILED_PRECONDITION with
     *     NEEDS_STATE or CLOSED_HANDLE
     */
    public double[] predictRow(byte[] row) {
        MlcoreException.notNull(row, "the row");
        return scored(row, row.length);
    }

    /**
     * Score a row given as a map, of a definition without streams.
     *
     * <pre>{@code
     * double prediction = context.predictRow(Map.of("age", 31, "income", 2500.0))[0];
     * }</pre>
     *
     * @param values the fields by name
     * @return the outputs, {@link #outputCount()} of them
     * @throws MlcoreException as {@link Layout#pack(Map)} and {@link #predictRow(byte[])}
     */
    public double[] predictRow(Map<String, ?> values) {
        final RowWriter packed = request.packed(values);
        return scored(packed.bytes(), packed.size());
    }

    /**
     * Score a row given as a record, of a definition without streams.
     *
     * <pre>{@code
     * record Person(long age, double income) {}
     * double prediction = context.predictRow(new Person(31, 2500.0))[0];
     * }</pre>
     *
     * @param values a record whose components are fields
     * @return the outputs, {@link #outputCount()} of them
     * @throws MlcoreException as {@link Layout#pack(Record)} and {@link #predictRow(byte[])}
     */
    public double[] predictRow(Record values) {
        final RowWriter packed = request.packed(values);
        return scored(packed.bytes(), packed.size());
    }

    /**
     * Score a row given as one JSON object, of a definition without streams.
     *
     * <pre>{@code
     * double prediction = context.predictJson("{\"age\": 31, \"income\": 2500}")[0];
     * }</pre>
     *
     * @param json the object's text
     * @return the outputs, {@link #outputCount()} of them
     * @throws MlcoreException as {@link Layout#fromJson} and {@link #predictRow(byte[])}
     */
    public double[] predictJson(String json) {
        final byte[] text = Utf8.encode(json, "the JSON text");
        final long call = gate.enter();
        try {
            final byte[] packed = Native.rowFromJson(requestLayout, text);
            Native.predictRow(call, load(call, packed, packed.length));
            return copyOfOut();
        } finally {
            leave();
        }
    }

    /**
     * Score a row given as numbers: every field of the request is a boolean, i64 or f64, and NaN is
     * null.
     *
     * <pre>{@code
     * double prediction = context.predictNumeric(31, 2500.0)[0];
     * }</pre>
     *
     * @param values one number for each field, in order
     * @return the outputs, {@link #outputCount()} of them
     * @throws MlcoreException FAILED_PRECONDITION with NOT_NUMERIC, NEEDS_STATE or CLOSED_HANDLE;
     *     INVALID_ARGUMENT with WRONG_WIDTH, TYPE_MISMATCH (a fraction for an i64) or
     *     NULL_NOT_ALLOWED
     */
    public double[] predictNumeric(double... values) {
        MlcoreException.notNull(values, "the values");
        final long call = gate.enter();
        try {
            Native.predictF64(call, values);
            return copyOfOut();
        } finally {
            leave();
        }
    }

    /**
     * Score a row given as numbers, as {@link #predictNumeric(double...)}.
     *
     * <pre>{@code
     * double prediction = context.predictNumeric(new float[] {31f, 2500f})[0];
     * }</pre>
     *
     * @param values one number for each field, in order
     * @return the outputs, {@link #outputCount()} of them
     * @throws MlcoreException as {@link #predictNumeric(double...)}
     */
    public double[] predictNumeric(float[] values) {
        MlcoreException.notNull(values, "the values");
        final long call = gate.enter();
        try {
            Native.predictF32(call, values);
            return copyOfOut();
        } finally {
            leave();
        }
    }

    /**
     * Score a packed row, the events of its keys taken from a state.
     *
     * <pre>{@code
     * byte[] row = request.fromJson("{\"customer\": \"7\", \"as_of\": \"1998-01-01\"}");
     * double churn = context.predictAt(state, row)[0];
     * }</pre>
     *
     * @param state events of the definition's streams
     * @param row a row of the request's layout
     * @return the outputs, {@link #outputCount()} of them
     * @throws MlcoreException INVALID_ARGUMENT as {@link Layout#check}; FAILED_PRECONDITION with
     *     STREAM_MISMATCH, INCOMPLETE_HISTORY or CLOSED_HANDLE; OUT_OF_RANGE/NOT_RETAINED
     */
    public double[] predictAt(State state, byte[] row) {
        MlcoreException.notNull(row, "the row");
        final double[] scores = new double[outputCount];
        at(state, row, row.length, scores);
        return scores;
    }

    /**
     * Score a row given as a map, the events of its keys taken from a state.
     *
     * <pre>{@code
     * double churn = context.predictAt(state, Map.of("customer", "7", "as_of", Instant.now()))[0];
     * }</pre>
     *
     * @param state events of the definition's streams
     * @param values the fields by name
     * @return the outputs, {@link #outputCount()} of them
     * @throws MlcoreException as {@link Layout#pack(Map)} and {@link #predictAt(State, byte[])}
     */
    public double[] predictAt(State state, Map<String, ?> values) {
        return predictAt(state, request.pack(values));
    }

    /**
     * Score a row given as a record, the events of its keys taken from a state.
     *
     * <pre>{@code
     * record Ask(String customer, Instant as_of) {}
     * double churn = context.predictAt(state, new Ask("7", Instant.now()))[0];
     * }</pre>
     *
     * @param state events of the definition's streams
     * @param values a record whose components are fields
     * @return the outputs, {@link #outputCount()} of them
     * @throws MlcoreException as {@link Layout#pack(Record)} and {@link #predictAt(State, byte[])}
     */
    public double[] predictAt(State state, Record values) {
        return predictAt(state, request.pack(values));
    }

    /**
     * Score a packed row with the events that the caller brings.
     *
     * <pre>{@code
     * double churn = context.predictEvents(row, List.of(ordersOfTheCustomer))[0];
     * }</pre>
     *
     * @param row a row of the request's layout
     * @param events one batch for each stream of the definition, in its order; their events in any
     *     order
     * @return the outputs, {@link #outputCount()} of them
     * @throws MlcoreException INVALID_ARGUMENT as {@link Layout#check} and with WRONG_WIDTH
     *     (another number of streams); FAILED_PRECONDITION/CLOSED_HANDLE
     */
    public double[] predictEvents(byte[] row, List<Rows> events) {
        MlcoreException.notNull(row, "the row");
        final Rows[] streams = MlcoreException.notNull(events, "the events").toArray(new Rows[0]);
        final byte[][] bytes = new byte[streams.length][];
        final long[] sizes = new long[streams.length];
        final long[][] offsets = new long[streams.length][];
        final int[] counts = new int[streams.length];
        for (int i = 0; i < streams.length; ++i) {
            bytes[i] = MlcoreException.notNull(streams[i], "a stream's events").bytes();
            sizes[i] = streams[i].byteCount();
            offsets[i] = streams[i].offsets();
            counts[i] = streams[i].size();
        }
        final long call = gate.enter();
        try {
            Native.predictEvents(call, load(call, row, row.length), bytes, sizes, offsets, counts);
            return copyOfOut();
        } finally {
            leave();
        }
    }

    /**
     * Score many rows given as numbers, row after row.
     *
     * <pre>{@code
     * double[] scores = context.predictBatch(new double[] {31, 2500, 54, Double.NaN}, 2);
     * }</pre>
     *
     * @param values the rows, {@code [rows, fields]}; NaN is null
     * @param rows how many there are
     * @return the outputs, {@code [rows, outputCount()]}
     * @throws MlcoreException as {@link #predictNumeric(double...)}, with the row;
     *     INVALID_ARGUMENT/INVALID_LENGTH
     */
    public double[] predictBatch(double[] values, int rows) {
        return predictMatrix(Matrix.of(values, rows));
    }

    /**
     * Score many rows given as numbers, row after row.
     *
     * <pre>{@code
     * double[] scores = context.predictBatch(new float[] {31f, 2500f, 54f, Float.NaN}, 2);
     * }</pre>
     *
     * @param values the rows, {@code [rows, fields]}; NaN is null
     * @param rows how many there are
     * @return the outputs, {@code [rows, outputCount()]}
     * @throws MlcoreException as {@link #predictBatch(double[], int)}
     */
    public double[] predictBatch(float[] values, int rows) {
        return predictMatrix(Matrix.of(values, rows));
    }

    /**
     * Score the rows of a matrix, dense or sparse, with base margins of their own or the model's.
     *
     * <pre>{@code
     * double[] scores = context.predictMatrix(Matrix.of(values, rows).missing(-999));
     * }</pre>
     *
     * @param matrix rows of numbers
     * @return the outputs, {@code [rows, outputCount()]}
     * @throws MlcoreException as {@link #predictBatch(double[], int)}; INVALID_ARGUMENT with
     *     INVALID_INDEX, DUPLICATE_COLUMN, INVALID_NUMBER or INVALID_OPTION, for what does not fit
     */
    public double[] predictMatrix(Matrix matrix) {
        final int rows = MlcoreException.notNull(matrix, "the matrix").rows();
        final double[] scores = new double[Shape.size(Math.max(rows, 0), outputCount)];
        final long call = gate.enter();
        try {
            matrix.predict(call, request.fields().size(), scores);
        } finally {
            leave();
        }
        return scores;
    }

    /**
     * Score many packed rows of a definition without streams.
     *
     * <pre>{@code
     * Rows requests = new Rows(model.features().request()).add(Map.of("age", 31, "income", 2500.0));
     * double[] scores = context.predictBatch(requests);
     * }</pre>
     *
     * @param requests rows of the request's layout
     * @return the outputs, {@code [requests.size(), outputCount()]}
     * @throws MlcoreException as {@link #predictRow(byte[])}, with the row
     */
    public double[] predictBatch(Rows requests) {
        return batch(0, requests);
    }

    /**
     * Score many packed rows, the events of their keys taken from a state.
     *
     * <pre>{@code
     * double[] scores = context.predictBatchAt(state, requests);
     * }</pre>
     *
     * @param state events of the definition's streams
     * @param requests rows of the request's layout
     * @return the outputs, {@code [requests.size(), outputCount()]}
     * @throws MlcoreException as {@link #predictAt(State, byte[])}, with the row
     */
    public double[] predictBatchAt(State state, Rows requests) {
        MlcoreException.notNull(state, "the state");
        final long events = state.handle.enter();
        try {
            return batch(events, requests);
        } finally {
            state.handle.leave();
        }
    }

    /** Frees the context, after the call in progress. Closing it again does nothing. */
    @Override
    public void close() {
        gate.close();
    }

    private double at(State state, byte[] bytes, int size, double[] scores) {
        MlcoreException.notNull(state, "the state");
        final long call = gate.enter();
        try {
            final long events = state.handle.enter();
            try {
                final double first = Native.predictAt(call, events, load(call, bytes, size));
                if (scores != null) {
                    out.get(0, scores);
                }
                return first;
            } finally {
                state.handle.leave();
            }
        } finally {
            leave();
        }
    }

    private double[] batch(long state, Rows requests) {
        final int count = MlcoreException.notNull(requests, "the requests").size();
        final double[] scores = new double[Shape.size(count, outputCount)];
        final long call = gate.enter();
        try {
            Native.predictBatchAt(
                    call,
                    state,
                    requests.bytes(),
                    requests.byteCount(),
                    requests.offsets(),
                    count,
                    scores);
        } finally {
            leave();
        }
        return scores;
    }

    private double[] scored(byte[] bytes, int size) {
        final long call = gate.enter();
        try {
            Native.predictRow(call, load(call, bytes, size));
            return copyOfOut();
        } finally {
            leave();
        }
    }

    /**
     * Copies the row to where the library reads it, out of reach of other threads; gives its size.
     */
    private int load(long call, byte[] bytes, int size) {
        if (size > rowMemory.capacity()) {
            final long wanted = Math.max(size, 2L * rowMemory.capacity());
            bindRow(call, (int) Math.min(Integer.MAX_VALUE - 8, wanted));
        }
        rowMemory.put(0, bytes, 0, size);
        return size;
    }

    private double[] copyOfOut() {
        final double[] scores = new double[outputCount];
        out.get(0, scores);
        return scores;
    }

    private void leave() {
        gate.leave();
        Reference.reachabilityFence(this);
    }
}
