// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

import java.util.Arrays;

/** Sparse rows, a number that means missing, base margins of the rows, threads. */
class MatrixTest {
    private static final int ROWS = 5000;

    /** Ages, debts and incomes; every fourth has no debt. */
    private static double[] loans() {
        final double[] values = new double[3 * ROWS];
        for (int row = 0; row < ROWS; ++row) {
            values[3 * row] = 18 + row * 7 % 60;
            values[3 * row + 1] = row % 4 == 0 ? Double.NaN : row % 17 / 4.0;
            values[3 * row + 2] = 1 + row % 8;
        }
        return values;
    }

    /** What is not missing, each row's columns from the last to the first. */
    private static Matrix entries(double[] dense) {
        final double[] values = new double[dense.length];
        final int[] column = new int[dense.length];
        final long[] rowBegin = new long[ROWS + 1];
        int count = 0;
        for (int row = 0; row < ROWS; ++row) {
            for (int at = 2; at >= 0; --at) {
                if (!Double.isNaN(dense[3 * row + at])) {
                    values[count] = dense[3 * row + at];
                    column[count++] = at;
                }
            }
            rowBegin[row + 1] = count;
        }
        return Matrix.sparse(Arrays.copyOf(values, count), rowBegin, Arrays.copyOf(column, count));
    }

    private static double[] replaced(double[] dense, double missing) {
        return Arrays.stream(dense).map(value -> Double.isNaN(value) ? missing : value).toArray();
    }

    @Test
    void sparseRowsHaveTheBitsOfDenseOnes() {
        final double[] dense = loans();
        try (Model model = Fixtures.loan()) {
            for (final Output output : Output.values()) {
                try (Context context = model.context(output)) {
                    final double[] expected = context.predictBatch(dense, ROWS);
                    assertArrayEquals(expected, context.predictMatrix(entries(dense)));
                    final Matrix marked = Matrix.of(replaced(dense, -999), ROWS).missing(-999);
                    assertArrayEquals(expected, context.predictMatrix(marked));
                    assertArrayEquals(
                            context.predictBatch(replaced(dense, 0), ROWS),
                            context.predictMatrix(entries(dense).absent(Matrix.Absent.ZERO)));
                }
            }
        }
    }

    @Test
    void baseMarginsStandInPlaceOfTheModels() {
        try (Model model = Fixtures.loan();
                Context context = model.context(Output.MARGIN)) {
            final Matrix rows = Matrix.of(new float[] {29, 1, 4, 30, 1, 4}, 2);
            assertArrayEquals( // the model's own is 0.125
                    new double[] {1.375, 0.625 - 2.125},
                    context.predictMatrix(rows.baseMargin(new double[] {0.125, -2})));
        }
    }

    @Test
    void threadsHaveTheBitsAndTheErrorOfOne() {
        final double[] dense = loans();
        final double[] broken = dense.clone();
        broken[3 * 4321] = broken[3 * 1234] = 0.5;
        try (Model model = Fixtures.loan();
                Context one = model.context(Output.PREDICTION)) {
            final double[] expected = one.predictBatch(dense, ROWS);
            for (int threads = 0; threads <= 3; ++threads) {
                try (Context context = model.context(Output.PREDICTION, 0, 0, threads)) {
                    assertArrayEquals(expected, context.predictBatch(dense, ROWS));
                    assertArrayEquals(expected, context.predictMatrix(entries(dense)));
                    final MlcoreException refusal =
                            Fixtures.invalid(
                                    Reason.TYPE_MISMATCH, () -> context.predictBatch(broken, ROWS));
                    assertEquals(1234, refusal.row());
                }
            }
            for (final int threads : new int[] {-1, 257, Integer.MAX_VALUE}) {
                Fixtures.invalid(
                        Reason.INVALID_OPTION, () -> model.context(Output.MARGIN, 0, 0, threads));
            }
        }
    }

    @Test
    void whatIsNoMatrixIsRefused() {
        final double[] six = {29, 1, 4, 30, 1, 4};
        final long[] begin = {0, 3, 6};
        final int[] column = {0, 1, 2, 0, 1, 2};
        try (Model model = Fixtures.loan();
                Context context = model.context(Output.MARGIN)) {
            Fixtures.invalid(Reason.INVALID_LENGTH, () -> Matrix.sparse(six, new long[0], column));
            Fixtures.invalid(Reason.INVALID_LENGTH, () -> Matrix.sparse(six, begin, new int[5]));
            final double[] none = {};
            Fixtures.invalid(Reason.WRONG_WIDTH, () -> Matrix.of(six, 2).baseMargin(none));
            final Object[][] table = {
                {Reason.INVALID_LENGTH, Matrix.of(six, 4)},
                {Reason.INVALID_LENGTH, Matrix.of(six, -1)},
                {Reason.INVALID_LENGTH, Matrix.sparse(six, new long[] {0, 4, 3}, column)},
                {Reason.INVALID_LENGTH, Matrix.sparse(six, new long[] {0, 3, 7}, column)},
                {Reason.INVALID_INDEX, Matrix.sparse(six, begin, new int[] {0, 1, 3, 0, 1, 2})},
                {Reason.INVALID_INDEX, Matrix.sparse(six, begin, new int[] {0, 1, -1, 0, 1, 2})},
                {Reason.DUPLICATE_COLUMN, Matrix.sparse(six, begin, new int[] {0, 1, 1, 0, 1, 2})},
                {Reason.WRONG_WIDTH, Matrix.of(six, 2).baseMargin(new double[1])},
                {
                    Reason.INVALID_NUMBER,
                    Matrix.of(six, 2).baseMargin(new double[] {0, Double.POSITIVE_INFINITY})
                },
            };
            for (final Object[] row : table) {
                Fixtures.invalid((int) row[0], () -> context.predictMatrix((Matrix) row[1]));
            }
        }
    }
}
