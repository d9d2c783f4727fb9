// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

/**
 * The type of a field, and what a row takes for it.
 *
 * <pre>{@code
 * for (Field field : layout.fields()) {
 *     System.out.println(field.name() + ": " + field.type().text());
 * }
 * }</pre>
 */
public enum Type {
    /** {@link Boolean}. */
    BOOLEAN(1, "bool"),
    /**
     * {@link Long}, {@link Integer}, {@link Short}, {@link Byte}, or a {@link java.math.BigInteger}
     * that fits.
     */
    I64(2, "i64"),
    /** Any {@link Number}; NaN is null. */
    F64(3, "f64"),
    /** {@link String}, without lone surrogates. */
    STRING(4, "string"),
    /**
     * {@link java.time.Instant}, {@link java.time.OffsetDateTime}, {@link java.time.ZonedDateTime}.
     */
    TIMESTAMP(5, "timestamp"),
    /** {@link java.time.Duration}. */
    DURATION(6, "duration");

    private static final Type[] BY_NUMBER = {null, BOOLEAN, I64, F64, STRING, TIMESTAMP, DURATION};

    private final int number;
    private final String text;

    Type(int number, String text) {
        this.number = number;
        this.text = text;
    }

    /**
     * The type's name in a feature definition.
     *
     * <pre>{@code
     * Type.I64.text(); // "i64"
     * }</pre>
     *
     * @return the name
     */
    public String text() {
        return text;
    }

    int number() {
        return number;
    }

    static Type of(long number) {
        if (number <= 0 || number >= BY_NUMBER.length) {
            throw new MlcoreException(
                    Code.UNIMPLEMENTED,
                    Reason.UNSUPPORTED_FEATURE,
                    "a field of the unknown type " + number);
        }
        return BY_NUMBER[(int) number];
    }
}
