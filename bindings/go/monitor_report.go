// SPDX-License-Identifier: Apache-2.0

package mlcore

// Verdict is what a comparison with the reference comes to.
type Verdict string

// The verdicts.
const (
	VerdictOK           Verdict = "OK"
	VerdictDrift        Verdict = "DRIFT"
	VerdictInsufficient Verdict = "INSUFFICIENT" // too few rows to tell
)

// PaneKind is what the bounds of panes are.
type PaneKind string

// The kinds of panes.
const (
	PaneAsOf  PaneKind = "as_of" // microseconds since 1970, for time.UnixMicro
	PaneCount PaneKind = "count" // positions of rows, from 0
)

// ColumnKind is what a column is.
type ColumnKind string

// The kinds of columns.
const (
	ColumnFeature  ColumnKind = "feature"
	ColumnCategory ColumnKind = "category" // a text of the request
	ColumnScore    ColumnKind = "score"    // a prediction
)

// MonitorReport is what a monitor has seen. docs/monitor.md describes its JSON, which may have more members.
type MonitorReport struct {
	Model             string         `json:"model"`
	Digest            string         `json:"digest"`
	Version           int64          `json:"version"` // 0: not opened from a registry
	PaneKind          PaneKind       `json:"pane_kind"`
	Rows              uint64         `json:"rows"`      // since the monitor was made
	LateRows          uint64         `json:"late_rows"` // of them, those of panes that were no longer kept
	Failures          []FailureCount `json:"failures"`
	RowLatencyNanos   LatencyReport  `json:"row_latency_nanos"` // of one call for a row in 16
	BatchLatencyNanos LatencyReport  `json:"batch_latency_nanos"`
	Panes             []PaneReport   `json:"panes"` // oldest first; the last may still be open
	Total             PaneReport     `json:"total"` // all of them together
}

// FailureCount is how many calls failed for a reason.
type FailureCount struct {
	Reason string `json:"reason"` // its name, as [Reason.String] gives it
	Count  uint64 `json:"count"`
}

// LatencyReport tells durations in nanoseconds; each quantile is at least the true one, and less than 1/16
// above.
type LatencyReport struct {
	Count uint64 `json:"count"`
	Sum   uint64 `json:"sum"`
	P50   uint64 `json:"p50"`
	P90   uint64 `json:"p90"`
	P99   uint64 `json:"p99"`
	P999  uint64 `json:"p999"`
}

// PaneReport compares the rows of [Begin, End) with the reference.
type PaneReport struct {
	Begin         int64          `json:"begin"`
	End           int64          `json:"end"`
	Rows          uint64         `json:"rows"`
	Verdict       Verdict        `json:"verdict"`
	Alpha         float64        `json:"alpha"`
	AlphaEach     float64        `json:"alpha_each"` // for each statistic, so that all together have Alpha
	ReferenceRows uint64         `json:"reference_rows"`
	CurrentRows   uint64         `json:"current_rows"`
	OK            uint64         `json:"ok"` // how many columns have each verdict
	Drift         uint64         `json:"drift"`
	Insufficient  uint64         `json:"insufficient"`
	Columns       []ColumnReport `json:"columns"` // features, then texts, then predictions
}

// ColumnReport compares a column with the reference. A pointer is nil where the number is not defined:
// CurrentUnseen but for a category, the others of a category.
type ColumnReport struct {
	Name                       string               `json:"name"`
	Kind                       ColumnKind           `json:"kind"`
	Verdict                    Verdict              `json:"verdict"`
	IsConstant                 bool                 `json:"is_constant"`
	ReferenceRows              uint64               `json:"reference_rows"`
	CurrentRows                uint64               `json:"current_rows"`
	ReferenceMissing           uint64               `json:"reference_missing"`
	CurrentMissing             uint64               `json:"current_missing"`
	CurrentUnseen              *uint64              `json:"current_unseen,omitempty"` // of a category
	CurrentOutOfRange          *uint64              `json:"current_out_of_range,omitempty"`
	ReferenceMean              *float64             `json:"reference_mean,omitempty"`
	CurrentMean                *float64             `json:"current_mean,omitempty"`
	ReferenceStandardDeviation *float64             `json:"reference_standard_deviation,omitempty"`
	CurrentStandardDeviation   *float64             `json:"current_standard_deviation,omitempty"`
	Statistics                 map[string]Statistic `json:"statistics"` // by name, as "psi"
}

// Statistic is one measure of how far a column is from the reference; docs/drift.md describes them.
type Statistic struct {
	Verdict      Verdict  `json:"verdict"`
	Value        *float64 `json:"value"`             // nil: not defined
	NullQuantile *float64 `json:"null_quantile"`     // what a quiet column reaches with the chance AlphaEach
	Threshold    *float64 `json:"threshold"`         // what Value must also reach to be drift
	PValue       *float64 `json:"p_value,omitempty"` // of ks and chi_square
}
