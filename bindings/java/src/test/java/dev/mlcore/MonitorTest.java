// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import static dev.mlcore.MonitorReport.Verdict.DRIFT;
import static dev.mlcore.MonitorReport.Verdict.INSUFFICIENT;
import static dev.mlcore.MonitorReport.Verdict.OK;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The days of lender.jsonl, which make_artifacts wrote: quiet, shifted, and one of few rows. */
class MonitorTest {
    private static final MonitorOptions DAYS =
            MonitorOptions.DEFAULT.withPaneWidth(Duration.ofDays(1));

    private static final Map<String, Object> APPLICANT =
            Map.of("income", 75_000, "age", 40, "country", "FR", "as_of", Fixtures.NEW_YEAR);

    private static List<String> requests() throws IOException {
        return Files.readAllLines(Fixtures.folder("mlcore.fixtures").resolve("lender.jsonl"));
    }

    private static MonitorReport afterThreeDays(Model model) throws IOException {
        try (Monitor monitor = new Monitor(model, DAYS);
                Context context = model.context()) {
            monitor.attach(context);
            requests().forEach(context::predictJson);
            return monitor.report();
        }
    }

    @Test
    void aQuietDayIsOkAShiftedOneIsDriftAndFewRowsAreInsufficient() throws IOException {
        try (Model model = Fixtures.lender()) {
            final MonitorReport report = afterThreeDays(model);
            assertEquals("lender", report.model());
            assertEquals(model.digest(), report.digest());
            assertEquals(0, report.version());
            assertEquals(MonitorReport.PaneKind.AS_OF, report.paneKind());
            assertEquals(2050, report.rows());
            assertEquals(0, report.lateRows());
            assertEquals(List.of(), report.failures());
            assertEquals(
                    List.of(OK, DRIFT, INSUFFICIENT),
                    report.panes().stream()
                            .map(MonitorReport.Pane::verdict)
                            .collect(Collectors.toList()));
            assertEquals(
                    List.of(1000L, 1000L, 50L),
                    report.panes().stream()
                            .map(MonitorReport.Pane::rows)
                            .collect(Collectors.toList()));
            final long newYear = Micros.of(Fixtures.NEW_YEAR);
            assertEquals(newYear, report.panes().get(0).begin());
            assertEquals(newYear + 86_400_000_000L, report.panes().get(0).end());
            assertEquals(2050, report.total().rows());
            assertThrows(UnsupportedOperationException.class, () -> report.panes().clear());
        }
    }

    @Test
    void aColumnSaysWhatItSawAndWhatTheReferenceHas() throws IOException {
        try (Model model = Fixtures.lender()) {
            final MonitorReport.Pane shifted = afterThreeDays(model).panes().get(1);
            assertEquals(
                    List.of("earned", "years", "country", "prediction"),
                    shifted.columns().stream()
                            .map(MonitorReport.Column::name)
                            .collect(Collectors.toList()));
            assertEquals(4, shifted.ok() + shifted.drift() + shifted.insufficient());
            assertEquals(20_000, shifted.referenceRows());
            assertEquals(1000, shifted.currentRows());
            assertEquals(0.001, shifted.alpha());
            assertTrue(shifted.alphaEach() > 0 && shifted.alphaEach() < shifted.alpha());
            final MonitorReport.Column earned = shifted.columns().get(0);
            assertEquals(MonitorReport.ColumnKind.FEATURE, earned.kind());
            assertEquals(DRIFT, earned.verdict());
            assertFalse(earned.isConstant());
            assertEquals(20_000, earned.currentMean() - earned.referenceMean(), 3_000);
            final MonitorReport.Statistic psi = earned.statistics().get("psi");
            assertEquals(DRIFT, psi.verdict());
            assertTrue(psi.value() > psi.nullQuantile() && psi.value() > psi.threshold());
            assertTrue(Double.isNaN(psi.pValue()));
            assertTrue(earned.statistics().get("ks").pValue() < 1e-6);
            final MonitorReport.Column country = shifted.columns().get(2);
            assertEquals(MonitorReport.ColumnKind.CATEGORY, country.kind());
            assertTrue(country.currentUnseen() > 0, "PT is new");
            assertTrue(Double.isNaN(country.currentMean()));
            assertEquals(MonitorReport.ColumnKind.SCORE, shifted.columns().get(3).kind());
        }
    }

