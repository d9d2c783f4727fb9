// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.Arrays;

/**
 * Writes rows with typed setters, the fast way to pack. One thread at a time.
 *
 * <pre>{@code
 * RowWriter row = layout.writer();
 * int age = layout.index("age");
 * row.set(age, 31).set("income", 2500.0);
 * double prediction = context.predictRow(row);   // the next set() begins a new row
 * }</pre>
 *
 * <p>A row begins with the first set and ends when a call takes it or {@link #toBytes()} copies it;
 * until the next set it can be taken again. A nullable field that was not set is null. A setter
 * that fails leaves the row as it was.
 */
public final class RowWriter {
    /** The 8 bytes of a slot. */
    static final VarHandle WORD =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int BITMAP_AT = 8;
    private static final int GREATEST_ARRAY = Integer.MAX_VALUE - 8;
    private static final int SPARE = 4096;
    private static final long NULL_BITS = 0x7FF8000000000000L;

    private final Layout layout;
    private byte[] bytes;
    private int size;
    private long live; // bytes of strings that a field points to
    private boolean finished = true;
    private CharsetEncoder encoder;

    RowWriter(Layout layout) {
        this.layout = layout;
        this.bytes = Arrays.copyOf(layout.template, layout.template.length + 32);
        this.size = layout.template.length;
    }

    /**
     * The layout of the rows.
     *
     * <pre>{@code
     * int age = row.layout().index("age");
     * }</pre>
     *
     * @return the layout that made this writer
     */
    public Layout layout() {
        return layout;
    }

    /**
     * Set an i64, or an f64 to a whole number.
     *
     * <pre>{@code
     * row.set(row.layout().index("age"), 31);
     * }</pre>
     *
     * @param field the field's position
     * @param value its value
     * @return this writer
     * @throws MlcoreException INVALID_ARGUMENT/TYPE_MISMATCH, OUT_OF_RANGE/INVALID_INDEX
     */
    public RowWriter set(int field, long value) {
        switch (typeOf(field)) {
            case I64 -> word(field, value);
            case F64 -> word(field, Double.doubleToRawLongBits((double) value));
            default -> throw mismatch(field, "a whole number");
        }
        return this;
    }

    /**
     * Set an f64; NaN is null.
     *
     * <pre>{@code
     * row.set(row.layout().index("income"), 2500.0);
     * }</pre>
     *
     * @param field the field's position
     * @param value its value
     * @return this writer
     * @throws MlcoreException INVALID_ARGUMENT with TYPE_MISMATCH or NULL_NOT_ALLOWED,
     *     OUT_OF_RANGE/INVALID_INDEX
     */
    public RowWriter set(int field, double value) {
        if (typeOf(field) != Type.F64) {
            throw mismatch(field, "a floating-point number");
        }
        if (value == value) {
            word(field, Double.doubleToRawLongBits(value));
        } else if (layout.nullable[field]) {
            word(field, NULL_BITS);
        } else {
            throw refused(field, Reason.NULL_NOT_ALLOWED, "NaN in a column that is not nullable");
        }
        return this;
    }

    /**
     * Set a boolean.
     *
     * <pre>{@code
     * row.set(row.layout().index("member"), true);
     * }</pre>
     *
     * @param field the field's position
     * @param value its value
     * @return this writer
     * @throws MlcoreException INVALID_ARGUMENT/TYPE_MISMATCH, OUT_OF_RANGE/INVALID_INDEX
     */
    public RowWriter set(int field, boolean value) {
        if (typeOf(field) != Type.BOOLEAN) {
            throw mismatch(field, "a boolean");
        }
        word(field, value ? 1 : 0);
        return this;
    }

    /**
     * Set a string, or null.
     *
     * <pre>{@code
     * row.set(row.layout().index("customer"), "7");
     * }</pre>
     *
     * @param field the field's position
     * @param value its value; NUL is a character like others
     * @return this writer
     * @throws MlcoreException INVALID_ARGUMENT with TYPE_MISMATCH, NULL_NOT_ALLOWED, INVALID_UTF8
     *     (a lone surrogate) or MALFORMED_ROW (the row would be longer than an array can be),
     *     OUT_OF_RANGE/INVALID_INDEX
     */
    public RowWriter set(int field, String value) {
        if (typeOf(field) != Type.STRING) {
            throw mismatch(field, "a string");
        }
        if (value == null) {
            return setNull(field);
        }
        if (!finished) {
            compact();
        }
        final int at = size; // behind a row that is finished as well: it stays if this fails
        final int length = text(field, value) - at;
        start();
        if (at != size) {
            System.arraycopy(bytes, at, bytes, size, length);
        }
        live += length - length(field);
        word(field, size | (long) length << 32);
        size += length;
        return this;
    }

