// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The bytes of a row: names, types and order of its fields. Immutable; threads may share it.
 *
 * <pre>{@code
 * Layout request = model.features().request();
 * byte[] row = request.pack(Map.of("customer", "7", "as_of", Instant.parse("1998-01-01T00:00:00Z")));
 * double churn = context.predictAt(state, row)[0];
 * }</pre>
 *
 * <p>Its memory belongs to the {@link Features} it came from: once those are closed, {@link
 * #fromJson} and {@link #check} fail with {@link Reason#CLOSED_HANDLE}; the rest works on.
 */
public final class Layout {
    private static final int BITMAP_AT = 8;

    private final Handle owner;

    @SuppressWarnings("unused")
    private final Object keeper; // of the handle, which is closed once nobody reaches the keeper

    private final long address;
    private final long id;
    private final List<Field> fields;
    private final Map<String, Integer> positions;

    /** What RowWriter needs at each call. */
    final Type[] types;

    final boolean[] nullable;
    final int[] slots;
    final byte[] template; // a row whose fields are all null
    final long[] neverNull; // bits of the fields that are not nullable

    /** The owner is entered by the caller. */
    Layout(Object keeper, Handle owner, long address) {
        this.keeper = keeper;
        this.owner = owner;
        this.address = address;
        this.id = Native.layoutId(address);
        final int count = Math.toIntExact(Native.layoutFieldCount(address));
        types = new Type[count];
        nullable = new boolean[count];
        slots = new int[count];
        neverNull = new long[(count + 63) / 64];
        final List<Field> found = new ArrayList<>(count);
        positions = new HashMap<>();
        final long[] numbers = new long[3];
        for (int i = 0; i < count; ++i) {
            final String name = Utf8.decode(Native.layoutField(address, i, numbers));
            types[i] = Type.of(numbers[0]);
            nullable[i] = numbers[1] != 0;
            slots[i] = Math.toIntExact(numbers[2]);
            if (!nullable[i]) {
                neverNull[i / 64] |= 1L << (i % 64);
            }
            found.add(new Field(name, types[i], nullable[i]));
            positions.put(name, i);
        }
        fields = List.copyOf(found);
        template = emptyRow(Math.toIntExact(Native.layoutFixedSize(address)), count);
    }

    private byte[] emptyRow(int fixedSize, int count) {
        final byte[] row = new byte[fixedSize];
        RowWriter.WORD.set(row, 0, id);
        for (int i = 0; i < count; ++i) {
            row[BITMAP_AT + i / 8] |= (byte) (1 << (i % 8));
        }
        return row;
    }

    /**
     * The number that every row of this layout begins with.
     *
     * <pre>{@code
     * boolean samePacker = layout.id() == other.id();
     * }</pre>
     *
     * @return the id, all 64 bits used
     */
    public long id() {
        return id;
    }

    /**
     * The fields, in order.
     *
     * <pre>{@code
     * for (Field field : layout.fields()) {
     *     System.out.println(field.name());
     * }
     * }</pre>
     *
     * @return an immutable list
     */
    public List<Field> fields() {
        return fields;
    }

    /**
     * The position of a field, for the setters of {@link RowWriter}.
     *
     * <pre>{@code
     * int age = layout.index("age");
     * writer.set(age, 31);
     * }</pre>
     *
     * @param name the field's name
     * @return its position, from 0
     * @throws MlcoreException NOT_FOUND/UNKNOWN_COLUMN
     */
    public int index(String name) {
        final Integer position = positions.get(MlcoreException.notNull(name, "the field's name"));
        if (position == null) {
            throw new MlcoreException(Code.NOT_FOUND, Reason.UNKNOWN_COLUMN, unknown(name));
        }
        return position;
    }

    /** The position of a field that a row names. */
    int known(String name) {
        final Integer position = positions.get(name);
        if (position == null) {
            throw MlcoreException.invalid(Reason.UNKNOWN_COLUMN, unknown(name));
        }
        return position;
    }

    private static String unknown(Object name) {
        return "the row has no field \"" + name + "\"";
    }

    /**
     * Make a writer of rows with typed setters, the fast way to pack.
     *
     * <pre>{@code
     * RowWriter row = layout.writer();
     * row.set("customer", "7").set("as_of", Instant.now());
     * double churn = context.predictAt(state, row);
     * }</pre>
     *
     * @return a writer without a row
     */
    public RowWriter writer() {
        return new RowWriter(this);
    }

    /**
     * Pack a row from a map. {@link Type} tells what a field takes; one that is nullable may be
     * absent.
     *
     * <pre>{@code
     * byte[] row = layout.pack(Map.of("age", 31, "income", 2500.0));
     * }</pre>
     *
     * @param values the fields by name, in any order
     * @return the packed row
     * @throws MlcoreException INVALID_ARGUMENT with MISSING_COLUMN, UNKNOWN_COLUMN, TYPE_MISMATCH,
     *     NULL_NOT_ALLOWED, INVALID_NUMBER, INVALID_TIMESTAMP, INVALID_UTF8 or MALFORMED_ROW
     */
    public byte[] pack(Map<String, ?> values) {
        return packed(values).toBytes();
    }

    /**
     * Pack a row from a record: its components are the fields, by name.
     *
     * <pre>{@code
     * record Order(String customer, Instant at, long cds, double amount) {}
     * byte[] row = orders.pack(new Order("7", Instant.parse("1997-11-20T00:00:00Z"), 2, 29.99));
     * }</pre>
     *
     * @param values a record whose components are fields
     * @return the packed row
     * @throws MlcoreException as {@link #pack(Map)}
     */
    public byte[] pack(Record values) {
        return packed(values).toBytes();
    }

    /** A writer of its own, because the map's code may call whatever it likes. */
    RowWriter packed(Map<String, ?> values) {
        MlcoreException.notNull(values, "the row");
        final RowWriter row = new RowWriter(this);
        int used = 0;
        for (int i = 0; i < types.length; ++i) {
            final String name = fields.get(i).name();
            final Object value = values.get(name);
            if (value != null || values.containsKey(name)) {
                ++used;
                row.setValue(i, value);
            }
        }
        if (used != values.size()) {
            for (final Object name : values.keySet()) {
                if (!(name instanceof String) || !positions.containsKey(name)) {
                    throw MlcoreException.invalid(Reason.UNKNOWN_COLUMN, unknown(name));
                }
            }
            throw MlcoreException.invalid(
                    Reason.UNKNOWN_COLUMN, "the map does not find all of its names when asked");
        }
        return row.finish();
    }

    RowWriter packed(Record values) {
        MlcoreException.notNull(values, "the row");
        final RowWriter row = new RowWriter(this);
        Components.of(values.getClass()).write(values, row);
        return row.finish();
    }

    /**
     * Pack a row from one JSON object. A timestamp is a string, {@code YYYY-MM-DD} or RFC 3339 with
     * an offset.
     *
     * <pre>{@code
     * byte[] row = layout.fromJson("{\"customer\": \"7\", \"as_of\": \"1998-01-01\"}");
     * }</pre>
     *
     * @param json the object's text
     * @return the packed row
     * @throws MlcoreException INVALID_ARGUMENT with MALFORMED_JSON, MISSING_COLUMN, UNKNOWN_COLUMN,
     *     TYPE_MISMATCH, NULL_NOT_ALLOWED, INVALID_TIMESTAMP, INVALID_NUMBER or INVALID_UTF8
     */
    public byte[] fromJson(String json) {
        final byte[] text = Utf8.encode(json, "the JSON text");
        owner.enter();
        try {
            return Native.rowFromJson(address, text);
        } finally {
            owner.leave();
        }
    }

    /**
     * Check that the bytes are a row of this layout, as every call that takes a row does.
     *
     * <pre>{@code
     * layout.check(bytesFromTheNetwork);
     * }</pre>
     *
     * @param row a packed row
     * @throws MlcoreException INVALID_ARGUMENT with LAYOUT_MISMATCH, MALFORMED_ROW,
     *     NULL_NOT_ALLOWED, INVALID_UTF8 or INVALID_TIMESTAMP; its column names the field
     */
    public void check(byte[] row) {
        MlcoreException.notNull(row, "the row");
        owner.enter();
        try {
            Native.rowCheck(address, row, row.length);
        } finally {
            owner.leave();
        }
    }

    @Override
    public String toString() {
        return "Layout" + fields;
    }
}
