// SPDX-License-Identifier: Apache-2.0

package mlcore_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/mlcore/mlcore-go"
)

// The definition in shop.mlc:
//
//	stream orders(customer: string key, at: timestamp event, cds: i64, amount: f64)
//	orders_30d = count() over orders last 30d
//	spend = sum(amount) over orders lifetime
//	output [orders_30d, spend]
//
// and in loan.mlc:
//
//	input age: i64
//	input debt: f64?
//	input income: f64
//	years = age
//	ratio = debt / income
//	output [years, ratio]
func Example() {
	type Order struct {
		Customer string    `mlcore:"customer"`
		At       time.Time `mlcore:"at"`
		CDs      int       `mlcore:"cds"`
		Amount   float64   `mlcore:"amount"`
	}
	type Request struct {
		Customer string    `mlcore:"customer"`
		AsOf     time.Time `mlcore:"as_of"`
	}
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	state := must(mlcore.NewState(model.Features(), mlcore.StateOptions{}))
	defer state.Close()
	orders := mlcore.NewRows(must(model.Features().Stream("orders")))
	at := time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := orders.Append(&Order{"ada", at, 1, 20.5}); err != nil {
		panic(err)
	}
	must(state.Ingest("orders", orders))
	context := must(model.NewContext(mlcore.ContextOptions{}))
	defer context.Close()
	fmt.Printf("%.6f\n", must(context.PredictAt(state, &Request{"ada", at.AddDate(0, 0, 1)}))[0])
	// Output: 0.914901
}

func ExampleOpen() {
	model, err := mlcore.Open("loan.mlc")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer model.Close()
	fmt.Println(model.Name())
	_, err = mlcore.Open("absent.mlc")
	fmt.Println(errors.Is(err, mlcore.NotFound), errors.Is(err, mlcore.ReasonFileNotFound))
	// Output:
	// loan
	// true true
}

func ExampleOpenBytes() {
	artifact := must(os.ReadFile("loan.mlc"))
	model := must(mlcore.OpenBytes(artifact))
	defer model.Close()
	_, err := mlcore.OpenBytes(artifact[:1000])
	fmt.Println(model.Name(), errors.Is(err, mlcore.DataLoss))
	// Output: loan true
}

func ExampleVersion() {
	fmt.Println(mlcore.Version() != "")
	// Output: true
}

func ExampleError() {
	layout := must(mlcore.Open("loan.mlc")).Features().Request()
	_, err := layout.Pack(map[string]any{"age": 41, "income": "high"})
	var refusal *mlcore.Error
	if errors.As(err, &refusal) {
		fmt.Println(refusal.Code, refusal.Reason, refusal.Column, refusal.Row)
		fmt.Println(refusal.Message)
	}
	// Output:
	// INVALID_ARGUMENT type_mismatch 2 -1
	// column "income": expected f64, found string
}

func ExampleCode() {
	_, err := mlcore.ParseFeatures("nonsense")
	fmt.Println(errors.Is(err, mlcore.InvalidArgument), mlcore.InvalidArgument)
	// Output: true INVALID_ARGUMENT
}

func ExampleReason() {
	_, err := mlcore.ParseFeatures("nonsense")
	fmt.Println(errors.Is(err, mlcore.ReasonSyntax), mlcore.ReasonSyntax)
	// Output: true syntax
}

func ExampleModel_Digest() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	fmt.Println(len(model.Digest()))
	// Output: 64
}

func ExampleModel_Describe() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	var about struct{ Name string }
	if err := json.Unmarshal(must(model.Describe()), &about); err != nil {
		panic(err)
	}
	fmt.Println(about.Name)
	// Output: loan
}

func ExampleModel_OutputCount() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	fmt.Println(must(model.OutputCount(mlcore.OutputMargin)), must(model.OutputCount(mlcore.OutputFeatures)))
	// Output: 1 2
}