    /**
     * Set a timestamp, floored to microseconds, or null.
     *
     * <pre>{@code
     * row.set(row.layout().index("as_of"), Instant.parse("1998-01-01T00:00:00Z"));
     * }</pre>
     *
     * @param field the field's position
     * @param value its value
     * @return this writer
     * @throws MlcoreException INVALID_ARGUMENT with TYPE_MISMATCH, NULL_NOT_ALLOWED or
     *     INVALID_TIMESTAMP, OUT_OF_RANGE/INVALID_INDEX
     */
    public RowWriter set(int field, Instant value) {
        if (typeOf(field) != Type.TIMESTAMP) {
            throw mismatch(field, "an instant");
        }
        if (value == null) {
            return setNull(field);
        }
        try {
            word(field, Micros.of(value));
        } catch (ArithmeticException error) {
            throw refused(
                    field, Reason.INVALID_TIMESTAMP, value + " is outside the years 0001 to 9999");
        }
        return this;
    }

    /**
     * Set a duration, floored to microseconds, or null.
     *
     * <pre>{@code
     * row.set(row.layout().index("session"), Duration.ofMinutes(5));
     * }</pre>
     *
     * @param field the field's position
     * @param value its value
     * @return this writer
     * @throws MlcoreException INVALID_ARGUMENT with TYPE_MISMATCH, NULL_NOT_ALLOWED or
     *     INVALID_NUMBER, OUT_OF_RANGE/INVALID_INDEX
     */
    public RowWriter set(int field, Duration value) {
        if (typeOf(field) != Type.DURATION) {
            throw mismatch(field, "a duration");
        }
        if (value == null) {
            return setNull(field);
        }
        try {
            word(field, Micros.of(value));
        } catch (ArithmeticException error) {
            throw refused(
                    field, Reason.INVALID_NUMBER, value + " has more microseconds than an i64");
        }
        return this;
    }

    /**
     * Set null.
     *
     * <pre>{@code
     * row.setNull(row.layout().index("age"));
     * }</pre>
     *
     * @param field the field's position
     * @return this writer
     * @throws MlcoreException INVALID_ARGUMENT/NULL_NOT_ALLOWED, OUT_OF_RANGE/INVALID_INDEX
     */
    public RowWriter setNull(int field) {
        typeOf(field);
        if (!layout.nullable[field]) {
            throw refused(field, Reason.NULL_NOT_ALLOWED, "null in a column that is not nullable");
        }
        start();
        live -= length(field);
        bytes[BITMAP_AT + field / 8] |= (byte) (1 << (field % 8));
        WORD.set(bytes, layout.slots[field], 0L);
        return this;
    }

    /**
     * Set a field to an object, as {@link Type} tells; null where the field is nullable.
     *
     * <pre>{@code
     * row.setValue(row.layout().index("age"), 31);
     * }</pre>
     *
     * @param field the field's position
     * @param value its value
     * @return this writer
     * @throws MlcoreException as the typed setters; INVALID_ARGUMENT/INVALID_NUMBER (an integer
     *     that is no i64, a BigInteger or BigDecimal past the range of f64)
     */
    public RowWriter setValue(int field, Object value) {
        final Type type = typeOf(field);
        if (value == null) {
            return setNull(field);
        }
        switch (type) {
            case BOOLEAN ->
                    set(
                            field,
                            value instanceof Boolean given
                                    ? given
                                    : this.<Boolean>reject(field, value));
            case I64 -> set(field, whole(field, value));
            case F64 ->
                    set(
                            field,
                            value instanceof Number given
                                    ? real(field, given)
                                    : this.<Double>reject(field, value));
            case STRING ->
                    set(
                            field,
                            value instanceof String given
                                    ? given
                                    : this.<String>reject(field, value));
            case TIMESTAMP -> set(field, instant(field, value));
            case DURATION ->
                    set(
                            field,
                            value instanceof Duration given
                                    ? given
                                    : this.<Duration>reject(field, value));
        }
        return this;
    }