    @Test
    void theTextOfThePanesIsWhatTheCApiWrites() throws IOException {
        final String expected =
                Files.readString(Fixtures.folder("mlcore.fixtures").resolve("lender.panes.json"));
        try (Model model = Fixtures.lender();
                Monitor one = new Monitor(model, DAYS);
                Monitor batches = new Monitor(model, DAYS);
                Context context = model.context();
                Context batch = model.context()) {
            one.attach(context);
            batches.attach(batch);
            final Layout request = model.features().request();
            final Rows rows = new Rows(request);
            for (final String json : requests()) {
                context.predictJson(json);
                rows.add(request.fromJson(json));
            }
            batch.predictBatch(rows);
            for (final Monitor monitor : List.of(one, batches)) {
                final String text = monitor.text(Monitor.JSON);
                assertEquals(expected, text.substring(text.indexOf("\"panes\":")));
            }
            assertEquals(1, batches.report().batchLatency().count());
            assertEquals(0, batches.report().rowLatency().count());
        }
    }

    @Test
    void rowsBatchesAndFailuresAreInTheReport() {
        try (Model model = Fixtures.lender();
                Monitor monitor = new Monitor(model);
                Context context = model.context()) {
            monitor.attach(context);
            final byte[] row = model.features().request().pack(APPLICANT);
            context.predictRow(row);
            final Rows batch = new Rows(model.features().request());
            for (int i = 0; i < 300; ++i) {
                batch.add(row);
            }
            context.predictBatch(batch);
            Fixtures.invalid(
                    Reason.MALFORMED_ROW, () -> context.predictRow(Arrays.copyOf(row, 12)));
            Fixtures.invalid(Reason.WRONG_WIDTH, () -> context.predictNumeric(1, 2));
            final MonitorReport report = monitor.report();
            assertEquals(MonitorReport.PaneKind.COUNT, report.paneKind());
            assertEquals(301, report.rows());
            assertEquals(1, report.panes().size());
            assertEquals(10_000, report.panes().get(0).end());
            assertTrue(
                    report.failures().contains(new MonitorReport.Failure("malformed_row", 1)),
                    report.failures().toString());
            assertEquals(1, report.batchLatency().count());
            assertTrue(report.batchLatency().p50().compareTo(Duration.ZERO) > 0);
            assertTrue(report.batchLatency().p50().compareTo(report.batchLatency().p999()) <= 0);
        }
    }

    @Test
    void metricsAndPageAreWritten() throws IOException {
        try (Model model = Fixtures.lender();
                Monitor monitor = new Monitor(model);
                Context context = model.context()) {
            monitor.attach(context);
            requests().forEach(context::predictJson);
            final String metrics = monitor.prometheus();
            assertTrue(
                    metrics.contains(
                            "mlcore_predictions_total{model=\"lender\",version=\"0\"} 2050\n"),
                    metrics);
            final String page = monitor.html();
            assertTrue(page.startsWith("<!DOCTYPE html>") && page.contains("lender"));
        }
    }

    @Test
    void aMonitorWithoutRowsHasNoPane() {
        try (Model model = Fixtures.lender();
                Monitor monitor = new Monitor(model)) {
            final MonitorReport report = monitor.report();
            assertEquals(0, report.rows());
            assertEquals(List.of(), report.panes());
            assertEquals(INSUFFICIENT, report.total().verdict());
            final MonitorReport.Column earned = report.total().columns().get(0);
            assertTrue(Double.isNaN(earned.currentMean()));
        }
    }

    @Test
    void theNewestPanesAreKeptAndOlderRowsAreLate() {
        final MonitorOptions options = DAYS.withMaxPanes(2).withMinimumRows(1);
        try (Model model = Fixtures.lender();
                Monitor monitor = new Monitor(model, options);
                Context context = model.context()) {
            monitor.attach(context);
            for (final int day : new int[] {5, 6, 1, 7}) {
                final Instant asOf = Fixtures.NEW_YEAR.plus(Duration.ofDays(day));
                context.predictRow(Map.of("income", 1.0, "age", 40, "as_of", asOf));
            }
            final MonitorReport report = monitor.report();
            assertEquals(4, report.rows());
            assertEquals(2, report.panes().size());
            assertEquals(
                    Micros.of(Fixtures.NEW_YEAR.plus(Duration.ofDays(6))),
                    report.panes().get(0).begin());
            assertTrue(report.lateRows() > 0, report.toString());
        }
    }

    private static void refused(Model model, MonitorOptions options) {
        Fixtures.invalid(Reason.INVALID_OPTION, () -> new Monitor(model, options).close());
    }

