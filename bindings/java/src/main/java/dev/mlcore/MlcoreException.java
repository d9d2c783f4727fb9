// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.nio.charset.StandardCharsets;

/**
 * What the library refused, and why.
 *
 * <p>{@link #code()} is a gRPC status number, {@link #reason()} tells one cause from another under
 * the same code; {@link Code} and {@link Reason} name the numbers. {@link #column()} and {@link
 * #row()} say where in the caller's data.
 *
 * <pre>{@code
 * try {
 *     context.predictRow(Map.of("age", "forty"));
 * } catch (MlcoreException error) {
 *     if (error.reason() == Reason.TYPE_MISMATCH) {
 *         System.err.println("column " + error.column() + ": " + error.getMessage());
 *     }
 * }
 * }</pre>
 */
public final class MlcoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The number of {@link #code()}. */
    private final int code;

    /** The number of {@link #reason()}. */
    private final int reason;

    /** Position in the schema, or -1. */
    private final int column;

    /** Position in the batch, or -1. */
    private final long row;

    MlcoreException(int code, int reason, String message) {
        this(code, reason, -1, -1, message, null);
    }

    MlcoreException(int code, int reason, int column, String message) {
        this(code, reason, column, -1, message, null);
    }

    MlcoreException(int code, int reason, int column, long row, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
        this.reason = reason;
        this.column = column;
        this.row = row;
    }

    /** Called by libmlcore_jni.so. */
    static MlcoreException of(int code, int reason, int column, long row, byte[] message) {
        return new MlcoreException(
                code, reason, column, row, new String(message, StandardCharsets.UTF_8), null);
    }

    static MlcoreException invalid(int reason, String message) {
        return new MlcoreException(Code.INVALID_ARGUMENT, reason, message);
    }

    static <T> T notNull(T value, String what) {
        if (value == null) {
            throw invalid(Reason.NULL_POINTER, what + " is null");
        }
        return value;
    }

    /**
     * The kind of failure: one of {@link Code}.
     *
     * <pre>{@code
     * int status = error.code() == Code.NOT_FOUND ? 404 : 500;
     * }</pre>
     *
     * @return the number
     */
    public int code() {
        return code;
    }

    /**
     * The cause: one of {@link Reason}.
     *
     * <pre>{@code
     * boolean gone = error.reason() == Reason.FILE_NOT_FOUND;
     * }</pre>
     *
     * @return the number
     */
    public int reason() {
        return reason;
    }

    /**
     * The name of {@link #code()}.
     *
     * <pre>{@code
     * error.codeName(); // "INVALID_ARGUMENT"
     * }</pre>
     *
     * @return the name in capitals
     */
    public String codeName() {
        return Code.nameOf(code);
    }

    /**
     * The name of {@link #reason()}.
     *
     * <pre>{@code
     * error.reasonName(); // "missing_column"
     * }</pre>
     *
     * @return the name in small letters
     */
    public String reasonName() {
        return Reason.nameOf(reason);
    }

    /**
     * The field at fault.
     *
     * <pre>{@code
     * String name = layout.fields().get(error.column()).name();
     * }</pre>
     *
     * @return its position in the schema, from 0; -1 where that does not apply
     */
    public int column() {
        return column;
    }

    /**
     * The row at fault.
     *
     * <pre>{@code
     * long bad = error.row();
     * }</pre>
     *
     * @return its position in the batch, from 0; -1 where that does not apply
     */
    public long row() {
        return row;
    }

    @Override
    public String toString() {
        return getClass().getName()
                + ": "
                + getMessage()
                + " ("
                + codeName()
                + "/"
                + reasonName()
                + ")";
    }
}