    /**
     * Set an i64, or an f64 to a whole number, by name.
     *
     * <pre>{@code
     * row.set("age", 31);
     * }</pre>
     *
     * @param field the field's name
     * @param value its value
     * @return this writer
     * @throws MlcoreException as {@link #set(int, long)}; INVALID_ARGUMENT/UNKNOWN_COLUMN
     */
    public RowWriter set(String field, long value) {
        return set(layout.known(field), value);
    }

    /**
     * Set an f64 by name; NaN is null.
     *
     * <pre>{@code
     * row.set("income", 2500.0);
     * }</pre>
     *
     * @param field the field's name
     * @param value its value
     * @return this writer
     * @throws MlcoreException as {@link #set(int, double)}; INVALID_ARGUMENT/UNKNOWN_COLUMN
     */
    public RowWriter set(String field, double value) {
        return set(layout.known(field), value);
    }

    /**
     * Set a boolean by name.
     *
     * <pre>{@code
     * row.set("member", true);
     * }</pre>
     *
     * @param field the field's name
     * @param value its value
     * @return this writer
     * @throws MlcoreException as {@link #set(int, boolean)}; INVALID_ARGUMENT/UNKNOWN_COLUMN
     */
    public RowWriter set(String field, boolean value) {
        return set(layout.known(field), value);
    }

    /**
     * Set a string, or null, by name.
     *
     * <pre>{@code
     * row.set("customer", "7");
     * }</pre>
     *
     * @param field the field's name
     * @param value its value
     * @return this writer
     * @throws MlcoreException as {@link #set(int, String)}; INVALID_ARGUMENT/UNKNOWN_COLUMN
     */
    public RowWriter set(String field, String value) {
        return set(layout.known(field), value);
    }

    /**
     * Set a timestamp, floored to microseconds, or null, by name.
     *
     * <pre>{@code
     * row.set("as_of", Instant.parse("1998-01-01T00:00:00Z"));
     * }</pre>
     *
     * @param field the field's name
     * @param value its value
     * @return this writer
     * @throws MlcoreException as {@link #set(int, Instant)}; INVALID_ARGUMENT/UNKNOWN_COLUMN
     */
    public RowWriter set(String field, Instant value) {
        return set(layout.known(field), value);
    }

    /**
     * Set a duration, floored to microseconds, or null, by name.
     *
     * <pre>{@code
     * row.set("session", Duration.ofMinutes(5));
     * }</pre>
     *
     * @param field the field's name
     * @param value its value
     * @return this writer
     * @throws MlcoreException as {@link #set(int, Duration)}; INVALID_ARGUMENT/UNKNOWN_COLUMN
     */
    public RowWriter set(String field, Duration value) {
        return set(layout.known(field), value);
    }

    /**
     * End the row and copy it.
     *
     * <pre>{@code
     * byte[] row = layout.writer().set("age", 31).toBytes();
     * }</pre>
     *
     * @return the packed row
     * @throws MlcoreException INVALID_ARGUMENT/MISSING_COLUMN, where a field that is not nullable
     *     was not set
     */
    public byte[] toBytes() {
        finish();
        return Arrays.copyOf(bytes, size);
    }

    /** Ends the row, so that {@link #bytes} and {@link #size} may be taken. */
    RowWriter finish() {
        for (int i = 0; i < layout.neverNull.length; ++i) {
            final long missing = (long) WORD.get(bytes, BITMAP_AT + 8 * i) & layout.neverNull[i];
            if (missing != 0) {
                throw refused(
                        64 * i + Long.numberOfTrailingZeros(missing),
                        Reason.MISSING_COLUMN,
                        "no value is given");
            }
        }
        finished = true;
        return this;
    }

    byte[] bytes() {
        return bytes;
    }

    int size() {
        return size;
    }

    private void start() {
        if (finished) {
            finished = false;
            live = 0;
            size = layout.template.length;
            System.arraycopy(layout.template, 0, bytes, 0, size);
        }
    }

    private void word(int field, long value) {
        start();
        bytes[BITMAP_AT + field / 8] &= (byte) ~(1 << (field % 8));
        WORD.set(bytes, layout.slots[field], value);
    }

