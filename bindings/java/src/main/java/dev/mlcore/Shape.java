// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

/** Sizes of matrices that lie in one array, row after row. */
final class Shape {
    private static final int GREATEST_ARRAY = Integer.MAX_VALUE - 8;

    private Shape() {}

    /** rows times width, which must fit into an array. */
    static int size(long rows, long width) {
        final long size = Math.multiplyExact(rows, width);
        if (size > GREATEST_ARRAY) {
            throw new MlcoreException(
                    Code.RESOURCE_EXHAUSTED,
                    Reason.LIMIT_EXCEEDED,
                    size + " outputs do not fit into an array");
        }
        return (int) size;
    }

    /** How many columns so many values have in so many rows; without rows, as many as are right. */
    static int columns(int values, int rows, int right) {
        if (rows < 0 || (rows == 0 ? values != 0 : values % rows != 0)) {
            throw MlcoreException.invalid(
                    Reason.INVALID_LENGTH, values + " values are not " + rows + " rows");
        }
        return rows == 0 ? right : values / rows;
    }
}
