// SPDX-License-Identifier: Apache-2.0

package mlcore_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mlcore/mlcore-go"
)

const wholeDay = 24 * time.Hour

var applicant = map[string]any{"income": 75000.0, "age": 40, "country": "FR", "as_of": day}

// watch makes a monitor, and a context that it counts.
func watch(t testing.TB, model *mlcore.Model, options mlcore.MonitorOptions) (*mlcore.Monitor, *mlcore.Context) {
	t.Helper()
	monitor, err := mlcore.NewMonitor(model, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { monitor.Close() })
	context := newContext(t, model, mlcore.OutputPrediction)
	if err := monitor.Attach(context); err != nil {
		t.Fatal(err)
	}
	return monitor, context
}

// threeDays are the requests of lender.jsonl: a quiet day, a shifted one, and one of few rows.
func threeDays(t testing.TB, model *mlcore.Model) []mlcore.Row {
	t.Helper()
	var rows []mlcore.Row
	for _, line := range bytes.Split(bytes.TrimSpace(must(os.ReadFile("lender.jsonl"))), []byte("\n")) {
		rows = append(rows, must(model.Features().Request().FromJSON(line)))
	}
	return rows
}

func TestAQuietDayIsOkAndAShiftedOneDrifts(t *testing.T) {
	model := open(t, "lender.mlc")
	monitor, context := watch(t, model, mlcore.MonitorOptions{PaneWidth: wholeDay})
	for _, row := range threeDays(t, model) {
		must(context.PredictPacked(row))
	}
	report := must(monitor.Report())
	if report.Model != "lender" || report.Digest != model.Digest() || report.Version != 0 ||
		report.PaneKind != mlcore.PaneAsOf || report.Rows != 2050 || report.LateRows != 0 {
		t.Errorf("%+v", report)
	}
	expected := []mlcore.Verdict{mlcore.VerdictOK, mlcore.VerdictDrift, mlcore.VerdictInsufficient}
	if len(report.Panes) != len(expected) {
		t.Fatal(len(report.Panes))
	}
	for i, pane := range report.Panes {
		if pane.Verdict != expected[i] || !time.UnixMicro(pane.Begin).Equal(day.Add(time.Duration(i)*wholeDay)) {
			t.Error(i, pane.Verdict, pane.Begin)
		}
	}
	shifted := report.Panes[1]
	var drifted []string
	for _, column := range shifted.Columns {
		if column.Verdict == mlcore.VerdictDrift {
			drifted = append(drifted, string(column.Kind)+" "+column.Name)
		}
	}
	if found := strings.Join(drifted, ", "); found != "feature earned, category country, score prediction" {
		t.Error(found)
	}
	if psi := shifted.Columns[0].Statistics["psi"]; *psi.Value <= *psi.Threshold || shifted.Drift != 3 {
		t.Error(psi, shifted.Drift)
	}
}

// The file is the JSON of a C program from "panes" on; what stands before has durations.
func TestThePanesAreTheBytesOfTheCAPI(t *testing.T) {
	model := open(t, "lender.mlc")
	rows := threeDays(t, model)
	expected := must(os.ReadFile("lender.panes.json"))
	one, context := watch(t, model, mlcore.MonitorOptions{PaneWidth: wholeDay})
	for _, row := range rows {
		must(context.PredictPacked(row))
	}
	many, context := watch(t, model, mlcore.MonitorOptions{PaneWidth: wholeDay})
	for begin := 0; begin < len(rows); begin += 50 {
		batch := mlcore.NewRows(model.Features().Request())
		for _, row := range rows[begin : begin+50] {
			if err := batch.Append(row); err != nil {
				t.Fatal(err)
			}
		}
		must(context.PredictBatchAt(nil, batch))
	}
	for _, monitor := range []*mlcore.Monitor{one, many} {
		text := must(monitor.ReportText())
		if !bytes.Equal(text[bytes.Index(text, []byte(`"panes":`)):], expected) {
			t.Errorf("%s", text)
		}
	}
}

func TestEveryMemberOfTheReportIsAFieldAndOthersMayCome(t *testing.T) {
	monitor, context := watch(t, open(t, "lender.mlc"), mlcore.MonitorOptions{MinimumRows: 1})
	must(context.Predict(applicant))
	text := must(monitor.ReportText())
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields()
	var report, more mlcore.MonitorReport
	if err := strict.Decode(&report); err != nil {
		t.Error(err)
	}
	if found := must(monitor.Report()); !reflect.DeepEqual(found, report) {
		t.Errorf("%+v", found)
	}
	added := strings.ReplaceAll(string(text), `"begin":`, `"added":{"later":[1]},"begin":`)
	if err := json.Unmarshal([]byte(added), &more); err != nil || !reflect.DeepEqual(more, report) {
		t.Error(err, more)
	}
	var given, again any
	if json.Unmarshal(text, &given) != nil || json.Unmarshal(must(json.Marshal(report)), &again) != nil {
		t.Fatal("the JSON is not read")
	}
	latest := func(whole any) any { return whole.(map[string]any)["panes"].([]any)[0].(map[string]any)["rows"] }
	if latest(given) != latest(again) || latest(given) != 1.0 {
		t.Error(latest(given), latest(again))
	}
}

