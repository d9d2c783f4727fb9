// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

/**
 * Rows of numbers for {@link Context#predictMatrix(Matrix)}, a column a field of the request:
 * dense, or sparse as CSR. The arrays are borrowed.
 *
 * <pre>{@code
 * // Two rows of three fields; the second has no debt.
 * Matrix rows =
 *         Matrix.sparse(
 *                 new double[] {31, 2500, 4, 54, 4}, new long[] {0, 3, 5}, new int[] {0, 1, 2, 0, 2});
 * double[] scores = context.predictMatrix(rows.absent(Matrix.Absent.MISSING));
 * }</pre>
 */
public final class Matrix {
    /** What a sparse row does not hold. */
    public enum Absent {
        /** Missing for models of XGBoost, 0 for others. */
        DEFAULT(0),
        /** Missing. */
        MISSING(1),
        /** 0. */
        ZERO(2);

        final int number;

        Absent(int number) {
            this.number = number;
        }
    }

    private final Object values;
    private final boolean isFloat;
    private final int valueCount;
    private final int rows;
    private final long[] rowBegin;
    private final int[] column;
    private Absent absent = Absent.DEFAULT;
    private boolean hasMissing;
    private double missing;
    private double[] baseMargin;

    private Matrix(Object values, int valueCount, int rows, long[] rowBegin, int[] column) {
        this.values = values;
        isFloat = values instanceof float[];
        this.valueCount = valueCount;
        this.rows = rows;
        this.rowBegin = rowBegin;
        this.column = column;
    }

    /**
     * Dense rows.
     *
     * @param values row after row; NaN is missing
     * @param rows how many there are
     * @return the matrix
     */
    public static Matrix of(double[] values, int rows) {
        MlcoreException.notNull(values, "the values");
        return new Matrix(values, values.length, rows, null, null);
    }

    /**
     * Dense rows of floats.
     *
     * @param values row after row; NaN is missing
     * @param rows how many there are
     * @return the matrix
     */
    public static Matrix of(float[] values, int rows) {
        MlcoreException.notNull(values, "the values");
        return new Matrix(values, values.length, rows, null, null);
    }

    /**
     * Sparse rows.
     *
     * @param values the entries
     * @param rowBegin row i has the entries from {@code rowBegin[i]} up to {@code rowBegin[i + 1]}
     * @param column the column of each entry, each at most once a row, in any order
     * @return the matrix
     * @throws MlcoreException INVALID_ARGUMENT/INVALID_LENGTH
     */
    public static Matrix sparse(double[] values, long[] rowBegin, int[] column) {
        return sparse(
                values, MlcoreException.notNull(values, "the values").length, rowBegin, column);
    }

    /**
     * Sparse rows of floats.
     *
     * @param values the entries
     * @param rowBegin as of doubles
     * @param column as of doubles
     * @return the matrix
     * @throws MlcoreException INVALID_ARGUMENT/INVALID_LENGTH
     */
    public static Matrix sparse(float[] values, long[] rowBegin, int[] column) {
        return sparse(
                values, MlcoreException.notNull(values, "the values").length, rowBegin, column);
    }

    private static Matrix sparse(Object values, int count, long[] rowBegin, int[] column) {
        MlcoreException.notNull(rowBegin, "the beginnings of the rows");
        MlcoreException.notNull(column, "the columns");
        if (rowBegin.length == 0 || column.length != count) {
            throw MlcoreException.invalid(
                    Reason.INVALID_LENGTH,
                    rowBegin.length
                            + " beginnings, "
                            + column.length
                            + " columns of "
                            + count
                            + " values");
        }
        return new Matrix(values, count, rowBegin.length - 1, rowBegin, column);
    }

    /**
     * Says what sparse rows do not hold.
     *
     * @param what missing or 0
     * @return this matrix
     */
    public Matrix absent(Absent what) {
        absent = MlcoreException.notNull(what, "what is absent");
        return this;
    }

    /**
     * Says that a number means missing, as NaN does always.
     *
     * @param number such as -999
     * @return this matrix
     */
    public Matrix missing(double number) {
        hasMissing = true;
        missing = number;
        return this;
    }

    /**
     * Gives the rows base margins of their own, in place of the model's.
     *
     * @param margins {@code [rows, outputs]}
     * @return this matrix
     * @throws MlcoreException INVALID_ARGUMENT/WRONG_WIDTH for none, where there are rows
     */
    public Matrix baseMargin(double[] margins) {
        baseMargin = MlcoreException.notNull(margins, "the base margins");
        if (margins.length == 0 && rows > 0) { // which would be none to the library
            throw MlcoreException.invalid(
                    Reason.WRONG_WIDTH, "base margins: expected one a row and output, found none");
        }
        return this;
    }

    int rows() {
        return rows;
    }

    /** Into `scores`; the request has so many fields. */
    void predict(long call, int fields, double[] scores) {
        final int columns = rowBegin == null ? Shape.columns(valueCount, rows, fields) : fields;
        Native.predictMatrix(
                call,
                values,
                isFloat,
                rows,
                columns,
                rowBegin,
                column,
                absent.number,
                hasMissing,
                missing,
                baseMargin,
                scores);
    }
}
