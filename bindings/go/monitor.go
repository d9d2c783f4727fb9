// SPDX-License-Identifier: Apache-2.0

package mlcore

// #include "shim.h"
import "C"

import (
	"encoding/json"
	"math"
	"time"
)

// Monitor compares what contexts see in service with what training saw, pane by pane. The model's
// artifact needs a reference profile. It may be shared between goroutines; no context waits for a report.
type Monitor struct {
	owner  *owner
	handle *C.mlcore_monitor_t
}

// MonitorOptions say what a pane is, and when it has drifted; 0 is the default of each.
type MonitorOptions struct {
	// The width of a pane by the requests' as_of, whole microseconds; 0: panes are by count.
	PaneWidth time.Duration
	// Rows of a pane, in the order of counting; 0: 10,000.
	PaneRows int64
	// How many panes with rows are kept, the newest, at most 4096; 0: 32.
	MaxPanes int
	// With fewer rows a verdict is VerdictInsufficient; 0: 100.
	MinimumRows int64
	// The chance that a quiet pane is called drift; 0: 0.001.
	Alpha float64
	// What a distance must also pass to be drift; 0: 0.1.
	DistanceThreshold float64
	// What a share of missing, unseen or out-of-range values must also pass; 0: 0.02.
	ShareThreshold float64
}

func (o MonitorOptions) toC() (C.mlcore_monitor_options_t, error) {
	var e cError
	var options C.mlcore_monitor_options_t
	err := result(C.mlcore_monitor_options_init(&options, C.sizeof_mlcore_monitor_options_t, e.ready()), &e.c)
	if err != nil {
		return options, err
	}
	if o.PaneWidth%time.Microsecond != 0 {
		return options, newError(InvalidArgument, ReasonInvalidOption,
			"PaneWidth: expected whole microseconds, found %v", o.PaneWidth)
	}
	if o.MaxPanes < math.MinInt32 || o.MaxPanes > math.MaxInt32 {
		return options, newError(InvalidArgument, ReasonInvalidOption, "MaxPanes: %d are too many", o.MaxPanes)
	}
	options.pane_micros = C.int64_t(o.PaneWidth / time.Microsecond)
	options.pane_rows = C.int64_t(o.PaneRows)
	options.max_panes = C.int32_t(o.MaxPanes)
	options.minimum_rows = C.int64_t(o.MinimumRows)
	options.alpha = C.double(o.Alpha)
	options.distance_threshold = C.double(o.DistanceThreshold)
	options.share_threshold = C.double(o.ShareThreshold)
	return options, nil
}

// NewMonitor makes a monitor, which goes on after the model is closed.
// Errors: FailedPrecondition with ReasonNoReference (the artifact has no profile), ReasonNeedsAsOf (a
// PaneWidth, and requests without as_of) or ReasonClosedHandle; InvalidArgument with ReasonOtherModel (a
// profile of other columns) or ReasonInvalidOption (a negative number, a width past 2^53 microseconds or
// rows, both widths, an alpha outside 1e-100 to 0.5, a threshold that is not finite).
func NewMonitor(model *Model, options MonitorOptions) (*Monitor, error) {
	given, err := options.toC()
	if err != nil {
		return nil, err
	}
	if err := model.enter(); err != nil {
		return nil, err
	}
	defer model.owner.leave()
	var e cError
	var handle *C.mlcore_monitor_t
	if err := result(C.mlcore_monitor_new(model.handle, &given, &handle, e.ready()), &e.c); err != nil {
		return nil, err
	}
	return &Monitor{newOwner("monitor", func() { C.mlcore_monitor_release(handle) }), handle}, nil
}

func (m *Monitor) enter() error {
	if m == nil {
		return nilError("the monitor")
	}
	return m.owner.enter()
}

// Attach counts from now on what a context scores: features always, predictions where it gives
// predictions, margins or the class of all rounds, and the calls that the library refuses. A row that can't
// be packed has not reached it. The context goes on when the monitor is closed. A [Pool] attaches its
// contexts by ContextOptions.Monitor.
// Errors: InvalidArgument/ReasonOtherModel; FailedPrecondition with ReasonAlreadyMonitored,
// ReasonClosedHandle or, beside a call of the context, ReasonHandleInUse.
func (m *Monitor) Attach(context *Context) error {
	if err := context.enter(); err != nil {
		return err
	}
	defer context.leave()
	return m.attach(context.bound.context)
}

func (m *Monitor) attach(context *C.mlcore_context_t) error {
	if err := m.enter(); err != nil {
		return err
	}
	defer m.owner.leave()
	var e cError
	return result(C.mlcore_monitor_attach(m.handle, context, e.ready()), &e.c)
}

// Report compares every pane with the reference. All calls that have returned are counted; contexts go on
// meanwhile.
// Errors: FailedPrecondition/ReasonClosedHandle.
func (m *Monitor) Report() (MonitorReport, error) {
	text, err := m.write(C.MLCORE_REPORT_JSON)
	if err != nil {
		return MonitorReport{}, err
	}
	var report MonitorReport
	if err := json.Unmarshal(text, &report); err != nil {
		return MonitorReport{}, newError(Internal, ReasonInternalFault, "the report is not what is known: %v", err)
	}
	return report, nil
}

// Prometheus returns the report in the text format 0.0.4, of type text/plain; version=0.0.4; charset=utf-8.
// docs/monitor.md lists the metrics.
// Errors: as [Monitor.Report].
func (m *Monitor) Prometheus() (string, error) {
	text, err := m.write(C.MLCORE_REPORT_PROMETHEUS)
	return string(text), err
}

// HTML returns the report as one page for people, without a script.
// Errors: as [Monitor.Report].
func (m *Monitor) HTML() (string, error) {
	text, err := m.write(C.MLCORE_REPORT_HTML)
	return string(text), err
}

func (m *Monitor) write(format C.int32_t) ([]byte, error) {
	if err := m.enter(); err != nil {
		return nil, err
	}
	defer m.owner.leave()
	var e cError
	var buffer *C.mlcore_buffer_t
	if err := result(C.mlcore_monitor_report(m.handle, format, &buffer, e.ready()), &e.c); err != nil {
		return nil, err
	}
	return take(buffer)
}

// Close frees the monitor once no call is in progress; its contexts go on. Closing again does nothing. It
// always returns nil.
func (m *Monitor) Close() error {
	if m != nil {
		m.owner.close()
	}
	return nil
}