func TestCallsThatFailAreCountedByReason(t *testing.T) {
	model := open(t, "lender.mlc")
	monitor, context := watch(t, model, mlcore.MonitorOptions{PaneRows: 2})
	must(context.Predict(applicant))
	batch := mlcore.NewRows(model.Features().Request())
	batch.Append(applicant)
	batch.Append(applicant)
	must(context.PredictBatchAt(nil, batch))
	for i := 0; i < 3; i++ {
		checkRefused(t, second(context.PredictPacked(make(mlcore.Row, 5))), mlcore.InvalidArgument, mlcore.ReasonMalformedRow, -1)
	}
	if err := second(context.Predict(map[string]any{"age": "old", "as_of": day})); err == nil { // not packed
		t.Error("a text is an age")
	}
	report := must(monitor.Report())
	failures := []mlcore.FailureCount{{Reason: mlcore.ReasonMalformedRow.String(), Count: 3}}
	if !reflect.DeepEqual(report.Failures, failures) || report.Rows != 3 || report.PaneKind != mlcore.PaneCount {
		t.Errorf("%+v", report)
	}
	if panes := report.Panes; len(panes) != 2 || panes[0].Rows != 2 || panes[1].Begin != 2 || panes[1].End != 4 {
		t.Errorf("%+v", panes)
	}
	if report.RowLatencyNanos.Count == 0 || report.BatchLatencyNanos.Count != 1 || report.BatchLatencyNanos.P99 == 0 {
		t.Error(report.RowLatencyNanos, report.BatchLatencyNanos)
	}
}

func TestMetricsAndPageAreTexts(t *testing.T) {
	monitor, context := watch(t, open(t, "lender.mlc"), mlcore.MonitorOptions{})
	must(context.Predict(applicant))
	text := must(monitor.Prometheus())
	if !strings.Contains(text, "mlcore_predictions_total{model=\"lender\",version=\"0\"} 1\n") {
		t.Error(text)
	}
	page := must(monitor.HTML())
	if !strings.HasPrefix(page, "<!DOCTYPE html>") || !strings.Contains(page, "lender") {
		t.Error(page)
	}
}

func TestAContextCountsIntoOneMonitorOfItsOwnModel(t *testing.T) {
	model, loan := open(t, "lender.mlc"), open(t, "loan.mlc")
	monitor, context := watch(t, model, mlcore.MonitorOptions{})
	other, _ := watch(t, model, mlcore.MonitorOptions{})
	for _, again := range []*mlcore.Monitor{monitor, other} {
		checkRefused(t, again.Attach(context), mlcore.FailedPrecondition, mlcore.ReasonAlreadyMonitored, -1)
	}
	foreign := newContext(t, loan, mlcore.OutputMargin)
	checkRefused(t, monitor.Attach(foreign), mlcore.InvalidArgument, mlcore.ReasonOtherModel, -1)
	_, err := loan.NewContext(mlcore.ContextOptions{Monitor: monitor})
	checkRefused(t, err, mlcore.InvalidArgument, mlcore.ReasonOtherModel, -1)
	_, err = mlcore.NewPool(loan, mlcore.ContextOptions{Monitor: monitor})
	checkRefused(t, err, mlcore.InvalidArgument, mlcore.ReasonOtherModel, -1)
	_, err = mlcore.NewMonitor(loan, mlcore.MonitorOptions{})
	checkRefused(t, err, mlcore.FailedPrecondition, mlcore.ReasonNoReference, -1)
	_, err = mlcore.NewMonitor(nil, mlcore.MonitorOptions{})
	checkRefused(t, err, mlcore.InvalidArgument, mlcore.ReasonNullPointer, -1)
	checkRefused(t, monitor.Attach(nil), mlcore.InvalidArgument, mlcore.ReasonNullPointer, -1)
	checkRefused(t, (*mlcore.Monitor)(nil).Attach(foreign), mlcore.InvalidArgument, mlcore.ReasonNullPointer, -1)
	_, err = (*mlcore.Monitor)(nil).Report()
	checkRefused(t, err, mlcore.InvalidArgument, mlcore.ReasonNullPointer, -1)
	same := newContext(t, open(t, "lender.mlc"), mlcore.OutputClass) // opened again
	if err := monitor.Attach(same); err != nil {
		t.Error(err)
	}
	must(same.Predict(applicant))
	if rows := must(monitor.Report()).Rows; rows != 1 {
		t.Error(rows)
	}
}

