// SPDX-License-Identifier: Apache-2.0

package mlcore

// #include "shim.h"
import "C"

import (
	"math"
	"runtime"
	"sync/atomic"
	"unsafe"
)

// Output is what a context gives.
type Output int32

// What a context gives for a row.
const (
	// After the link: probabilities, or the regressor's value.
	OutputPrediction Output = C.MLCORE_OUTPUT_PREDICTION
	// Before the link: the framework's bits.
	OutputMargin Output = C.MLCORE_OUTPUT_MARGIN
	// What the definition makes of the row.
	OutputFeatures Output = C.MLCORE_OUTPUT_FEATURES
	// The class's index, one value; not every model predicts a class.
	OutputClass Output = C.MLCORE_OUTPUT_CLASS
	// For each tree the id of the leaf that the row ends in, as the framework's file numbers the nodes.
	OutputLeaf Output = C.MLCORE_OUTPUT_LEAF
)

// ContextOptions say what a context gives; the zero value gives predictions of the whole model.
type ContextOptions struct {
	Output Output
	// The boosting rounds [IterationBegin, IterationEnd) whose trees are used, with the base margins; an
	// end of 0 is the last round.
	IterationBegin, IterationEnd int
	// How many threads a call of many rows may use, at most 256, where there are rows enough; 0 is 1. Bits
	// and errors are those of one, and a context with a monitor runs on one.
	Threads int
	// Where the context is attached, as [Monitor.Attach] does; nil: it counts nothing.
	Monitor *Monitor
}

func (o ContextOptions) toC() (C.mlcore_context_options_t, error) {
	var e cError
	var options C.mlcore_context_options_t
	err := result(C.mlcore_context_options_init(&options, C.sizeof_mlcore_context_options_t, e.ready()), &e.c)
	if err != nil {
		return options, err
	}
	for _, round := range []int{o.IterationBegin, o.IterationEnd} {
		if round < math.MinInt32 || round > math.MaxInt32 {
			return options, newError(InvalidArgument, ReasonInvalidOption, "there is no boosting round %d", round)
		}
	}
	if o.Threads < 0 || o.Threads > 256 {
		return options, newError(InvalidArgument, ReasonInvalidOption, "threads: expected 0 to 256, found %d", o.Threads)
	}
	options.threads = C.int32_t(o.Threads)
	options.output = C.int32_t(o.Output)
	options.iteration_begin = C.int32_t(o.IterationBegin)
	options.iteration_end = C.int32_t(o.IterationEnd)
	return options, nil
}

const (
	shortText = 256     // bytes of strings that a row has room for at first
	mostKept  = 1 << 20 // bytes that a context keeps between calls
)

// What a context is doing.
const (
	idle int32 = iota
	busy
	closed
)

// Context is the memory of one chain of calls. It has one call at a time, on any goroutine: a call
// beside another one is an error. A context keeps its model.
//
// Calls for one row return the same slice each time; copy what is to be kept. It is Go memory, and
// safe to read after Close. A copy of the struct is no context: its calls are refused.
type Context struct {
	self   uintptr // its address
	doing  atomic.Int32
	pool   *byte       // the mark of the Pool that made it, or nil
	pooled atomic.Bool // it lies there
	bound  *C.mlcore_go_bound_t
	layout *Layout
	out    []float64
	given  []float64 // the library's results, and its row of numbers: C memory until Close
	values []float64
	events unsafe.Pointer // C memory for the events of one row
	room   int            // its size
}

// NewContext makes a context, which goes on after the model is closed.
// Errors: InvalidArgument/ReasonInvalidOption (no such output; rounds that are none, negative or past the
// last; threads that are not 0 to 256); FailedPrecondition with ReasonInvalidOption (an output, or rounds, that this model can't give) or
// ReasonClosedHandle; with a monitor, as [Monitor.Attach].
func (m *Model) NewContext(options ContextOptions) (*Context, error) {
	given, err := options.toC()
	if err != nil {
		return nil, err
	}
	if err := m.enter(); err != nil {
		return nil, err
	}
	defer m.owner.leave()
	var e cError
	var handle *C.mlcore_context_t
	if err := result(C.mlcore_context_new(m.handle, &given, &handle, e.ready()), &e.c); err != nil {
		return nil, err
	}
	var width C.int64_t
	err = result(C.mlcore_context_output_count(handle, &width, e.ready()), &e.c)
	if err == nil && options.Monitor != nil {
		err = options.Monitor.attach(handle)
	}
	if err != nil {
		C.mlcore_context_release(handle)
		return nil, err
	}
	c := &Context{layout: m.features.request, out: make([]float64, width)}
	c.self = uintptr(unsafe.Pointer(c))
	c.bind(handle, len(c.layout.fields))
	runtime.SetFinalizer(c, (*Context).Close)
	return c, nil
}

