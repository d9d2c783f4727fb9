// SPDX-License-Identifier: Apache-2.0

package mlcore_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mlcore/mlcore-go"
)

func TestStateEventsBatchAndDefinitionGiveTheSameBits(t *testing.T) {
	model := open(t, "shop.mlc")
	state := filled(t, model)
	ada := rowsOf(t, orders(t, model), three[1], three[0])
	requests := mlcore.NewRows(model.Features().Request())
	for i := 0; i < 3; i++ {
		if err := requests.Append(request); err != nil {
			t.Fatal(err)
		}
	}
	for output, width := range []int{1, 1, 2} {
		context := newContext(t, model, mlcore.Output(output))
		at := append([]float64(nil), must(context.PredictAt(state, request))...)
		out, err := context.PredictPackedAt(state, packed(t, model.Features().Request(), request))
		checkBits(t, out, err, at...)
		out, err = context.PredictEvents(request, ada)
		checkBits(t, out, err, at...)
		out, err = context.PredictBatchAt(state, requests)
		checkBits(t, out, err, append(append(append([]float64(nil), at...), at...), at...)...)
		out, err = context.PredictBatchAt(state, mlcore.NewRows(model.Features().Request()))
		checkBits(t, out, err)
		if len(at) != width {
			t.Errorf("%d values", len(at))
		}
	}
	parsed := must(mlcore.ParseFeatures(model.Features().Text()))
	out, err := parsed.Compute(state, requests)
	checkBits(t, out, err, 1, 29.75, 1, 29.75, 1, 29.75)
}

func TestAStateIsKeptReplayedAndRestored(t *testing.T) {
	model := open(t, "shop.mlc")
	rows := rowsOf(t, orders(t, model), three...)
	options := mlcore.StateOptions{Lateness: pointerTo(365 * 24 * time.Hour), MaxKeys: 10}
	state := must(mlcore.NewState(model.Features(), options))
	if report := must(state.IngestFrom("orders", rows, "p0", 7)); report.Accepted != 3 {
		t.Error(report)
	}
	if report := must(state.IngestFrom("orders", rows, "p0", 7)); report.Replayed != 3 || report.Accepted != 0 {
		t.Error(report)
	}
	if report := must(state.IngestFrom("orders", rows, "", 0)); report.Accepted == 0 {
		t.Error(report)
	}
	restored := must(mlcore.RestoreState(model.Features(), must(state.Snapshot()), options))
	if report := must(restored.IngestFrom("orders", rows, "p0", 7)); report.Replayed != 3 {
		t.Error(report)
	}
	if must(restored.SourceOffset("p0")) != 7 || must(restored.SourceOffset("")) != 0 {
		t.Error("the offsets are others")
	}
	_, err := restored.SourceOffset("p1")
	checkRefused(t, err, mlcore.NotFound, mlcore.ReasonUnknownName, -1)
	if must(restored.KeyCount()) != 2 || must(restored.EventCount()) != must(state.EventCount()) ||
		must(restored.Memory()) == 0 {
		t.Error(must(restored.KeyCount()), must(restored.EventCount()), must(restored.Memory()))
	}
	context := newContext(t, model, mlcore.OutputFeatures)
	before := append([]float64(nil), must(context.PredictAt(state, request))...)
	out, err := context.PredictAt(restored, request)
	checkBits(t, out, err, before...)
	if err := restored.Expire(day.AddDate(10, 0, 0)); err != nil {
		t.Fatal(err)
	}
	_, err = context.PredictAt(restored, request)
	checkRefused(t, err, mlcore.OutOfRange, mlcore.ReasonNotRetained, -1)
}

func TestInvalidEventsAreListed(t *testing.T) {
	model := open(t, "shop.mlc")
	layout := orders(t, model)
	rows := rowsOf(t, layout, three[0])
	bad := binary.LittleEndian.AppendUint64(nil, layout.ID())
	for i := 0; i < 20; i++ {
		if err := rows.Append(mlcore.Row(append(bad, make([]byte, 8)...))); err != nil {
			t.Fatal(err)
		}
	}
	report := must(must(mlcore.NewState(model.Features(), mlcore.StateOptions{})).Ingest("orders", rows))
	if report.Accepted != 1 || report.Invalid != 20 || len(report.InvalidRows) != 16 || report.InvalidMessage == "" {
		t.Errorf("%+v", report)
	}
	if report.InvalidRows[15] != (mlcore.InvalidRow{Row: 16, Reason: mlcore.ReasonMalformedRow}) {
		t.Error(report.InvalidRows)
	}
}

