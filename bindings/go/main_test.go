// SPDX-License-Identifier: Apache-2.0

package mlcore_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"testing"
	"time"

	"github.com/mlcore/mlcore-go"
)

// The tests run in the folder MLCORE_FIXTURES, which has loan.mlc (numbers, no stream) and shop.mlc (a
// stream of orders); tests/capi/fixture.hpp has their definitions and trees. lender.mlc has a profile.
var packageFolder string

func TestMain(m *testing.M) {
	var err error
	if packageFolder, err = os.Getwd(); err == nil {
		err = os.Chdir(os.Getenv("MLCORE_FIXTURES"))
	}
	if err == nil {
		_, err = os.Stat("shop.mlc")
	}
	if err != nil {
		fmt.Println("MLCORE_FIXTURES is no folder with the tests' artifacts:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

type loanRow struct {
	Age    int      `mlcore:"age"`
	Debt   *float64 `mlcore:"debt"`
	Income float64  `mlcore:"income"`
}

type orderRow struct {
	Customer string    `mlcore:"customer"`
	At       time.Time `mlcore:"at"`
	CDs      int       `mlcore:"cds"`
	Amount   float64   `mlcore:"amount"`
}

type shopRow struct {
	Customer string    `mlcore:"customer"`
	AsOf     time.Time `mlcore:"as_of"`
}

var (
	day   = time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC)
	asOf  = day.Add(24 * time.Hour)
	three = []orderRow{
		{"ada", day, 1, 20.5},
		{"ada", time.Date(1997, 6, 1, 0, 0, 0, 0, time.UTC), 2, 9.25},
		{"bob", time.Date(1997, 12, 24, 0, 0, 0, 0, time.UTC), 3, 0.25},
	}
	request = &shopRow{"ada", asOf}
)

// must returns the first value of a call that does not fail here.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func open(t testing.TB, name string) *mlcore.Model {
	t.Helper()
	model, err := mlcore.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { model.Close() })
	return model
}

func newContext(t testing.TB, model *mlcore.Model, output mlcore.Output) *mlcore.Context {
	t.Helper()
	context, err := model.NewContext(mlcore.ContextOptions{Output: output})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { context.Close() })
	return context
}

func rowsOf(t testing.TB, layout *mlcore.Layout, orders ...orderRow) *mlcore.Rows {
	t.Helper()
	rows := mlcore.NewRows(layout)
	for i := range orders {
		if err := rows.Append(&orders[i]); err != nil {
			t.Fatal(err)
		}
	}
	return rows
}

// filled returns a state of three orders.
func filled(t testing.TB, model *mlcore.Model) *mlcore.State {
	t.Helper()
	state, err := mlcore.NewState(model.Features(), mlcore.StateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { state.Close() })
	report, err := state.Ingest("orders", rowsOf(t, orders(t, model), three...))
	if err != nil || report.Accepted != 3 {
		t.Fatal(report, err)
	}
	return state
}

func orders(t testing.TB, model *mlcore.Model) *mlcore.Layout {
	t.Helper()
	layout, err := model.Features().Stream("orders")
	if err != nil {
		t.Fatal(err)
	}
	return layout
}

// checkRefused holds an error to its code, reason and column (-1: none).
func checkRefused(t testing.TB, err error, code mlcore.Code, reason mlcore.Reason, column int) {
	t.Helper()
	var refusal *mlcore.Error
	if !errors.As(err, &refusal) {
		t.Fatalf("expected %s/%s, found %v", code, reason, err)
	}
	if refusal.Code != code || refusal.Reason != reason || refusal.Column != column {
		t.Errorf("expected %s/%s in column %d, found column %d: %v", code, reason, column,
			refusal.Column, err)
	}
	if refusal.Message == "" {
		t.Error("the message is empty")
	}
}

func checkClosed(t testing.TB, err error) {
	t.Helper()
	checkRefused(t, err, mlcore.FailedPrecondition, mlcore.ReasonClosedHandle, -1)
}

// checkBits holds values to others, bit for bit.
func checkBits(t testing.TB, got []float64, err error, expected ...float64) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	same := len(got) == len(expected)
	for i := range got {
		same = same && math.Float64bits(got[i]) == math.Float64bits(expected[i])
	}
	if !same {
		t.Errorf("expected %x, found %x", expected, got)
	}
}

func pointerTo[T any](value T) *T { return &value }
