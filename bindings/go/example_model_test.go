// SPDX-License-Identifier: Apache-2.0

package mlcore_test

import (
	"fmt"
	"time"

	"github.com/mlcore/mlcore-go"
)

func ExampleModel_Name() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	fmt.Println(model.Name())
	// Output: loan
}

func ExampleModel_Version() {
	model := must(mlcore.Open("models@champion"))
	defer model.Close()
	fmt.Println(model.Name(), model.Version())
	// Output: shop 2
}

func ExampleModel_Features() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	fmt.Println(model.Features().Names())
	// Output: [years ratio]
}

func ExampleModel_Margins32() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	fmt.Println(must(model.Margins32(1, []float32{29, 0.25})))
	// Output: [1.375]
}

func ExampleFeatures_Text() {
	features := must(mlcore.ParseFeatures("features two version 1\ninput a: f64\nx = a * 2\noutput [x]\n"))
	defer features.Close()
	again := must(mlcore.ParseFeatures(features.Text()))
	defer again.Close()
	fmt.Println(again.Text() == features.Text())
	// Output: true
}

func ExampleFeatures_Fingerprint() {
	features := must(mlcore.ParseFeatures("features two version 1\ninput a: f64\nx = a * 2\noutput [x]\n"))
	defer features.Close()
	fmt.Println(len(features.Fingerprint()))
	// Output: 64
}

func ExampleFeatures_Names() {
	features := must(mlcore.ParseFeatures("features two version 1\ninput a: f64\nx = a * 2\noutput [x]\n"))
	defer features.Close()
	fmt.Println(features.Names())
	// Output: [x]
}

func ExampleFeatures_Request() {
	features := must(mlcore.ParseFeatures("features two version 1\ninput a: f64\nx = a * 2\noutput [x]\n"))
	defer features.Close()
	for _, field := range features.Request().Fields() {
		fmt.Println(field.Name, field.Type)
	}
	// Output: a f64
}

func ExampleFeatures_Streams() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	fmt.Println(model.Features().Streams())
	// Output: [orders]
}

func ExampleFeatures_Close() {
	features := must(mlcore.ParseFeatures("features two version 1\ninput a: f64\nx = a * 2\noutput [x]\n"))
	fmt.Println(features.Close(), features.Close())
	// Output: <nil> <nil>
}

func ExampleLayout_ID() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	request, orders := model.Features().Request(), must(model.Features().Stream("orders"))
	fmt.Println(request.ID() == request.ID(), request.ID() == orders.ID())
	// Output: true false
}

func ExampleLayout_Fields() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	for _, field := range model.Features().Request().Fields() {
		fmt.Println(field.Name, field.Type, field.Nullable)
	}
	// Output:
	// age i64 false
	// debt f64 true
	// income f64 false
}

func ExampleLayout_Check() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	layout := model.Features().Request()
	row := must(layout.Pack(map[string]any{"age": 41, "income": 1000}))
	fmt.Println(layout.Check(row), layout.Check(row[:20]) != nil)
	// Output: <nil> true
}

func ExampleNewRows() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	rows := mlcore.NewRows(model.Features().Request())
	fmt.Println(rows.Len())
	// Output: 0
}

func ExampleRows_Len() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	orders := mlcore.NewRows(must(model.Features().Stream("orders")))
	at := time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := orders.Append(map[string]any{"customer": "ada", "at": at, "cds": 1, "amount": 20.5}); err != nil {
		panic(err)
	}
	fmt.Println(orders.Len())
	// Output: 1
}

func ExampleRows_Append() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	orders := mlcore.NewRows(must(model.Features().Stream("orders")))
	at := time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC)
	fmt.Println(orders.Append(map[string]any{"customer": "ada", "at": at, "cds": 1, "amount": 20.5}))
	fmt.Println(orders.Append(map[string]any{"customer": "ada", "at": "today", "cds": 1, "amount": 20.5}))
	// Output:
	// <nil>
	// column "at": expected timestamp, found string (INVALID_ARGUMENT/type_mismatch)
}

func ExampleRows_Reset() {
	model := must(mlcore.Open("shop.mlc"))
	defer model.Close()
	orders := mlcore.NewRows(must(model.Features().Stream("orders")))
	at := time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := orders.Append(map[string]any{"customer": "ada", "at": at, "cds": 1, "amount": 20.5}); err != nil {
		panic(err)
	}
	orders.Reset() // the memory is kept for the next batch
	fmt.Println(orders.Len())
	// Output: 0
}
