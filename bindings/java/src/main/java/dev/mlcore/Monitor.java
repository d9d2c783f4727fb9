// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.lang.ref.Reference;

/**
 * Counts what contexts see and say, pane by pane, and compares each pane with the reference profile
 * that training stored in the artifact. Threads may share it.
 *
 * <pre>{@code
 * try (Monitor monitor = new Monitor(model); Context context = model.context()) {
 *     monitor.attach(context);
 *     context.predictRow(Map.of("age", 31, "income", 2500.0));
 *     System.out.println(monitor.report().total().verdict());
 * }
 * }</pre>
 *
 * <p>A monitor is an owner of the model's content: monitor, contexts and model are closed in any
 * order. What a closed context has seen stays in the report.
 */
public final class Monitor implements AutoCloseable {
    static final int JSON = 0;
    static final int PROMETHEUS = 1;
    static final int HTML = 2;

    private final Handle handle;

    /**
     * Make a monitor with panes of 10,000 rows.
     *
     * <pre>{@code
     * Monitor monitor = new Monitor(model);
     * }</pre>
     *
     * @param model a model with a reference profile
     * @throws MlcoreException as {@link #Monitor(Model, MonitorOptions)}
     */
    public Monitor(Model model) {
        this(model, MonitorOptions.DEFAULT);
    }

    /**
     * Make a monitor.
     *
     * <pre>{@code
     * Monitor monitor = new Monitor(model, MonitorOptions.DEFAULT.withPaneWidth(Duration.ofDays(1)));
     * }</pre>
     *
     * @param model a model with a reference profile
     * @param options its panes and thresholds
     * @throws MlcoreException FAILED_PRECONDITION with NO_REFERENCE, NEEDS_AS_OF (a pane width, and
     *     requests without {@code as_of}) or CLOSED_HANDLE; INVALID_ARGUMENT with OTHER_MODEL (a
     *     profile of other columns) or INVALID_OPTION
     */
    public Monitor(Model model, MonitorOptions options) {
        MlcoreException.notNull(model, "the model");
        final long[] numbers = MlcoreException.notNull(options, "the options").numbers();
        final long opened = model.handle.enter();
        try {
            handle =
                    Handle.of(
                            this,
                            Handle.MONITOR,
                            Native.monitorNew(opened, numbers, options.thresholds()));
        } finally {
            model.handle.leave();
        }
    }

    /**
     * Count from now on what a context scores: features always, predictions where its output is
     * PREDICTION, MARGIN or CLASS from all rounds, and calls that fail. A row that can't be packed
     * is refused before it is a call. It goes on after the monitor is closed.
     *
     * <pre>{@code
     * Context context = model.context();
     * monitor.attach(context);
     * }</pre>
     *
     * @param context a context of the same artifact, in no monitor yet
     * @throws MlcoreException INVALID_ARGUMENT/OTHER_MODEL; FAILED_PRECONDITION with
     *     ALREADY_MONITORED or CLOSED_HANDLE
     */
    public void attach(Context context) {
        MlcoreException.notNull(context, "the context");
        final long monitor = handle.enter();
        try {
            final long call = context.gate.enter();
            try {
                Native.monitorAttach(monitor, call);
            } finally {
                context.gate.leave();
                Reference.reachabilityFence(context);
            }
        } finally {
            handle.leave();
        }
    }

    /**
     * A report on all calls that have returned. Contexts go on meanwhile.
     *
     * <pre>{@code
     * for (MonitorReport.Column column : monitor.report().total().columns()) {
     *     System.out.println(column.name() + ": " + column.verdict());
     * }
     * }</pre>
     *
     * @return the report
     * @throws MlcoreException FAILED_PRECONDITION/CLOSED_HANDLE
     */
    public MonitorReport report() {
        return MonitorReport.of(text(JSON));
    }

    /**
     * The report as metrics, for the content type {@code text/plain; version=0.0.4; charset=utf-8}.
     *
     * <pre>{@code
     * response.setContentType("text/plain; version=0.0.4; charset=utf-8");
     * response.getWriter().write(monitor.prometheus());
     * }</pre>
     *
     * @return Prometheus' text format
     * @throws MlcoreException FAILED_PRECONDITION/CLOSED_HANDLE
     */
    public String prometheus() {
        return text(PROMETHEUS);
    }

    /**
     * The report as one page for people: no script, no network.
     *
     * <pre>{@code
     * Files.writeString(Path.of("drift.html"), monitor.html());
     * }</pre>
     *
     * @return an HTML document
     * @throws MlcoreException FAILED_PRECONDITION/CLOSED_HANDLE
     */
    public String html() {
        return text(HTML);
    }

    String text(int format) {
        final long monitor = handle.enter();
        try {
            return Utf8.decode(Native.monitorReport(monitor, format));
        } finally {
            handle.leave();
        }
    }

    /** Frees the monitor. Its contexts go on, with nobody to report to. */
    @Override
    public void close() {
        handle.close();
    }
}
