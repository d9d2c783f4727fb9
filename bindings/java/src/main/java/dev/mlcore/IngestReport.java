// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.util.ArrayList;
import java.util.List;

/**
 * What became of a batch of events.
 *
 * <pre>{@code
 * IngestReport report = state.ingest("orders", orders);
 * if (report.invalid() > 0) {
 *     log.warning(report.invalid() + " orders were refused, the first: " + report.invalidMessage());
 * }
 * }</pre>
 *
 * @param accepted rows that were added
 * @param late rows that came after their time; they are not added
 * @param duplicate rows that were there already
 * @param conflict duplicates whose content differs
 * @param invalid rows that can't be read
 * @param replayed rows of a batch whose offset was seen before
 * @param invalidRows the first 16 invalid rows
 * @param invalidMessage what is wrong with the first invalid row; empty where there is none
 */
public record IngestReport(
        long accepted,
        long late,
        long duplicate,
        long conflict,
        long invalid,
        long replayed,
        List<InvalidRow> invalidRows,
        String invalidMessage) {
    /** How many numbers the natives give: seven, and two for each of 16 rows. */
    static final int NUMBERS = 7 + 2 * 16;

    /**
     * An event that can't be read.
     *
     * <pre>{@code
     * for (IngestReport.InvalidRow bad : report.invalidRows()) {
     *     System.err.println("order " + bad.row() + ": " + Reason.nameOf(bad.reason()));
     * }
     * }</pre>
     *
     * @param row its position in the batch, from 0
     * @param reason one of {@link Reason}
     */
    public record InvalidRow(long row, int reason) {}

    static IngestReport of(long[] numbers, byte[] message) {
        final List<InvalidRow> rows = new ArrayList<>();
        for (int i = 0; i < numbers[6]; ++i) {
            rows.add(new InvalidRow(numbers[7 + 2 * i], (int) numbers[8 + 2 * i]));
        }
        return new IngestReport(
                numbers[0],
                numbers[1],
                numbers[2],
                numbers[3],
                numbers[4],
                numbers[5],
                List.copyOf(rows),
                Utf8.decode(message));
    }
}