func TestMisuseOfAStateHasACodeAndAReason(t *testing.T) {
	const invalid, failed = mlcore.InvalidArgument, mlcore.FailedPrecondition
	loan, shop := open(t, "loan.mlc"), open(t, "shop.mlc")
	state, context := filled(t, shop), newContext(t, shop, mlcore.OutputPrediction)
	row := packed(t, shop.Features().Request(), request)
	events := rowsOf(t, orders(t, shop), three...)

	_, err := context.Predict(request)
	checkRefused(t, err, failed, mlcore.ReasonNeedsState, -1)
	_, err = context.PredictPackedAt(state, row[:20])
	checkRefused(t, err, invalid, mlcore.ReasonMalformedRow, -1)
	_, err = context.PredictEvents(request)
	checkRefused(t, err, invalid, mlcore.ReasonWrongWidth, -1)
	_, err = context.PredictEvents(request, events, events)
	checkRefused(t, err, invalid, mlcore.ReasonWrongWidth, -1)
	_, err = mlcore.NewState(loan.Features(), mlcore.StateOptions{})
	checkRefused(t, err, failed, mlcore.ReasonUnsupportedFeature, -1)
	_, err = mlcore.NewState(shop.Features(), mlcore.StateOptions{Lateness: pointerTo(-time.Nanosecond)})
	checkRefused(t, err, invalid, mlcore.ReasonInvalidOption, -1)
	_, err = mlcore.NewState(shop.Features(), mlcore.StateOptions{CompleteFrom: pointerTo(time.Unix(1<<60, 0))})
	checkRefused(t, err, invalid, mlcore.ReasonInvalidTimestamp, -1)
	_, err = state.Ingest("visits", events)
	checkRefused(t, err, mlcore.NotFound, mlcore.ReasonUnknownName, -1)
	foreign := mlcore.NewRows(loan.Features().Request())
	if err := foreign.Append(&loanRow{29, nil, 4}); err != nil {
		t.Fatal(err)
	}
	_, err = state.Ingest("orders", foreign)
	checkRefused(t, err, invalid, mlcore.ReasonLayoutMismatch, -1)
	checkRefused(t, state.Expire(day), failed, mlcore.ReasonInvalidOption, -1)
	checkRefused(t, state.Expire(time.Unix(1<<60, 0)), invalid, mlcore.ReasonInvalidTimestamp, -1)
	for _, snapshot := range [][]byte{nil, {}, []byte("snapshot"), must(state.Snapshot())[:40]} {
		if _, err = mlcore.RestoreState(shop.Features(), snapshot, mlcore.StateOptions{}); !errors.Is(err, mlcore.DataLoss) {
			t.Error(err)
		}
	}
	from := asOf.Add(-time.Hour)
	late := must(mlcore.NewState(shop.Features(), mlcore.StateOptions{CompleteFrom: &from}))
	_, err = context.PredictAt(late, request)
	checkRefused(t, err, failed, mlcore.ReasonIncompleteHistory, -1)
	full := must(mlcore.NewState(shop.Features(), mlcore.StateOptions{MaxKeys: 1}))
	_, err = full.Ingest("orders", events)
	checkRefused(t, err, mlcore.ResourceExhausted, mlcore.ReasonStateFull, -1)
	var refusal *mlcore.Error
	if !errors.As(err, &refusal) || refusal.Row != 2 {
		t.Error(err)
	}
	_, err = context.PredictBatchAt(nil, mlcore.NewRows(shop.Features().Request()))
	checkRefused(t, err, failed, mlcore.ReasonNeedsState, -1)
	_, err = shop.Features().Compute(nil, events)
	checkRefused(t, err, failed, mlcore.ReasonNeedsState, -1)
}

func TestNilIsAnErrorAndNoCrash(t *testing.T) {
	model := open(t, "shop.mlc")
	state, context := filled(t, model), newContext(t, model, mlcore.OutputFeatures)
	var noModel *mlcore.Model
	var noState *mlcore.State
	var noContext *mlcore.Context
	var noPool *mlcore.Pool
	none := mlcore.StateOptions{}
	for i, err := range []error{
		second(mlcore.NewState(nil, none)), second(mlcore.RestoreState(nil, nil, none)),
		second(noModel.NewContext(mlcore.ContextOptions{})), second(noModel.Describe()), second(noModel.Margins(0, nil)),
		second(mlcore.NewPool(nil, mlcore.ContextOptions{})), second(noPool.Get()),
		second(noContext.Predict(request)), second(noContext.PredictNumbers(nil)), second(noContext.PredictBatch(0, nil)),
		second(context.PredictAt(nil, request)), second(context.PredictPackedAt(nil, nil)),
		second(context.PredictEvents(request, nil)), second(context.PredictEvents(nil)),
		second(context.PredictBatchAt(state, nil)),
		second(state.Ingest("orders", nil)), second(noState.Ingest("orders", nil)), second(noState.Snapshot()),
		second(noState.KeyCount()), second(noState.SourceOffset("p0")), noState.Expire(day), second((*mlcore.Features)(nil).Compute(nil, mlcore.NewRows(nil))),
		second(model.Features().Compute(state, nil)), second((*mlcore.Features)(nil).Stream("orders")),
		second((*mlcore.Layout)(nil).FromJSON(nil)), (*mlcore.Layout)(nil).Check(nil),
	} {
		if !errors.Is(err, mlcore.ReasonNullPointer) || !strings.Contains(err.Error(), "nil") {
			t.Errorf("%d: %v", i, err)
		}
	}
	for _, err := range []error{noModel.Close(), noState.Close(), noContext.Close(), noPool.Close(),
		(*mlcore.Features)(nil).Close(), new(mlcore.Context).Close(), new(mlcore.Model).Close()} {
		if err != nil {
			t.Error(err)
		}
	}
	noPool.Put(nil)
	for _, err := range []error{second(new(mlcore.Context).Predict(request)), second(new(mlcore.Model).Describe()),
		second(new(mlcore.State).Snapshot()), second(new(mlcore.Pool).Get()), second(mlcore.NewState(new(mlcore.Features), none)),
		new(mlcore.Layout).Check(nil)} {
		checkClosed(t, err)
	}
	out, err := context.PredictAt(state, request)
	checkBits(t, out, err, 1, 29.75)
}

func second[T any](_ T, err error) error { return err }