    private Type typeOf(int field) {
        if (field < 0 || field >= layout.types.length) {
            throw new MlcoreException(
                    Code.OUT_OF_RANGE,
                    Reason.INVALID_INDEX,
                    "field " + field + " of a row of " + layout.types.length);
        }
        return layout.types[field];
    }

    /** How many bytes the string of a field has; 0 for a null and for other types. */
    private long length(int field) {
        return layout.types[field] == Type.STRING
                ? (long) WORD.get(bytes, layout.slots[field]) >>> 32
                : 0;
    }

    /** Drops strings that were set and replaced, once they are most of the row. */
    private void compact() {
        final int begin = layout.template.length;
        if (size - begin <= 2 * live + SPARE) {
            return;
        }
        final byte[] old = Arrays.copyOfRange(bytes, begin, size);
        size = begin;
        for (int field = 0; field < layout.types.length; ++field) {
            final long word = (long) WORD.get(bytes, layout.slots[field]);
            if (layout.types[field] == Type.STRING && word != 0) { // 0 is a null
                final int length = (int) (word >>> 32);
                System.arraycopy(old, (int) word - begin, bytes, size, length);
                WORD.set(bytes, layout.slots[field], size | (long) length << 32);
                size += length;
            }
        }
    }

    /** Writes the string behind the row and gives where it ends. */
    private int text(int field, String value) {
        room(field, value.length());
        int at = size;
        for (int i = 0; i < value.length(); ++i) {
            final char unit = value.charAt(i);
            if (unit >= 0x80) {
                return encoded(field, value);
            }
            bytes[at++] = (byte) unit;
        }
        return at;
    }

    private int encoded(int field, String value) {
        room(field, Math.min(3L * value.length(), GREATEST_ARRAY - size));
        if (encoder == null) {
            encoder = Utf8.encoder();
        }
        final ByteBuffer target = ByteBuffer.wrap(bytes, size, bytes.length - size);
        final CoderResult result = encoder.reset().encode(CharBuffer.wrap(value), target, true);
        if (result.isError()) {
            throw refused(field, Reason.INVALID_UTF8, "the string has a lone surrogate");
        }
        if (result.isOverflow()) {
            throw tooLong(field);
        }
        return target.position();
    }

    private void room(int field, long more) {
        if (more > GREATEST_ARRAY - size) {
            throw tooLong(field);
        }
        if (size + more > bytes.length) {
            final long wanted = Math.max(size + more, 2L * bytes.length);
            bytes = Arrays.copyOf(bytes, (int) Math.min(wanted, GREATEST_ARRAY));
        }
    }

    private long whole(int field, Object value) {
        if (value instanceof Long
                || value instanceof Integer
                || value instanceof Short
                || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        if (value instanceof BigInteger given) {
            if (given.bitLength() >= Long.SIZE) {
                throw refused(field, Reason.INVALID_NUMBER, "the integer does not fit into an i64");
            }
            return given.longValue();
        }
        return this.<Long>reject(field, value);
    }

    private double real(int field, Number value) {
        final double number = value.doubleValue();
        if (Double.isInfinite(number)
                && (value instanceof BigInteger || value instanceof BigDecimal)) {
            throw refused(field, Reason.INVALID_NUMBER, "the number does not fit into an f64");
        }
        return number;
    }

    private Instant instant(int field, Object value) {
        try {
            if (value instanceof Instant given) {
                return given;
            }
            if (value instanceof OffsetDateTime given) {
                return given.toInstant();
            }
            if (value instanceof ZonedDateTime given) {
                return given.toInstant();
            }
        } catch (DateTimeException error) {
            throw refused(
                    field, Reason.INVALID_TIMESTAMP, value + " is outside the years 0001 to 9999");
        }
        return this.<Instant>reject(field, value);
    }

    private <T> T reject(int field, Object value) {
        throw mismatch(field, value.getClass().getName());
    }

    private MlcoreException mismatch(int field, String found) {
        return refused(
                field,
                Reason.TYPE_MISMATCH,
                "expected " + layout.types[field].text() + ", found " + found);
    }

    private MlcoreException tooLong(int field) {
        return refused(field, Reason.MALFORMED_ROW, "the row is longer than 2 GiB");
    }

    private MlcoreException refused(int field, int reason, String problem) {
        return new MlcoreException(
                Code.INVALID_ARGUMENT,
                reason,
                field,
                "column \"" + layout.fields().get(field).name() + "\": " + problem);
    }
}