func TestMonitorOptionsHaveLimits(t *testing.T) {
	model := open(t, "lender.mlc")
	for i, options := range []mlcore.MonitorOptions{
		{PaneWidth: -time.Hour}, {PaneWidth: 1}, {PaneWidth: time.Second + 1}, {PaneWidth: math.MinInt64},
		{PaneWidth: time.Hour, PaneRows: 5}, {PaneRows: -1}, {PaneRows: 1<<53 + 1}, {PaneRows: math.MinInt64},
		{MaxPanes: -1}, {MaxPanes: 4097}, {MaxPanes: 1 << 32}, {MinimumRows: -1}, {Alpha: -0.1}, {Alpha: 0.6},
		{Alpha: math.NaN()}, {DistanceThreshold: math.NaN()}, {DistanceThreshold: math.Inf(1)},
		{ShareThreshold: -0.1}, {ShareThreshold: math.Inf(-1)},
	} {
		if _, err := mlcore.NewMonitor(model, options); !errors.Is(err, mlcore.ReasonInvalidOption) ||
			!errors.Is(err, mlcore.InvalidArgument) {
			t.Error(i, err)
		}
	}
	checkRows := func(options mlcore.MonitorOptions, verdict mlcore.Verdict) mlcore.MonitorReport {
		t.Helper()
		monitor, context := watch(t, model, options)
		for _, row := range threeDays(t, model)[:2000] {
			must(context.PredictPacked(row))
		}
		report := must(monitor.Report())
		if last := report.Panes[len(report.Panes)-1]; last.Verdict != verdict || last.Rows != 1000 {
			t.Error(last.Verdict, last.Rows)
		}
		return report
	}
	report := checkRows(mlcore.MonitorOptions{PaneRows: 1000, MaxPanes: 1, MinimumRows: 1001}, mlcore.VerdictInsufficient)
	if len(report.Panes) != 1 || report.Panes[0].Begin != 1000 || report.Rows != 2000 {
		t.Errorf("%+v", report)
	}
	report = checkRows(mlcore.MonitorOptions{PaneWidth: wholeDay, DistanceThreshold: 10, ShareThreshold: 1, Alpha: 0.01}, mlcore.VerdictOK)
	if report.Total.Alpha != 0.01 || *report.Total.Columns[0].Statistics["psi"].Threshold != 10 {
		t.Errorf("%+v", report.Total)
	}
}

func TestAMonitorIsClosedBeforeOrAfterItsContextsAndItsModel(t *testing.T) {
	model := must(mlcore.Open("lender.mlc"))
	monitor, context := watch(t, model, mlcore.MonitorOptions{})
	kept, other := watch(t, model, mlcore.MonitorOptions{})
	monitor.Close()
	monitor.Close()
	checkClosed(t, second(monitor.Report()))
	checkClosed(t, second(monitor.Prometheus()))
	checkClosed(t, second(monitor.HTML()))
	checkClosed(t, monitor.Attach(newContext(t, model, mlcore.OutputMargin)))
	checkClosed(t, second(model.NewContext(mlcore.ContextOptions{Monitor: monitor})))
	must(context.Predict(applicant))
	must(other.Predict(applicant))
	other.Close()
	checkClosed(t, kept.Attach(other))
	model.Close()
	checkClosed(t, second(mlcore.NewMonitor(model, mlcore.MonitorOptions{})))
	must(context.Predict(applicant))
	if rows := must(kept.Report()).Rows; rows != 1 {
		t.Error(rows)
	}
}

func TestAPoolIsCountedWhileOthersReport(t *testing.T) {
	model := open(t, "lender.mlc")
	monitor := must(mlcore.NewMonitor(model, mlcore.MonitorOptions{PaneRows: 500, MaxPanes: 4}))
	defer monitor.Close()
	rows := threeDays(t, model)[:100]
	var writing atomic.Int64
	var group sync.WaitGroup
	for i := 0; i < 4; i++ {
		writing.Add(1)
		group.Add(1)
		go func() {
			defer group.Done()
			defer writing.Add(-1)
			for round := 0; round < 10; round++ {
				pool := must(mlcore.NewPool(model, mlcore.ContextOptions{Monitor: monitor}))
				var inner sync.WaitGroup
				for j := 0; j < 2; j++ {
					inner.Add(1)
					go func() {
						defer inner.Done()
						if err := pool.With(func(context *mlcore.Context) error {
							for _, row := range rows {
								if _, err := context.PredictPacked(row); err != nil {
									return err
								}
							}
							return nil
						}); err != nil {
							t.Error(err)
						}
					}()
				}
				inner.Wait()
				pool.Close()
			}
		}()
	}
	last := uint64(0)
	for writing.Load() > 0 {
		seen := must(monitor.Report()).Rows
		if seen < last {
			t.Errorf("%d rows, then %d", last, seen)
		}
		last = seen
	}
	group.Wait()
	report := must(monitor.Report())
	if report.Rows != 4*10*2*100 || len(report.Panes) != 4 {
		t.Error(report.Rows, len(report.Panes))
	}
}

func TestAMonitoredCallForOneRowAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	model := open(t, "lender.mlc")
	_, context := watch(t, model, mlcore.MonitorOptions{})
	row := packed(t, model.Features().Request(), applicant)
	if allocations := testing.AllocsPerRun(100, func() { must(context.PredictPacked(row)) }); allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}