// bind makes the memory that calls for one row use.
func (c *Context) bind(handle *C.mlcore_context_t, columns int) {
	b := (*C.mlcore_go_bound_t)(allocate(C.sizeof_mlcore_go_bound_t))
	b.context = handle
	b.error.struct_size = C.sizeof_mlcore_error_t
	b.row_capacity = C.int64_t(c.layout.fixedSize + shortText)
	b.row = (*C.char)(allocate(int(b.row_capacity)))
	b.value_count = C.int64_t(columns)
	b.values = (*C.double)(allocate(8 * columns))
	b.out_count = C.int64_t(len(c.out))
	b.out = (*C.double)(allocate(8 * len(c.out)))
	c.bound = b
	c.given = unsafe.Slice((*float64)(b.out), len(c.out))
	c.values = unsafe.Slice((*float64)(b.values), columns)
}

// enter begins a call, which leave ends.
func (c *Context) enter() error {
	if c == nil {
		return nilError("the context")
	}
	if c.self == uintptr(unsafe.Pointer(c)) {
		if c.doing.CompareAndSwap(idle, busy) {
			return nil
		}
	} else if c.bound != nil {
		return newError(FailedPrecondition, ReasonClosedHandle, "this is a copy of a context, and not the context")
	}
	if c.doing.Load() == busy {
		return newError(FailedPrecondition, ReasonHandleInUse,
			"the context is in use by another goroutine; give each its own, or use a Pool")
	}
	return closedError("context")
}

func (c *Context) leave() {
	if c.bound.row_capacity > mostKept || c.room > mostKept {
		c.shrink()
	}
	c.doing.Store(idle)
}

// shrink gives memory back that one long call has asked for.
func (c *Context) shrink() {
	b := c.bound
	C.free(unsafe.Pointer(b.row))
	b.row_capacity = C.int64_t(c.layout.fixedSize + shortText)
	b.row = (*C.char)(allocate(int(b.row_capacity)))
	C.free(c.events)
	c.events, c.room = nil, 0
}

func (c *Context) number() C.uintptr_t { return C.uintptr_t(uintptr(unsafe.Pointer(c.bound))) }

// row copies what a call for one row gave.
func (c *Context) row(code C.int32_t) ([]float64, error) {
	if code != C.MLCORE_OK {
		return nil, result(code, &c.bound.error)
	}
	copy(c.out, c.given)
	return c.out, nil
}

// pack makes the bound row.
func (c *Context) pack(row any) error {
	room := unsafe.Slice((*byte)(unsafe.Pointer(c.bound.row)), int(c.bound.row_capacity))
	packed, err := c.layout.appendRow(room[:0], row)
	if err != nil {
		return err
	}
	c.settle(packed)
	return nil
}

// settle sees to it that the packed bytes are in the bound row.
func (c *Context) settle(packed []byte) {
	b := c.bound
	b.row_size = C.int64_t(len(packed))
	if len(packed) == 0 || unsafe.Pointer(&packed[0]) == unsafe.Pointer(b.row) {
		return
	}
	if len(packed) > int(b.row_capacity) {
		C.free(unsafe.Pointer(b.row))
		b.row_capacity = C.int64_t(len(packed) + len(packed)/2)
		b.row = (*C.char)(allocate(int(b.row_capacity)))
	}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(b.row)), len(packed)), packed)
}

// OutputCount returns how many values a row gives; 0 for nil.
func (c *Context) OutputCount() int {
	if c == nil {
		return 0
	}
	return len(c.out)
}

// Predict scores one row of a definition without streams; see the package's comment on rows.
// Errors: as [Layout.Pack] and [Layout.Check]; FailedPrecondition with ReasonNeedsState,
// ReasonClosedHandle or, beside another call, ReasonHandleInUse.
func (c *Context) Predict(row any) ([]float64, error) {
	if err := c.enter(); err != nil {
		return nil, err
	}
	defer c.leave()
	if err := c.pack(row); err != nil {
		return nil, err
	}
	return c.row(C.mlcore_go_row(c.number()))
}

