// SPDX-License-Identifier: Apache-2.0
package dev.mlcore;

import java.time.Duration;

/**
 * The panes of a monitor and when it speaks of drift. 0 stands for the default everywhere.
 *
 * <pre>{@code
 * MonitorOptions options = MonitorOptions.DEFAULT.withPaneWidth(Duration.ofDays(1)).withMaxPanes(90);
 * Monitor monitor = new Monitor(model, options);
 * }</pre>
 *
 * @param paneWidth a pane is so much of the requests' {@code as_of}; null: panes by count
 * @param paneRows a pane by count has so many rows; 0 is 10,000
 * @param maxPanes how many panes are kept, the newest, 4,096 at most; 0 is 32
 * @param minimumRows a pane with fewer is INSUFFICIENT; 0 is 100
 * @param alpha chance that a quiet pane is called DRIFT; 0 is 0.001
 * @param distanceThreshold of every distance; 0 is 0.1
 * @param shareThreshold of what is missing, out of range, unseen; 0 is 0.02
 */
public record MonitorOptions(
        Duration paneWidth,
        long paneRows,
        int maxPanes,
        long minimumRows,
        double alpha,
        double distanceThreshold,
        double shareThreshold) {
    /** Panes of 10,000 rows, 32 of them. */
    public static final MonitorOptions DEFAULT = new MonitorOptions(null, 0, 0, 0, 0, 0, 0);

    /**
     * Set the options; {@link Monitor} checks their ranges.
     *
     * <pre>{@code
     * new MonitorOptions(Duration.ofDays(1), 0, 90, 0, 0, 0, 0);
     * }</pre>
     *
     * @param paneWidth a pane is so much of the requests' {@code as_of}; null: panes by count
     * @param paneRows a pane by count has so many rows; 0 is 10,000
     * @param maxPanes how many panes are kept, the newest, 4,096 at most; 0 is 32
     * @param minimumRows a pane with fewer is INSUFFICIENT; 0 is 100
     * @param alpha chance that a quiet pane is called DRIFT; 0 is 0.001
     * @param distanceThreshold of every distance; 0 is 0.1
     * @param shareThreshold of what is missing, out of range, unseen; 0 is 0.02
     * @throws MlcoreException INVALID_ARGUMENT/INVALID_OPTION (a width under a microsecond)
     */
    public MonitorOptions {
        if (paneWidth != null && paneWidth.compareTo(Duration.ofNanos(1_000)) < 0) {
            throw MlcoreException.invalid(
                    Reason.INVALID_OPTION, "paneWidth: " + paneWidth + " is under a microsecond");
        }
    }

    /**
     * The same with another {@code paneWidth}.
     *
     * <pre>{@code
     * MonitorOptions.DEFAULT.withPaneWidth(Duration.ofDays(1));
     * }</pre>
     *
     * @param width the width, or null
     * @return new options
     * @throws MlcoreException INVALID_ARGUMENT/INVALID_OPTION (under a microsecond)
     */
    public MonitorOptions withPaneWidth(Duration width) {
        return new MonitorOptions(
                width, paneRows, maxPanes, minimumRows, alpha, distanceThreshold, shareThreshold);
    }

    /**
     * The same with another {@code paneRows}.
     *
     * <pre>{@code
     * MonitorOptions.DEFAULT.withPaneRows(5_000);
     * }</pre>
     *
     * @param rows how many; 0 is 10,000
     * @return new options
     */
    public MonitorOptions withPaneRows(long rows) {
        return new MonitorOptions(
                paneWidth, rows, maxPanes, minimumRows, alpha, distanceThreshold, shareThreshold);
    }

    /**
     * The same with another {@code maxPanes}.
     *
     * <pre>{@code
     * MonitorOptions.DEFAULT.withMaxPanes(90);
     * }</pre>
     *
     * @param panes how many; 0 is 32
     * @return new options
     */
    public MonitorOptions withMaxPanes(int panes) {
        return new MonitorOptions(
                paneWidth, paneRows, panes, minimumRows, alpha, distanceThreshold, shareThreshold);
    }

    /**
     * The same with another {@code minimumRows}.
     *
     * <pre>{@code
     * MonitorOptions.DEFAULT.withMinimumRows(500);
     * }</pre>
     *
     * @param rows how many; 0 is 100
     * @return new options
     */
    public MonitorOptions withMinimumRows(long rows) {
        return new MonitorOptions(
                paneWidth, paneRows, maxPanes, rows, alpha, distanceThreshold, shareThreshold);
    }

    /**
     * The same with another {@code alpha}.
     *
     * <pre>{@code
     * MonitorOptions.DEFAULT.withAlpha(1e-6);
     * }</pre>
     *
     * @param chance from 1e-100 to 0.5; 0 is 0.001
     * @return new options
     */
    public MonitorOptions withAlpha(double chance) {
        return new MonitorOptions(
                paneWidth,
                paneRows,
                maxPanes,
                minimumRows,
                chance,
                distanceThreshold,
                shareThreshold);
    }

    /**
     * The same with another {@code distanceThreshold}.
     *
     * <pre>{@code
     * MonitorOptions.DEFAULT.withDistanceThreshold(0.2);
     * }</pre>
     *
     * @param threshold the threshold; 0 is 0.1
     * @return new options
     */
    public MonitorOptions withDistanceThreshold(double threshold) {
        return new MonitorOptions(
                paneWidth, paneRows, maxPanes, minimumRows, alpha, threshold, shareThreshold);
    }

    /**
     * The same with another {@code shareThreshold}.
     *
     * <pre>{@code
     * MonitorOptions.DEFAULT.withShareThreshold(0.05);
     * }</pre>
     *
     * @param threshold the threshold; 0 is 0.02
     * @return new options
     */
    public MonitorOptions withShareThreshold(double threshold) {
        return new MonitorOptions(
                paneWidth, paneRows, maxPanes, minimumRows, alpha, distanceThreshold, threshold);
    }

    /** What the natives take: max_panes, pane_micros, pane_rows, minimum_rows. */
    long[] numbers() {
        final long[] numbers = {maxPanes, 0, paneRows, minimumRows};
        if (paneWidth != null) {
            try {
                numbers[1] = Micros.of(paneWidth);
            } catch (ArithmeticException error) {
                throw MlcoreException.invalid(
                        Reason.INVALID_OPTION, "paneWidth: " + paneWidth + " is too long");
            }
        }
        return numbers;
    }

    /** What the natives take: alpha, distance_threshold, share_threshold. */
    double[] thresholds() {
        return new double[] {alpha, distanceThreshold, shareThreshold};
    }
}
