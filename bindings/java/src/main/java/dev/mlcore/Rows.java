// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.util.Arrays;
import java.util.Map;

/**
 * Packed rows of one layout, one after another: a batch of events or of requests. One thread at a
 * time.
 *
 * <pre>{@code
 * Rows orders = new Rows(model.features().stream("orders"));
 * orders.add(Map.of("customer", "7", "at", Instant.parse("1997-11-20T00:00:00Z"), "cds", 2, "amount", 29.99));
 * state.ingest("orders", orders);
 * }</pre>
 */
public final class Rows {
    private static final int GREATEST_ARRAY = Integer.MAX_VALUE - 8;

    private final Layout layout;
    private byte[] bytes = new byte[256];
    private int size;
    private long[] offsets = new long[16];
    private int count;

    /**
     * Make an empty batch.
     *
     * <pre>{@code
     * Rows requests = new Rows(model.features().request());
     * }</pre>
     *
     * @param layout the layout of its rows
     */
    public Rows(Layout layout) {
        this.layout = MlcoreException.notNull(layout, "the layout");
    }

    /**
     * The layout of the rows.
     *
     * <pre>{@code
     * RowWriter row = rows.layout().writer();
     * }</pre>
     *
     * @return what the constructor was given
     */
    public Layout layout() {
        return layout;
    }

    /**
     * How many rows there are.
     *
     * <pre>{@code
     * if (rows.size() == 1000) state.ingest("orders", rows);
     * }</pre>
     *
     * @return their number
     */
    public int size() {
        return count;
    }

    /**
     * Forget all rows and keep the memory.
     *
     * <pre>{@code
     * state.ingest("orders", rows);
     * rows.clear();
     * }</pre>
     */
    public void clear() {
        size = 0;
        count = 0;
    }

    /**
     * Add a row from a map.
     *
     * <pre>{@code
     * rows.add(Map.of("customer", "7", "as_of", Instant.now()));
     * }</pre>
     *
     * @param values the fields by name
     * @return this batch
     * @throws MlcoreException as {@link Layout#pack(Map)}; RESOURCE_EXHAUSTED/LIMIT_EXCEEDED (2
     *     GiB)
     */
    public Rows add(Map<String, ?> values) {
        return add(layout.packed(values));
    }

    /**
     * Add a row from a record.
     *
     * <pre>{@code
     * record Order(String customer, Instant at, long cds, double amount) {}
     * rows.add(new Order("7", Instant.now(), 2, 29.99));
     * }</pre>
     *
     * @param values a record whose components are fields
     * @return this batch
     * @throws MlcoreException as {@link Layout#pack(Record)}; RESOURCE_EXHAUSTED/LIMIT_EXCEEDED (2
     *     GiB)
     */
    public Rows add(Record values) {
        return add(layout.packed(values));
    }

    /**
     * Add the row that a writer holds.
     *
     * <pre>{@code
     * RowWriter row = rows.layout().writer();
     * for (Order order : orders) {
     *     rows.add(row.set("customer", order.customer()).set("at", order.at()));
     * }
     * }</pre>
     *
     * @param row a writer of the same layout
     * @return this batch
     * @throws MlcoreException INVALID_ARGUMENT with MISSING_COLUMN or LAYOUT_MISMATCH;
     *     RESOURCE_EXHAUSTED/LIMIT_EXCEEDED (2 GiB)
     */
    public Rows add(RowWriter row) {
        MlcoreException.notNull(row, "the row");
        if (row.layout().id() != layout.id()) {
            throw MlcoreException.invalid(
                    Reason.LAYOUT_MISMATCH, "the row is written for another layout");
        }
        row.finish();
        return append(row.bytes(), row.size());
    }

    /**
     * Add a packed row as it is; the call that uses the batch checks it.
     *
     * <pre>{@code
     * rows.add(layout.fromJson("{\"customer\": \"7\", \"as_of\": \"1998-01-01\"}"));
     * }</pre>
     *
     * @param row a row from {@link Layout#pack(Map)} or {@link Layout#fromJson}
     * @return this batch
     * @throws MlcoreException RESOURCE_EXHAUSTED/LIMIT_EXCEEDED (2 GiB)
     */
    public Rows add(byte[] row) {
        MlcoreException.notNull(row, "the row");
        return append(row, row.length);
    }

    private Rows append(byte[] row, int length) {
        final long end = (long) size + length;
        if (end > GREATEST_ARRAY || count >= GREATEST_ARRAY - 1) {
            throw new MlcoreException(
                    Code.RESOURCE_EXHAUSTED, Reason.LIMIT_EXCEEDED, "a batch holds at most 2 GiB");
        }
        if (end > bytes.length) {
            bytes =
                    Arrays.copyOf(
                            bytes,
                            (int) Math.min(GREATEST_ARRAY, Math.max(end, 2L * bytes.length)));
        }
        if (count + 2 > offsets.length) {
            offsets = Arrays.copyOf(offsets, (int) Math.min(GREATEST_ARRAY, 2L * offsets.length));
        }
        System.arraycopy(row, 0, bytes, size, length);
        size = (int) end;
        offsets[++count] = end;
        return this;
    }

    byte[] bytes() {
        return bytes;
    }

    int byteCount() {
        return size;
    }

    /** One more than {@link #size}. */
    long[] offsets() {
        return offsets;
    }
}