func ExampleModel_Margins() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	fmt.Println(must(model.Margins(2, []float64{29, 0.25, 30, math.NaN()})))
	fmt.Println(must(model.Margins32(1, []float32{29, 0.25})))
	// Output:
	// [1.375 0.625]
	// [1.375]
}

func ExampleModel_NewContext() {
	model := must(mlcore.Open("loan.mlc"))
	context := must(model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputFeatures}))
	defer context.Close()
	model.Close() // the context goes on
	fmt.Println(context.OutputCount(), must(context.PredictNumbers([]float64{29, 1, 4})))
	// Output: 2 [29 0.25]
}

func ExampleContextOptions() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	first := must(model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputMargin, IterationEnd: 1}))
	defer first.Close()
	fmt.Println(must(first.PredictNumbers([]float64{29, 1, 4})))
	// Output: [0.375]
}

func ExampleModel_Close() {
	model := must(mlcore.Open("loan.mlc"))
	model.Close()
	_, err := model.Describe()
	fmt.Println(errors.Is(err, mlcore.ReasonClosedHandle))
	// Output: true
}

func ExampleParseFeatures() {
	features := must(mlcore.ParseFeatures("features two version 1\ninput a: f64\nx = a * 2\noutput [x]\n"))
	defer features.Close()
	fmt.Println(features.Names(), len(features.Fingerprint()), features.Streams())
	fmt.Print(features.Text())
	// Output:
	// [x] 64 []
	// features two version 1
	// input a: f64
	// x = a * 2
	// output [x]
}

func ExampleFeatures_Compute() {
	features := must(mlcore.ParseFeatures("features two version 1\ninput a: f64\nx = a * 2\noutput [x]\n"))
	defer features.Close()
	requests := mlcore.NewRows(features.Request())
	for _, a := range []float64{1, 2.5} {
		if err := requests.Append(map[string]any{"a": a}); err != nil {
			panic(err)
		}
	}
	fmt.Println(must(features.Compute(nil, requests)))
	// Output: [2 5]
}

func ExampleFeatures_Stream() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	for _, field := range must(model.Features().Stream("orders")).Fields() {
		fmt.Println(field.Name, field.Type, field.Nullable)
	}
	// Output:
	// customer string false
	// at timestamp false
	// cds i64 false
	// amount f64 false
}

func ExampleLayout_Pack() {
	type Loan struct {
		Age    int      `mlcore:"age"`
		Debt   *float64 `mlcore:"debt"`
		Income float64  `mlcore:"income"`
	}
	layout := must(mlcore.Open("loan.mlc")).Features().Request()
	row := must(layout.Pack(&Loan{Age: 41, Income: 1000}))
	same := must(layout.Pack(map[string]any{"age": 41, "income": 1000}))
	fmt.Println(len(row), string(row) == string(same), layout.Check(row))
	// Output: 40 true <nil>
}

func ExampleLayout_FromJSON() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	context := must(model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputMargin}))
	defer context.Close()
	row := must(model.Features().Request().FromJSON([]byte(`{"age": 29, "debt": 1, "income": 4}`)))
	fmt.Println(must(context.PredictPacked(row)))
	// Output: [1.375]
}

func ExampleRows() {
	rows := mlcore.NewRows(must(mlcore.Open("loan.mlc")).Features().Request())
	fmt.Println(rows.Append(map[string]any{"age": 41, "income": 1000}), rows.Len())
	rows.Reset()
	fmt.Println(rows.Len())
	// Output:
	// <nil> 1
	// 0
}

func ExampleContext_Predict() {
	type Loan struct {
		Age    int      `mlcore:"age"`
		Debt   *float64 `mlcore:"debt"`
		Income float64  `mlcore:"income"`
	}
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	context := must(model.NewContext(mlcore.ContextOptions{}))
	defer context.Close()
	fmt.Printf("%.6f\n", must(context.Predict(&Loan{Age: 29, Income: 4}))[0])
	fmt.Printf("%.6f\n", must(context.Predict(map[string]any{"age": 29, "income": 4}))[0])
	// Output:
	// 0.798187
	// 0.798187
}

