// SPDX-License-Identifier: Apache-2.0

package mlcore_test

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mlcore/mlcore-go"
)

// collect lets finalizers run, those of objects that other finalizers let go too.
func collect() {
	for i := 0; i < 3; i++ {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
}

func TestUseAfterCloseIsAnError(t *testing.T) {
	model := must(mlcore.Open("shop.mlc"))
	state, events := filled(t, model), rowsOf(t, orders(t, model), three[:2]...)
	context := newContext(t, model, mlcore.OutputFeatures)
	layout, row := model.Features().Request(), packed(t, model.Features().Request(), request)
	out := must(context.PredictAt(state, request))
	state.Close()
	checkClosed(t, second(context.PredictAt(state, request)))
	checkClosed(t, second(context.PredictBatchAt(state, mlcore.NewRows(layout))))
	checkClosed(t, second(state.Ingest("orders", events)))
	checkClosed(t, second(state.Snapshot()))
	checkClosed(t, second(state.EventCount()))
	checkClosed(t, second(state.SourceOffset("p0")))
	checkClosed(t, state.Expire(day))
	checkClosed(t, second(model.Features().Compute(state, mlcore.NewRows(layout))))

	context.Close()
	checkClosed(t, second(context.Predict(request)))
	checkClosed(t, second(context.PredictPacked(row)))
	checkClosed(t, second(context.PredictNumbers([]float64{1})))
	checkClosed(t, second(context.PredictNumbers32(nil)))
	checkClosed(t, second(context.PredictEvents(request, events)))
	checkClosed(t, second(context.PredictBatch(0, nil)))
	if out[0] != 1 || out[1] != 29.75 {
		t.Error("the last result is gone")
	}

	kept := newContext(t, model, mlcore.OutputFeatures)
	model.Close()
	checkClosed(t, second(model.NewContext(mlcore.ContextOptions{})))
	checkClosed(t, second(model.Describe()))
	checkClosed(t, second(model.OutputCount(0)))
	checkClosed(t, second(model.Margins(0, nil)))
	checkClosed(t, second(layout.FromJSON([]byte("{}"))))
	checkClosed(t, layout.Check(row))
	checkClosed(t, second(mlcore.NewState(model.Features(), mlcore.StateOptions{})))
	again, err := kept.PredictEvents(request, events)
	checkBits(t, again, err, 1, 29.75)
	for i := 0; i < 2; i++ {
		for _, err := range []error{model.Close(), context.Close(), state.Close(), kept.Close()} {
			if err != nil {
				t.Error(err)
			}
		}
	}

	features := must(mlcore.ParseFeatures(typed))
	features.Close()
	features.Close()
	checkClosed(t, second(features.Compute(nil, mlcore.NewRows(features.Request()))))
	checkClosed(t, second(features.Stream("orders")))
}

// blocking is a value whose Value method runs in the middle of a call.
type blocking struct{ during func() }

func (b blocking) Value() (driver.Value, error) { b.during(); return int64(29), nil }

func TestASecondCallOnAContextIsRefused(t *testing.T) {
	context := newContext(t, open(t, "loan.mlc"), mlcore.OutputMargin)
	var errs []error
	during := blocking{func() {
		errs = []error{second(context.PredictNumbers([]float64{29, 1, 4})), second(context.PredictBatch(0, nil)), context.Close()}
	}}
	out, err := context.Predict(map[string]any{"age": during, "debt": 1, "income": 4})
	checkBits(t, out, err, 1.375)
	for _, err := range errs {
		checkRefused(t, err, mlcore.FailedPrecondition, mlcore.ReasonHandleInUse, -1)
	}
	if len(errs) != 3 {
		t.Error("the value was not asked")
	}
}

func TestAPanicInAValueLeavesTheContextUsable(t *testing.T) {
	context := newContext(t, open(t, "loan.mlc"), mlcore.OutputMargin)
	func() {
		defer func() {
			if recover() != "as a method may" {
				t.Error("the panic is another one")
			}
		}()
		context.Predict(map[string]any{"age": 29, "debt": panicking{}, "income": 4})
	}()
	out, err := context.PredictNumbers([]float64{29, 1, 4})
	checkBits(t, out, err, 1.375)
}

func TestGoroutinesThatShareAContextGetErrorsOrTheRightBits(t *testing.T) {
	context := newContext(t, open(t, "loan.mlc"), mlcore.OutputMargin)
	var right, refused atomic.Int64
	var group sync.WaitGroup
	for i := 0; i < 4; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for j := 0; j < 2000; j++ {
				// The result is the context's, so only a batch's may be read here.
				out, err := context.PredictBatch(1, []float64{29, 1, 4})
				if err == nil && out[0] == 1.375 {
					right.Add(1)
				} else if errors.Is(err, mlcore.FailedPrecondition) {
					refused.Add(1)
				}
			}
		}()
	}
	group.Wait()
	if right.Load() == 0 || right.Load()+refused.Load() != 8000 {
		t.Error(right.Load(), refused.Load())
	}
}

