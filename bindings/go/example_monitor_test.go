// SPDX-License-Identifier: Apache-2.0

package mlcore_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/mlcore/mlcore-go"
)

// The definition in lender.mlc, which has a reference profile:
//
//	input income: f64?
//	input age: i64
//	input country: string?
//	earned = income
//	years = age + days_between(as_of(), as_of())
//	output [earned, years]
func ExampleMonitor() {
	type Applicant struct {
		Income  float64   `mlcore:"income"`
		Age     int       `mlcore:"age"`
		Country string    `mlcore:"country"`
		AsOf    time.Time `mlcore:"as_of"`
	}
	model := must(mlcore.Open("lender.mlc"))
	defer model.Close()
	monitor := must(mlcore.NewMonitor(model, mlcore.MonitorOptions{PaneWidth: 24 * time.Hour}))
	defer monitor.Close()
	pool := must(mlcore.NewPool(model, mlcore.ContextOptions{Monitor: monitor}))
	defer pool.Close()
	err := pool.With(func(context *mlcore.Context) error {
		_, err := context.Predict(&Applicant{75000, 40, "FR", time.Date(1998, 1, 2, 8, 0, 0, 0, time.UTC)})
		return err
	})
	if err != nil {
		panic(err)
	}
	for _, pane := range must(monitor.Report()).Panes {
		fmt.Println(time.UnixMicro(pane.Begin).UTC().Format("2006-01-02"), pane.Rows, pane.Verdict)
	}
	// Output: 1998-01-02 1 INSUFFICIENT
}

func ExampleNewMonitor() {
	model := must(mlcore.Open("loan.mlc"))
	defer model.Close()
	_, err := mlcore.NewMonitor(model, mlcore.MonitorOptions{})
	fmt.Println(err)
	// Output: the artifact of "loan" has no reference profile (section REFP): train it again (FAILED_PRECONDITION/no_reference)
}

func ExampleMonitor_Attach() {
	model := must(mlcore.Open("lender.mlc"))
	defer model.Close()
	monitor := must(mlcore.NewMonitor(model, mlcore.MonitorOptions{PaneRows: 1000}))
	defer monitor.Close()
	context := must(model.NewContext(mlcore.ContextOptions{}))
	defer context.Close()
	fmt.Println(monitor.Attach(context))
	must(context.Predict(map[string]any{"age": 40, "as_of": time.Unix(0, 0)}))
	fmt.Println(must(monitor.Report()).Rows)
	// Output:
	// <nil>
	// 1
}

func ExampleMonitor_Report() {
	model := must(mlcore.Open("lender.mlc"))
	defer model.Close()
	monitor := must(mlcore.NewMonitor(model, mlcore.MonitorOptions{}))
	defer monitor.Close()
	for _, column := range must(monitor.Report()).Total.Columns {
		fmt.Println(column.Name, column.Kind, column.Verdict, column.Statistics["psi"].Value == nil)
	}
	// Output:
	// earned feature INSUFFICIENT true
	// years feature INSUFFICIENT true
	// country category INSUFFICIENT true
	// prediction score INSUFFICIENT true
}

func ExampleMonitor_Prometheus() {
	model := must(mlcore.Open("lender.mlc"))
	defer model.Close()
	monitor := must(mlcore.NewMonitor(model, mlcore.MonitorOptions{}))
	defer monitor.Close()
	for _, line := range strings.Split(must(monitor.Prometheus()), "\n") {
		if strings.HasPrefix(line, "mlcore_predictions_total") {
			fmt.Println(line)
		}
	}
	// Output: mlcore_predictions_total{model="lender",version="0"} 0
}

func ExampleMonitor_HTML() {
	model := must(mlcore.Open("lender.mlc"))
	defer model.Close()
	monitor := must(mlcore.NewMonitor(model, mlcore.MonitorOptions{}))
	defer monitor.Close()
	fmt.Println(must(monitor.HTML())[:15])
	// Output: <!DOCTYPE html>
}

func ExampleMonitor_Close() {
	model := must(mlcore.Open("lender.mlc"))
	defer model.Close()
	monitor := must(mlcore.NewMonitor(model, mlcore.MonitorOptions{}))
	fmt.Println(monitor.Close(), monitor.Close())
	// Output: <nil> <nil>
}