func ExampleContext_PredictBatch() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	context := must(model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputMargin}))
	defer context.Close()
	fmt.Println(must(context.PredictBatch(2, []float64{29, 1, 4, 30, 1, 4})))
	fmt.Println(must(context.PredictBatch32(1, []float32{29, 1, 4})))
	fmt.Println(must(context.PredictNumbers32([]float32{29, 1, 4})))
	// Output:
	// [1.375 0.625]
	// [1.375]
	// [1.375]
}

func ExampleContext_PredictEvents() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	context := must(model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputFeatures}))
	defer context.Close()
	layout := must(model.Features().Stream("orders"))
	orders := mlcore.NewRows(layout) // as a database keeps them
	if err := orders.Append(must(layout.FromJSON([]byte(
		`{"customer": "ada", "at": "1998-01-01", "cds": 1, "amount": 20.5}`)))); err != nil {
		panic(err)
	}
	asOf := time.Date(1998, 1, 2, 0, 0, 0, 0, time.UTC)
	fmt.Println(must(context.PredictEvents(map[string]any{"customer": "ada", "as_of": asOf}, orders)))
	// Output: [1 20.5]
}

func ExampleContext_PredictBatchAt() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	state := must(mlcore.NewState(model.Features(), mlcore.StateOptions{}))
	defer state.Close()
	requests := mlcore.NewRows(model.Features().Request())
	for _, customer := range []string{"ada", "bob"} {
		if err := requests.Append(map[string]any{"customer": customer, "as_of": time.Now()}); err != nil {
			panic(err)
		}
	}
	context := must(model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputMargin}))
	defer context.Close()
	fmt.Println(must(context.PredictBatchAt(state, requests)))
	// Output: [1.375 1.375]
}

func ExampleState_Snapshot() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	lateness := 24 * time.Hour
	options := mlcore.StateOptions{Lateness: &lateness, MaxBytes: 1 << 30}
	state := must(mlcore.NewState(model.Features(), options))
	orders := mlcore.NewRows(must(model.Features().Stream("orders")))
	at := time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := orders.Append(map[string]any{"customer": "ada", "at": at, "cds": 1, "amount": 20.5}); err != nil {
		panic(err)
	}
	fmt.Println(must(state.IngestFrom("orders", orders, "partition 0", 7)).Accepted)
	snapshot := must(state.Snapshot())
	state.Close()

	restored := must(mlcore.RestoreState(model.Features(), snapshot, options))
	defer restored.Close()
	fmt.Println(must(restored.IngestFrom("orders", orders, "partition 0", 7)).Replayed)
	fmt.Println(must(restored.KeyCount()), must(restored.EventCount()), must(restored.Memory()) > 0)
	fmt.Println(restored.Expire(at.AddDate(0, 0, 2)))
	// Output:
	// 1
	// 1
	// 1 1 true
	// <nil>
}

func ExamplePool() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	pool := must(mlcore.NewPool(model, mlcore.ContextOptions{Output: mlcore.OutputMargin}))
	defer pool.Close()
	results := make(chan float64)
	for i := 0; i < 3; i++ {
		go func() {
			err := pool.With(func(context *mlcore.Context) error {
				out, err := context.PredictNumbers([]float64{29, 1, 4})
				if err == nil {
					results <- out[0]
				}
				return err
			})
			if err != nil {
				panic(err)
			}
		}()
	}
	fmt.Println(<-results, <-results, <-results)
	// Output: 1.375 1.375 1.375
}

func ExamplePool_Get() {
	pool := must(mlcore.NewPool(must(mlcore.Open("loan.mlc")), mlcore.ContextOptions{Output: mlcore.OutputMargin}))
	defer pool.Close()
	context := must(pool.Get())
	defer pool.Put(context)
	fmt.Println(must(context.PredictNumbers([]float64{29, 1, 4})))
	// Output: [1.375]
}