func TestHandlesMayBeClosedBesideCalls(t *testing.T) {
	for round := 0; round < 20; round++ {
		model := must(mlcore.Open("shop.mlc"))
		state := filled(t, model)
		events := rowsOf(t, orders(t, model), three...)
		pool := must(mlcore.NewPool(model, mlcore.ContextOptions{Output: mlcore.OutputFeatures}))
		var group sync.WaitGroup
		for i := 0; i < 4; i++ {
			group.Add(1)
			go func() {
				defer group.Done()
				for {
					err := pool.With(func(context *mlcore.Context) error {
						if _, err := context.PredictAt(state, request); err != nil {
							return err
						}
						_, err := state.IngestFrom("orders", events, "p", 0)
						return err
					})
					if err != nil {
						if !errors.Is(err, mlcore.ReasonClosedHandle) {
							t.Error(err)
						}
						return
					}
				}
			}()
		}
		time.Sleep(time.Millisecond)
		switch round % 3 {
		case 0:
			state.Close()
		case 1:
			pool.Close()
		default:
			model.Close()
			state.Close()
		}
		group.Wait()
		pool.Close()
		state.Close()
		model.Close()
	}
}

func TestThreadsMayShareModelStateAndPool(t *testing.T) {
	model := open(t, "shop.mlc")
	state := filled(t, model)
	pool := must(mlcore.NewPool(model, mlcore.ContextOptions{Output: mlcore.OutputFeatures}))
	defer pool.Close()
	var group sync.WaitGroup
	for i := 0; i < 4; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			more := rowsOf(t, orders(t, model), orderRow{"zoe", day, 0, 1})
			for j := 0; j < 200; j++ {
				if _, err := state.Ingest("orders", more); err != nil {
					t.Error(err)
				}
				err := pool.With(func(context *mlcore.Context) error {
					out, err := context.PredictAt(state, request)
					if err == nil && (out[0] != 1 || out[1] != 29.75) {
						err = fmt.Errorf("%v", out)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		}()
	}
	group.Wait()
	if count := must(state.EventCount()); count != 3+4*200 {
		t.Error(count)
	}
}

func TestAPoolTakesItsContextsBackAlsoFromAPanic(t *testing.T) {
	pool := must(mlcore.NewPool(open(t, "loan.mlc"), mlcore.ContextOptions{Output: mlcore.OutputMargin}))
	first, another := must(pool.Get()), must(pool.Get())
	if first == another {
		t.Error("one context twice")
	}
	pool.Put(first)
	pool.Put(first)
	if a, b := must(pool.Get()), must(pool.Get()); a != first || b == first {
		t.Error("a context that was given back twice lies in the pool twice")
	}
	func() {
		defer func() { recover() }()
		pool.With(func(context *mlcore.Context) error { first = context; panic("in a callback") })
	}()
	if must(pool.Get()) != first {
		t.Error("the context is lost")
	}
	foreign := newContext(t, open(t, "shop.mlc"), mlcore.OutputMargin)
	pool.Put(foreign)
	if must(pool.Get()) == foreign {
		t.Error("a context of another model lies in the pool")
	}
	failure := errors.New("of the caller")
	if err := pool.With(func(*mlcore.Context) error { return failure }); err != failure {
		t.Error(err)
	}
	pool.Close()
	pool.Put(first)
	checkClosed(t, second(first.PredictNumbers([]float64{29, 1, 4})))
	checkClosed(t, second(pool.Get()))
	checkClosed(t, pool.With(func(*mlcore.Context) error { return nil }))
	pool.Close()
	if _, err := mlcore.NewPool(open(t, "loan.mlc"), mlcore.ContextOptions{Output: 99}); !errors.Is(err, mlcore.ReasonInvalidOption) {
		t.Error(err)
	}
}

func TestCallsForOneRowAllocateNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	loan, shop := open(t, "loan.mlc"), open(t, "shop.mlc")
	state := filled(t, shop)
	context := newContext(t, loan, mlcore.OutputMargin)
	shopContext := newContext(t, shop, mlcore.OutputMargin)
	row := loanRow{29, pointerTo(1.0), 4}
	bytes, shopBytes := packed(t, loan.Features().Request(), &row), packed(t, shop.Features().Request(), request)
	events := rowsOf(t, orders(t, shop), three[:2]...)
	fields := map[string]any{"age": 29, "debt": math.Pi, "income": 4.0}
	for name, call := range map[string]func() ([]float64, error){
		"PredictNumbers":   func() ([]float64, error) { var v = [3]float64{29, 1, 4}; return context.PredictNumbers(v[:]) },
		"PredictNumbers32": func() ([]float64, error) { var v = [3]float32{29, 1, 4}; return context.PredictNumbers32(v[:]) },
		"PredictPacked":    func() ([]float64, error) { return context.PredictPacked(bytes) },
		"Predict(struct)":  func() ([]float64, error) { return context.Predict(&row) },
		"Predict(map)":     func() ([]float64, error) { return context.Predict(fields) },
		"PredictAt":        func() ([]float64, error) { return shopContext.PredictAt(state, request) },
		"PredictPackedAt":  func() ([]float64, error) { return shopContext.PredictPackedAt(state, shopBytes) },
		"PredictEvents":    func() ([]float64, error) { return shopContext.PredictEvents(request, events) },
	} {
		allocations := testing.AllocsPerRun(100, func() {
			if _, err := call(); err != nil {
				t.Fatal(err)
			}
		})
		if allocations != 0 {
			t.Errorf("%s: %v allocations", name, allocations)
		}
	}
}

func TestALongRowLeavesNoMemoryBehind(t *testing.T) {
	model := open(t, "shop.mlc")
	state, context := filled(t, model), newContext(t, model, mlcore.OutputFeatures)
	if raceDetector {
		t.Skip("the race detector keeps memory of its own")
	}
	const size = 64 << 20
	begin := resident(t)
	if _, err := context.PredictAt(state, &shopRow{strings.Repeat("a", size), asOf}); err != nil {
		t.Fatal(err)
	}
	if grown := resident(t) - begin; grown > size/2 {
		t.Errorf("%d bytes are kept", grown)
	}
	out, err := context.PredictAt(state, request)
	checkBits(t, out, err, 1, 29.75)
}

func TestLongRowsMoveIntoLargerMemory(t *testing.T) {
	model := open(t, "shop.mlc")
	state, context := filled(t, model), newContext(t, model, mlcore.OutputFeatures)
	for _, length := range []int{0, 1, 255, 256, 257, 1000, 1 << 20, 3} {
		name := string(make([]byte, length))
		out, err := context.PredictAt(state, &shopRow{name, asOf})
		checkBits(t, out, err, 0, math.Float64frombits(0x7ff8000000000000))
		out, err = context.PredictPackedAt(state, packed(t, model.Features().Request(), &shopRow{name, asOf}))
		checkBits(t, out, err, 0, math.Float64frombits(0x7ff8000000000000))
	}
	out, err := context.PredictAt(state, request)
	checkBits(t, out, err, 1, 29.75)
}
