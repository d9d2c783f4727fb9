// SPDX-License-Identifier: Apache-2.0
// What a Monitor takes, and what its report gives: the JSON of docs/monitor.md.

/** Options of a monitor; 0 is the default of each. */
export interface MonitorOptions {
  /** Microseconds of the requests' `as_of` that a pane takes; without it a pane is so many rows. */
  paneWidth?: bigint;
  /** Rows of a pane, in the order of counting; 10,000. */
  paneRows?: number | bigint;
  /** How many panes with rows are kept, the newest; 32. */
  maxPanes?: number | bigint;
  /** With fewer rows a verdict is INSUFFICIENT; 100. */
  minimumRows?: number | bigint;
  /** The chance that a quiet pane is called DRIFT; 0.001. */
  alpha?: number;
  /** What a distance must also pass; 0.1. */
  distanceThreshold?: number;
  /** What a share of missing, unseen or out-of-range values must also pass; 0.02. */
  shareThreshold?: number;
}

/** What a comparison with the reference comes to. */
export type Verdict = "OK" | "DRIFT" | "INSUFFICIENT";

/** A statistic of a column; null where it is not defined. */
export interface Statistic {
  readonly verdict: Verdict;
  readonly value: number | null;
  /** What a quiet column reaches with the chance `alpha_each`. */
  readonly null_quantile: number | null;
  /** What `value` must pass for DRIFT, beside the null quantile. */
  readonly threshold: number | null;
  /** Of `ks` and `chi_square`. */
  readonly p_value?: number | null;
}

/** A column of one pane against the reference; docs/drift.md describes the statistics. */
export interface ColumnReport {
  readonly name: string;
  readonly kind: "feature" | "category" | "score";
  readonly verdict: Verdict;
  readonly is_constant: boolean;
  readonly reference_rows: number;
  readonly current_rows: number;
  readonly reference_missing: number;
  readonly current_missing: number;
  /** Of a category. */
  readonly current_unseen?: number;
  /** Of a feature or a score, as all that follow. */
  readonly current_out_of_range?: number;
  readonly reference_mean?: number | null;
  readonly current_mean?: number | null;
  readonly reference_standard_deviation?: number | null;
  readonly current_standard_deviation?: number | null;
  /** By name, as `psi`. */
  readonly statistics: { readonly [name: string]: Statistic };
}

/** The rows of [begin, end): microseconds since 1970, exact to the year 2255, or positions of rows. */
export interface PaneReport {
  readonly begin: number;
  readonly end: number;
  readonly rows: number;
  readonly verdict: Verdict;
  readonly alpha: number;
  /** For each statistic, so that all of them together have `alpha`. */
  readonly alpha_each: number;
  readonly reference_rows: number;
  readonly current_rows: number;
  /** How many columns have each verdict. */
  readonly ok: number;
  readonly drift: number;
  readonly insufficient: number;
  /** Features, then texts, then predictions. */
  readonly columns: readonly ColumnReport[];
}

/** Durations of calls in nanoseconds: each quantile is at least the true one, and less than 1/16 above. */
export interface LatencyReport {
  readonly count: number;
  readonly sum: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
}

/** What a monitor has seen: the JSON of docs/monitor.md. Members are added, never renamed. */
export interface MonitorReport {
  readonly model: string;
  readonly digest: string;
  /** 0: the model was not opened from a registry. */
  readonly version: number;
  readonly pane_kind: "as_of" | "count";
  /** Since the monitor was made. */
  readonly rows: number;
  /** Of them, those of panes that were no longer kept. */
  readonly late_rows: number;
  /** Calls that failed, by the name of the reason. */
  readonly failures: readonly { readonly reason: string; readonly count: number }[];
  /** Of one call for a row in 16. */
  readonly row_latency_nanos: LatencyReport;
  readonly batch_latency_nanos: LatencyReport;
  /** The kept panes, oldest first; the last may still be open. */
  readonly panes: readonly PaneReport[];
  /** All of them together. */
  readonly total: PaneReport;
}
