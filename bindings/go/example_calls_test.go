// SPDX-License-Identifier: Apache-2.0

package mlcore_test

import (
	"fmt"
	"time"

	"github.com/mlcore/mlcore-go"
)

func ExampleNewState() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	lateness := 24 * time.Hour
	state := must(mlcore.NewState(model.Features(), mlcore.StateOptions{MaxKeys: 1000, Lateness: &lateness}))
	defer state.Close()
	fmt.Println(must(state.KeyCount()))
	// Output: 0
}

func ExampleRestoreState() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	state := must(mlcore.NewState(model.Features(), mlcore.StateOptions{}))
	defer state.Close()
	orders := mlcore.NewRows(must(model.Features().Stream("orders")))
	at := time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := orders.Append(map[string]any{"customer": "ada", "at": at, "cds": 1, "amount": 20.5}); err != nil {
		panic(err)
	}
	must(state.Ingest("orders", orders))
	restored := must(mlcore.RestoreState(model.Features(), must(state.Snapshot()), mlcore.StateOptions{}))
	defer restored.Close()
	fmt.Println(must(restored.EventCount()))
	// Output: 1
}

func ExampleState_Ingest() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	state := must(mlcore.NewState(model.Features(), mlcore.StateOptions{}))
	defer state.Close()
	orders := mlcore.NewRows(must(model.Features().Stream("orders")))
	at := time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := orders.Append(map[string]any{"customer": "ada", "at": at, "cds": 1, "amount": 20.5}); err != nil {
		panic(err)
	}
	report := must(state.Ingest("orders", orders))
	fmt.Println(report.Accepted, report.Invalid, report.Late)
	// Output: 1 0 0
}

func ExampleState_IngestFrom() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	state := must(mlcore.NewState(model.Features(), mlcore.StateOptions{}))
	defer state.Close()
	orders := mlcore.NewRows(must(model.Features().Stream("orders")))
	at := time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := orders.Append(map[string]any{"customer": "ada", "at": at, "cds": 1, "amount": 20.5}); err != nil {
		panic(err)
	}
	for i := 0; i < 2; i++ { // a batch that is delivered twice
		report := must(state.IngestFrom("orders", orders, "topic 3", 1041))
		fmt.Println(report.Accepted, report.Replayed)
	}
	// Output:
	// 1 0
	// 0 1
}

func ExampleState_SourceOffset() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	state := must(mlcore.NewState(model.Features(), mlcore.StateOptions{}))
	defer state.Close()
	orders := mlcore.NewRows(must(model.Features().Stream("orders")))
	at := time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := orders.Append(map[string]any{"customer": "ada", "at": at, "cds": 1, "amount": 20.5}); err != nil {
		panic(err)
	}
	must(state.IngestFrom("orders", orders, "topic 3", 1041))
	restored := must(mlcore.RestoreState(model.Features(), must(state.Snapshot()), mlcore.StateOptions{}))
	defer restored.Close()
	fmt.Println(must(restored.SourceOffset("topic 3"))) // read on from here
	// Output: 1041
}

func ExampleState_Expire() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	lateness := time.Hour
	state := must(mlcore.NewState(model.Features(), mlcore.StateOptions{Lateness: &lateness}))
	defer state.Close()
	fmt.Println(state.Expire(time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC)))
	// Output: <nil>
}

func ExampleState_KeyCount() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	state := must(mlcore.NewState(model.Features(), mlcore.StateOptions{}))
	defer state.Close()
	orders := mlcore.NewRows(must(model.Features().Stream("orders")))
	at := time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := orders.Append(map[string]any{"customer": "ada", "at": at, "cds": 1, "amount": 20.5}); err != nil {
		panic(err)
	}
	must(state.Ingest("orders", orders))
	fmt.Println(must(state.KeyCount()))
	// Output: 1
}

func ExampleState_EventCount() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	state := must(mlcore.NewState(model.Features(), mlcore.StateOptions{}))
	defer state.Close()
	orders := mlcore.NewRows(must(model.Features().Stream("orders")))
	at := time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := orders.Append(map[string]any{"customer": "ada", "at": at, "cds": 1, "amount": 20.5}); err != nil {
		panic(err)
	}
	must(state.Ingest("orders", orders))
	fmt.Println(must(state.EventCount()))
	// Output: 1
}

func ExampleState_Memory() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	state := must(mlcore.NewState(model.Features(), mlcore.StateOptions{}))
	defer state.Close()
	orders := mlcore.NewRows(must(model.Features().Stream("orders")))
	at := time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := orders.Append(map[string]any{"customer": "ada", "at": at, "cds": 1, "amount": 20.5}); err != nil {
		panic(err)
	}
	empty := must(state.Memory())
	must(state.Ingest("orders", orders))
	fmt.Println(must(state.Memory()) > empty)
	// Output: true
}