    @Test
    void optionsOutOfRangeAreRefused() {
        final MonitorOptions none = MonitorOptions.DEFAULT;
        try (Model model = Fixtures.lender()) {
            for (final int panes : new int[] {-1, 4097, Integer.MIN_VALUE}) {
                refused(model, none.withMaxPanes(panes));
            }
            for (final long rows : new long[] {-1, (1L << 53) + 1, Long.MIN_VALUE}) {
                refused(model, none.withPaneRows(rows));
            }
            refused(model, none.withMinimumRows(-1));
            for (final double alpha :
                    new double[] {-0.1, 0.6, 1e-101, Double.NaN, Double.POSITIVE_INFINITY}) {
                refused(model, none.withAlpha(alpha));
            }
            for (final double threshold :
                    new double[] {-0.1, Double.NaN, Double.POSITIVE_INFINITY}) {
                refused(model, none.withDistanceThreshold(threshold));
                refused(model, none.withShareThreshold(threshold));
            }
            refused(model, DAYS.withPaneRows(5));
            refused(model, none.withPaneWidth(Duration.ofSeconds(Long.MAX_VALUE)));
            refused(model, none.withPaneWidth(Duration.ofDays(200_000)));
            for (final Duration width :
                    List.of(Duration.ZERO, Duration.ofNanos(999), Duration.ofDays(-1))) {
                Fixtures.invalid(Reason.INVALID_OPTION, () -> none.withPaneWidth(width));
            }
            new Monitor(model, none.withPaneWidth(Duration.ofNanos(1_000))).close();
            new Monitor(model, new MonitorOptions(null, 1, 4096, 1, 0.5, 1, 1)).close();
        }
    }

    @Test
    void anotherModelNoProfileAndASecondAttachAreRefused() {
        try (Model model = Fixtures.lender();
                Model same = Fixtures.lender();
                Model loan = Fixtures.loan();
                Monitor monitor = new Monitor(model);
                Context own = model.context();
                Context ofSame = same.context();
                Context ofLoan = loan.context()) {
            monitor.attach(own);
            monitor.attach(ofSame);
            Fixtures.refused(
                    Code.FAILED_PRECONDITION, Reason.ALREADY_MONITORED, () -> monitor.attach(own));
            Fixtures.invalid(Reason.OTHER_MODEL, () -> monitor.attach(ofLoan));
            Fixtures.refused(
                    Code.FAILED_PRECONDITION, Reason.NO_REFERENCE, () -> new Monitor(loan));
            Fixtures.invalid(Reason.NULL_POINTER, () -> new Monitor(null));
            Fixtures.invalid(Reason.NULL_POINTER, () -> new Monitor(model, null));
            Fixtures.invalid(Reason.NULL_POINTER, () -> monitor.attach(null));
        }
    }

    @Test
    void whatIsClosedIsSaidToBeClosed() {
        final Model model = Fixtures.lender();
        final Monitor monitor = new Monitor(model);
        final Context context = model.context();
        context.close();
        Fixtures.closed(() -> monitor.attach(context));
        monitor.close();
        monitor.close();
        try (Context open = model.context()) {
            Fixtures.closed(() -> monitor.attach(open));
        }
        Fixtures.closed(monitor::report);
        Fixtures.closed(monitor::prometheus);
        final MlcoreException error = Fixtures.closed(monitor::html);
        assertEquals("the monitor is closed", error.getMessage());
        model.close();
        Fixtures.closed(() -> new Monitor(model));
    }

    @Test
    void monitorContextAndModelAreClosedInAnyOrder() {
        final Model model = Fixtures.lender();
        final Monitor gone = new Monitor(model);
        final Monitor stays = new Monitor(model);
        final Context orphan = model.context();
        gone.attach(orphan);
        gone.close();
        assertNotNull(orphan.predictRow(APPLICANT));
        try (Context context = model.context()) {
            stays.attach(context);
            model.close();
            context.predictRow(APPLICANT);
        }
        assertNotNull(orphan.predictRow(APPLICANT));
        orphan.close();
        assertEquals(1, stays.report().rows());
        stays.close();
    }

    @Test
    void membersThatAreNotKnownAreSkipped() throws IOException {
        try (Model model = Fixtures.lender();
                Monitor monitor = new Monitor(model)) {
            final String json = monitor.text(Monitor.JSON);
            assertEquals(
                    MonitorReport.of(json).toString(),
                    MonitorReport.of(
                                    json.replace(
                                            "\"verdict\":",
                                            "\"newer\":[{\"a\":null},-1.5e-3,true],\"verdict\":"))
                            .toString());
            Fixtures.refused(
                    Code.UNIMPLEMENTED,
                    Reason.UNSUPPORTED_FEATURE,
                    () -> MonitorReport.of(json.replace("\"INSUFFICIENT\"", "\"PERHAPS\"")));
        }
    }
}
