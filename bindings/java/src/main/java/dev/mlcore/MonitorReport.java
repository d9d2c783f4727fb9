// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * What a monitor has counted, compared with the model's reference. Numbers without a value are NaN.
 *
 * <pre>{@code
 * MonitorReport report = monitor.report();
 * if (report.total().verdict() == MonitorReport.Verdict.DRIFT) {
 *     report.total().columns().stream()
 *             .filter(column -> column.verdict() == MonitorReport.Verdict.DRIFT)
 *             .forEach(column -> log.warning(column.name() + " drifts"));
 * }
 * }</pre>
 *
 * @param model the model's name
 * @param digest the artifact's digest, 64 hexadecimal digits
 * @param version the version in its registry; 0: not opened from one
 * @param paneKind what the bounds of panes count
 * @param rows scored since the monitor was made
 * @param lateRows of these, the rows of panes older than all that are kept: they are in no pane
 * @param failures calls that failed, by the reasons' numbers
 * @param rowLatency of one row call in 16
 * @param batchLatency of every batch
 * @param panes those that are kept, oldest first; the last may still grow
 * @param total all of them together
 */
public record MonitorReport(
        String model,
        String digest,
        long version,
        PaneKind paneKind,
        long rows,
        long lateRows,
        List<Failure> failures,
        Latency rowLatency,
        Latency batchLatency,
        List<Pane> panes,
        Pane total) {
    /**
     * What a comparison comes to.
     *
     * <pre>{@code
     * boolean alarm = report.total().verdict() == MonitorReport.Verdict.DRIFT;
     * }</pre>
     */
    public enum Verdict {
        /** No drift, and one that matters would have shown. */
        OK,
        /** A difference that reaches the threshold and is more than chance. */
        DRIFT,
        /** Too few rows, or a reference without spread, to say. */
        INSUFFICIENT
    }

    /**
     * What the bounds of panes count.
     *
     * <pre>{@code
     * boolean byTime = report.paneKind() == MonitorReport.PaneKind.AS_OF;
     * }</pre>
     */
    public enum PaneKind {
        /** Microseconds since 1970 UTC, of the requests' {@code as_of}. */
        AS_OF,
        /** Rows, in the order of counting. */
        COUNT
    }

    /**
     * What a column is.
     *
     * <pre>{@code
     * boolean isText = column.kind() == MonitorReport.ColumnKind.CATEGORY;
     * }</pre>
     */
    public enum ColumnKind {
        /** A feature, a number. */
        FEATURE,
        /** A text of the request. */
        CATEGORY,
        /** A prediction, after the link. */
        SCORE
    }

    /**
     * Calls that failed.
     *
     * <pre>{@code
     * for (MonitorReport.Failure failure : report.failures()) {
     *     System.err.println(failure.reason() + ": " + failure.count());
     * }
     * }</pre>
     *
     * @param reason as {@link MlcoreException#reasonName()}: {@code "malformed_row"}
     * @param count how many
     */
    public record Failure(String reason, long count) {}

    /**
     * How long calls took, without the time for counting. A quantile is at least the true one and
     * less than 1/16 above it.
     *
     * <pre>{@code
     * Duration p99 = report.rowLatency().p99();
     * }</pre>
     *
     * @param count how many were measured
     * @param sum of all of them
     * @param p50 half of them took no longer
     * @param p90 nine in ten took no longer
     * @param p99 99 in 100 took no longer
     * @param p999 999 in 1,000 took no longer
     */
    public record Latency(
            long count, Duration sum, Duration p50, Duration p90, Duration p99, Duration p999) {}

    /**
     * The rows of one pane, compared with the reference.
     *
     * <pre>{@code
     * for (MonitorReport.Pane pane : report.panes()) {
     *     System.out.println(pane.rows() + " rows: " + pane.verdict());
     * }
     * }</pre>
     *
     * @param begin where it begins, in what {@link MonitorReport#paneKind} says
     * @param end where the next one begins
     * @param rows in it
     * @param verdict DRIFT where a column drifts
     * @param alpha chance that a quiet pane is called DRIFT
     * @param alphaEach the part of it that one statistic has
     * @param referenceRows rows of the reference
     * @param currentRows rows that are compared with them
     * @param ok how many columns are OK
     * @param drift how many columns are DRIFT
     * @param insufficient how many columns are INSUFFICIENT
     * @param columns features, then texts, then predictions
     */
    public record Pane(
            long begin,
            long end,
            long rows,
            Verdict verdict,
            double alpha,
            double alphaEach,
            long referenceRows,
            long currentRows,
            long ok,
            long drift,
            long insufficient,
            List<Column> columns) {}

    /**
     * A column of a pane beside that of the reference.
     *
     * <pre>{@code
     * double shift = column.currentMean() - column.referenceMean();
     * }</pre>
     *
     * @param name the feature's, the field's or the prediction's
     * @param kind what it is
     * @param verdict DRIFT where a statistic says so
     * @param isConstant whether the reference has one value only
     * @param referenceRows rows of the reference
     * @param currentRows rows of the pane
     * @param referenceMissing of these, without a value
     * @param currentMissing of these, without a value
     * @param currentUnseen texts that the reference has not; 0 for numbers
     * @param currentOutOfRange numbers outside those of the reference; 0 for texts
     * @param referenceMean NaN for texts
     * @param currentMean NaN for texts
     * @param referenceStandardDeviation NaN for texts
     * @param currentStandardDeviation NaN for texts
     * @param statistics by name, {@code "psi"}; docs/drift.md lists them
     */
    public record Column(
            String name,
            ColumnKind kind,
            Verdict verdict,
            boolean isConstant,
            long referenceRows,
            long currentRows,
            long referenceMissing,
            long currentMissing,
            long currentUnseen,
            long currentOutOfRange,
            double referenceMean,
            double currentMean,
            double referenceStandardDeviation,
            double currentStandardDeviation,
            Map<String, Statistic> statistics) {}

    /**
     * One comparison of a column.
     *
     * <pre>{@code
     * MonitorReport.Statistic psi = column.statistics().get("psi");
     * boolean moreThanChance = psi.value() > psi.nullQuantile();
     * }</pre>
     *
     * @param verdict DRIFT where the value reaches the threshold and is above the quantile
     * @param value the statistic; NaN where there is none
     * @param nullQuantile what chance alone stays below, at these numbers of rows
     * @param threshold what the value must reach to matter
     * @param pValue of {@code "ks"} and {@code "chi_square"}; NaN for others
     */
    public record Statistic(
            Verdict verdict, double value, double nullQuantile, double threshold, double pValue) {}

    /** Members that this version does not know are skipped. */
    static MonitorReport of(String json) {
        final Members report = new Members(Json.parse(json));
        return new MonitorReport(
                report.text("model"),
                report.text("digest"),
                report.integer("version"),
                report.constant("pane_kind", PaneKind.class),
                report.integer("rows"),
                report.integer("late_rows"),
                report.list(
                        "failures", one -> new Failure(one.text("reason"), one.integer("count"))),
                latency(report.object("row_latency_nanos")),
                latency(report.object("batch_latency_nanos")),
                report.list("panes", MonitorReport::pane),
                pane(report.object("total")));
    }

    private static Latency latency(Members latency) {
        return new Latency(
                latency.integer("count"),
                Duration.ofNanos(latency.integer("sum")),
                Duration.ofNanos(latency.integer("p50")),
                Duration.ofNanos(latency.integer("p90")),
                Duration.ofNanos(latency.integer("p99")),
                Duration.ofNanos(latency.integer("p999")));
    }

    private static Pane pane(Members pane) {
        return new Pane(
                pane.integer("begin"),
                pane.integer("end"),
                pane.integer("rows"),
                pane.constant("verdict", Verdict.class),
                pane.real("alpha"),
                pane.real("alpha_each"),
                pane.integer("reference_rows"),
                pane.integer("current_rows"),
                pane.integer("ok"),
                pane.integer("drift"),
                pane.integer("insufficient"),
                pane.list("columns", MonitorReport::column));
    }

    private static Column column(Members column) {
        return new Column(
                column.text("name"),
                column.constant("kind", ColumnKind.class),
                column.constant("verdict", Verdict.class),
                column.flag("is_constant"),
                column.integer("reference_rows"),
                column.integer("current_rows"),
                column.integer("reference_missing"),
                column.integer("current_missing"),
                column.integer("current_unseen"),
                column.integer("current_out_of_range"),
                column.real("reference_mean"),
                column.real("current_mean"),
                column.real("reference_standard_deviation"),
                column.real("current_standard_deviation"),
                column.map("statistics", MonitorReport::statistic));
    }

    private static Statistic statistic(Members statistic) {
        return new Statistic(
                statistic.constant("verdict", Verdict.class),
                statistic.real("value"),
                statistic.real("null_quantile"),
                statistic.real("threshold"),
                statistic.real("p_value"));
    }

    /** The members of a JSON object; a number that is absent or null is 0 or NaN. */
    private static final class Members {
        private final Map<?, ?> members;

        Members(Object object) {
            members = (Map<?, ?>) object;
        }

        String text(String name) {
            return (String) members.get(name);
        }

        boolean flag(String name) {
            return Boolean.TRUE.equals(members.get(name));
        }

        long integer(String name) {
            return members.get(name) instanceof Number number ? number.longValue() : 0;
        }

        double real(String name) {
            return members.get(name) instanceof Number number ? number.doubleValue() : Double.NaN;
        }

        Members object(String name) {
            return new Members(members.get(name));
        }

        <T extends Enum<T>> T constant(String name, Class<T> type) {
            final String text = text(name);
            try {
                return Enum.valueOf(type, text.toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException error) {
                throw new MlcoreException(
                        Code.UNIMPLEMENTED,
                        Reason.UNSUPPORTED_FEATURE,
                        "a report with the unknown " + name + " " + text);
            }
        }

        <T> List<T> list(String name, Function<Members, T> make) {
            final List<T> made = new ArrayList<>();
            for (final Object object : (List<?>) members.get(name)) {
                made.add(make.apply(new Members(object)));
            }
            return Collections.unmodifiableList(made);
        }

        <T> Map<String, T> map(String name, Function<Members, T> make) {
            final Map<String, T> made = new LinkedHashMap<>();
            ((Map<?, ?>) members.get(name))
                    .forEach(
                            (key, object) ->
                                    made.put((String) key, make.apply(new Members(object))));
            return Collections.unmodifiableMap(made);
        }
    }
}