// PredictPacked is [Context.Predict] of a packed row. It allocates nothing.
// Errors: as [Layout.Check]; FailedPrecondition as [Context.Predict].
func (c *Context) PredictPacked(row Row) ([]float64, error) {
	if err := c.enter(); err != nil {
		return nil, err
	}
	defer c.leave()
	c.settle(row)
	return c.row(C.mlcore_go_row(c.number()))
}

// PredictNumbers scores one row given as numbers, in the order of the request's fields, where every one
// of them is a bool, i64 or f64; NaN is null. It allocates nothing.
// Errors: FailedPrecondition with ReasonNotNumeric, and as [Context.Predict]; InvalidArgument with
// ReasonWrongWidth, ReasonTypeMismatch (a fraction for an i64) or ReasonNullNotAllowed.
func (c *Context) PredictNumbers(values []float64) ([]float64, error) {
	if err := c.enter(); err != nil {
		return nil, err
	}
	defer c.leave()
	if len(values) != len(c.values) {
		return c.refuseWidth(len(values))
	}
	copy(c.values, values)
	return c.row(C.mlcore_go_f64(c.number()))
}

// PredictNumbers32 is [Context.PredictNumbers] of float32 numbers.
func (c *Context) PredictNumbers32(values []float32) ([]float64, error) {
	if err := c.enter(); err != nil {
		return nil, err
	}
	defer c.leave()
	if len(values) != len(c.values) {
		return c.refuseWidth(len(values))
	}
	copy(unsafe.Slice((*float32)(unsafe.Pointer(c.bound.values)), len(values)), values)
	return c.row(C.mlcore_go_f32(c.number()))
}

// refuseWidth lets the library say what is wrong with so many numbers: it looks at none where their count
// is wrong, so that none is copied, however many there are.
func (c *Context) refuseWidth(count int) ([]float64, error) {
	b := c.bound
	return c.row(C.mlcore_predict_f64(b.context, b.values, C.int64_t(count), b.out, b.out_count, &b.error))
}

// PredictAt scores one row, the events of its keys taken from a state.
// Errors: as [Layout.Pack] and [Layout.Check]; FailedPrecondition with ReasonStreamMismatch,
// ReasonIncompleteHistory, and as [Context.Predict]; OutOfRange/ReasonNotRetained.
func (c *Context) PredictAt(state *State, row any) ([]float64, error) {
	if err := c.enter(); err != nil {
		return nil, err
	}
	defer c.leave()
	if err := c.pack(row); err != nil {
		return nil, err
	}
	return c.at(state)
}

// PredictPackedAt is [Context.PredictAt] of a packed row. It allocates nothing.
func (c *Context) PredictPackedAt(state *State, row Row) ([]float64, error) {
	if err := c.enter(); err != nil {
		return nil, err
	}
	defer c.leave()
	c.settle(row)
	return c.at(state)
}

func (c *Context) at(state *State) ([]float64, error) {
	if err := state.enter(); err != nil {
		return nil, err
	}
	defer state.owner.leave()
	c.bound.state = state.handle
	return c.row(C.mlcore_go_at(c.number()))
}

// Close frees the context, and its model if that was closed and this was its last context. Closing
// again does nothing.
// Errors: FailedPrecondition/ReasonHandleInUse while another goroutine uses the context, which stays open.
func (c *Context) Close() error {
	if c == nil || c.bound == nil {
		return nil
	}
	if err := c.enter(); err != nil {
		if c.doing.Load() == closed {
			return nil
		}
		return err
	}
	c.doing.Store(closed)
	runtime.SetFinalizer(c, nil)
	C.mlcore_context_release(c.bound.context)
	C.free(unsafe.Pointer(c.bound.row))
	C.free(unsafe.Pointer(c.bound.values))
	C.free(unsafe.Pointer(c.bound.out))
	C.free(c.events)
	C.free(unsafe.Pointer(c.bound))
	return nil
}

// allocate returns C memory, all zero, to be freed. It never fails: C.malloc ends the program.
func allocate(size int) unsafe.Pointer {
	p := C.malloc(C.size_t(size) + 1)
	C.memset(p, 0, C.size_t(size)+1)
	return p
}
