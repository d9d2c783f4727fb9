// SPDX-License-Identifier: Apache-2.0

package mlcore_test

import (
	"database/sql/driver"
	"os"
	"reflect"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/mlcore/mlcore-go"
)

// Go looks for pointers in all of an object that it shows to C as a void*, also where a slice is shown.
func TestBytesMayBePartOfAnObjectWithPointers(t *testing.T) {
	type holder struct {
		other  *holder
		memory [1 << 16]byte
	}
	held := &holder{other: &holder{}}
	hold := func(bytes []byte) []byte { return held.memory[:copy(held.memory[:], bytes)] }
	model, err := mlcore.OpenBytes(hold(must(os.ReadFile("shop.mlc"))))
	if err != nil {
		t.Fatal(err)
	}
	layout := orders(t, model)
	if err := layout.Check(hold(packed(t, layout, three[0]))); err != nil {
		t.Error(err)
	}
	snapshot := must(filled(t, model).Snapshot())
	restored, err := mlcore.RestoreState(model.Features(), hold(snapshot), mlcore.StateOptions{})
	if err != nil || must(restored.EventCount()) != 3 {
		t.Error(err)
	}
}

func TestAPoolThatIsForgottenIsCollected(t *testing.T) {
	model := open(t, "loan.mlc")
	collected := make(chan struct{}, 1)
	func() {
		pool := must(mlcore.NewPool(model, mlcore.ContextOptions{}))
		runtime.SetFinalizer(pool, func(*mlcore.Pool) { collected <- struct{}{} })
	}()
	for i := 0; i < 100; i++ {
		runtime.GC()
		select {
		case <-collected:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Error("the pool and its contexts are still there")
}

func TestACopyOfAContextIsRefused(t *testing.T) {
	context := newContext(t, open(t, "loan.mlc"), mlcore.OutputMargin)
	made := reflect.New(reflect.TypeOf(context).Elem())
	made.Elem().Set(reflect.ValueOf(context).Elem())
	copied := made.Interface().(*mlcore.Context)
	checkClosed(t, second(copied.PredictNumbers([]float64{29, 1, 4})))
	checkClosed(t, copied.Close())
	out, err := context.PredictNumbers([]float64{29, 1, 4})
	checkBits(t, out, err, 1.375)
	context.Close()
	checkClosed(t, second(copied.PredictNumbers([]float64{29, 1, 4})))
}

func TestNilHandlesSayNothing(t *testing.T) {
	var model *mlcore.Model
	var features *mlcore.Features
	var layout *mlcore.Layout
	if model.Name()+model.Digest()+features.Text()+features.Fingerprint() != "" || model.Features() != nil || model.Version() != 0 ||
		features.Names() != nil || features.Streams() != nil || features.Request() != nil || layout.ID() != 0 ||
		layout.Fields() != nil || (*mlcore.Context)(nil).OutputCount() != 0 {
		t.Error("nil has a value")
	}
	_, err := mlcore.NewState(model.Features(), mlcore.StateOptions{})
	checkRefused(t, err, mlcore.InvalidArgument, mlcore.ReasonNullPointer, -1)
	_, err = new(mlcore.Layout).Pack(map[string]any{})
	checkClosed(t, err)
}

type Inner struct {
	A float64 `mlcore:"a"`
}

type recursive struct {
	*recursive
	Untagged int
	B        float64 `mlcore:"b"`
}

// Where every field may be null, what is overlooked in a struct would be a null that nobody sees.
func TestAStructWhoseValuesWouldBeOverlookedIsRefused(t *testing.T) {
	features := must(mlcore.ParseFeatures(
		"features f version 1\ninput a: f64?\ninput b: f64?\ny = a\nz = b\noutput [y, z]"))
	layout := features.Request()
	for _, row := range []any{
		struct{ A float64 }{1}, time.Now(), &struct {
			A float64 `json:"a"`
		}{1},
		&struct {
			*Inner
			B float64 `mlcore:"b"`
		}{&Inner{1}, 2},
		&struct {
			*recursive
		}{},
	} {
		_, err := layout.Pack(row)
		checkRefused(t, err, mlcore.InvalidArgument, mlcore.ReasonTypeMismatch, -1)
	}
	for _, row := range []any{map[string]any{}, struct{}{}, &struct{ Inner }{}, &struct {
		*time.Location
		B int `mlcore:"b"`
	}{}} {
		if _, err := layout.Pack(row); err != nil {
			t.Error(err)
		}
	}
}

type calling struct{ during func() }

func (c calling) Value() (driver.Value, error) { c.during(); return 1.5, nil }

func TestAValueThatAppendsToTheSameRowsIsRefused(t *testing.T) {
	rows := mlcore.NewRows(open(t, "loan.mlc").Features().Request())
	row := loanRow{Age: 1, Income: 2}
	for i := 0; i < 4; i++ {
		rows.Append(&row)
	}
	rows.Reset()
	var within error
	err := rows.Append(map[string]any{"age": 1, "income": calling{func() { within = rows.Append(&row) }}})
	checkRefused(t, within, mlcore.FailedPrecondition, mlcore.ReasonHandleInUse, -1)
	if err != nil || rows.Len() != 1 || rows.Append(&row) != nil {
		t.Error(rows.Len(), err)
	}
}

func TestManyMoreNumbersThanFieldsAreNotCopied(t *testing.T) {
	const size = 1 << 40 // bytes, that no machine has
	memory, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	if err != nil {
		t.Skip("no address space:", err)
	}
	defer syscall.Munmap(memory)
	context := newContext(t, open(t, "loan.mlc"), mlcore.OutputMargin)
	_, err = context.PredictNumbers(unsafe.Slice((*float64)(unsafe.Pointer(&memory[0])), size/8))
	checkRefused(t, err, mlcore.InvalidArgument, mlcore.ReasonWrongWidth, -1)
	_, err = context.PredictNumbers32(unsafe.Slice((*float32)(unsafe.Pointer(&memory[0])), size/4))
	checkRefused(t, err, mlcore.InvalidArgument, mlcore.ReasonWrongWidth, -1)
}