func ExampleState_Close() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	state := must(mlcore.NewState(model.Features(), mlcore.StateOptions{}))
	defer state.Close()
	state.Close()
	_, err := state.Snapshot()
	fmt.Println(err)
	// Output: the state is closed (FAILED_PRECONDITION/closed_handle)
}

func ExampleContext_OutputCount() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	context := must(model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputMargin}))
	defer context.Close()
	fmt.Println(context.OutputCount())
	// Output: 1
}

func ExampleContext_PredictPacked() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	context := must(model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputMargin}))
	defer context.Close()
	row := must(model.Features().Request().Pack(map[string]any{"age": 29, "debt": 1, "income": 4}))
	fmt.Println(must(context.PredictPacked(row)))
	// Output: [1.375]
}

func ExampleContext_PredictNumbers() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	context := must(model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputMargin}))
	defer context.Close()
	fmt.Println(must(context.PredictNumbers([]float64{29, 1, 4})))
	// Output: [1.375]
}

func ExampleContext_PredictNumbers32() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	context := must(model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputMargin}))
	defer context.Close()
	fmt.Println(must(context.PredictNumbers32([]float32{29, 1, 4})))
	// Output: [1.375]
}

func ExampleContext_PredictBatch32() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	context := must(model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputMargin}))
	defer context.Close()
	fmt.Println(must(context.PredictBatch32(2, []float32{29, 1, 4, 30, 1, 4})))
	// Output: [1.375 0.625]
}

func ExampleContext_PredictMatrix() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	context := must(model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputMargin, Threads: 2}))
	defer context.Close()
	rows := mlcore.Matrix{
		Rows: 2, Values: []float64{29, 1, 4, 30, 4},
		Column: []int32{0, 1, 2, 0, 2}, RowBegin: []int64{0, 3, 5}, // the second row has no debt
	}
	fmt.Println(must(context.PredictMatrix(&rows)))
	// Output: [1.375 0.625]
}

func ExampleContext_PredictAt() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	state := must(mlcore.NewState(model.Features(), mlcore.StateOptions{}))
	defer state.Close()
	orders := mlcore.NewRows(must(model.Features().Stream("orders")))
	at := time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := orders.Append(map[string]any{"customer": "ada", "at": at, "cds": 1, "amount": 20.5}); err != nil {
		panic(err)
	}
	must(state.Ingest("orders", orders))
	context := must(model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputFeatures}))
	defer context.Close()
	fmt.Println(must(context.PredictAt(state, map[string]any{"customer": "ada", "as_of": time.Date(1998, 1, 2, 0, 0, 0, 0, time.UTC)})))
	// Output: [1 20.5]
}

func ExampleContext_PredictPackedAt() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	state := must(mlcore.NewState(model.Features(), mlcore.StateOptions{}))
	defer state.Close()
	orders := mlcore.NewRows(must(model.Features().Stream("orders")))
	at := time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := orders.Append(map[string]any{"customer": "ada", "at": at, "cds": 1, "amount": 20.5}); err != nil {
		panic(err)
	}
	must(state.Ingest("orders", orders))
	context := must(model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputFeatures}))
	defer context.Close()
	row := must(model.Features().Request().FromJSON([]byte(`{"customer": "ada", "as_of": "1998-01-02"}`)))
	fmt.Println(must(context.PredictPackedAt(state, row)))
	// Output: [1 20.5]
}

func ExampleContext_Close() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	context := must(model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputMargin}))
	defer context.Close()
	context.Close()
	_, err := context.PredictNumbers([]float64{29, 1, 4})
	fmt.Println(err)
	// Output: the context is closed (FAILED_PRECONDITION/closed_handle)
}

func ExampleNewPool() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	pool := must(mlcore.NewPool(model, mlcore.ContextOptions{}))
	fmt.Println(pool.Close())
	// Output: <nil>
}

func ExamplePool_Put() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	pool := must(mlcore.NewPool(model, mlcore.ContextOptions{}))
	defer pool.Close()
	context := must(pool.Get())
	pool.Put(context)
	fmt.Println(must(pool.Get()) == context)
	// Output: true
}

func ExamplePool_With() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	pool := must(mlcore.NewPool(model, mlcore.ContextOptions{Output: mlcore.OutputMargin}))
	defer pool.Close()
	var margin float64
	err := pool.With(func(context *mlcore.Context) error {
		out, err := context.PredictNumbers([]float64{29, 1, 4})
		if err == nil {
			margin = out[0] // the slice is the context's
		}
		return err
	})
	fmt.Println(margin, err)
	// Output: 1.375 <nil>
}

func ExamplePool_Close() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	pool := must(mlcore.NewPool(model, mlcore.ContextOptions{}))
	context := must(pool.Get())
	pool.Close()
	pool.Put(context) // closes it
	_, err := context.PredictNumbers(nil)
	fmt.Println(err)
	// Output: the context is closed (FAILED_PRECONDITION/closed_handle)
}
