// SPDX-License-Identifier: Apache-2.0

package mlcore

// #include "shim.h"
import "C"

import "unsafe"

// PredictEvents scores one row with the events that the caller brings: for each stream of the
// definition, in its order, the events of the row's keys in any order.
// Errors: as [Context.PredictAt], but for the state; InvalidArgument with ReasonWrongWidth (a count of
// streams), ReasonMalformedRow (an event of another key) or ReasonNullPointer (nil events).
func (c *Context) PredictEvents(row any, events ...*Rows) ([]float64, error) {
	if err := c.enter(); err != nil {
		return nil, err
	}
	defer c.leave()
	if err := c.pack(row); err != nil {
		return nil, err
	}
	for _, rows := range events {
		if rows == nil {
			return nil, nilError("events")
		}
	}
	c.bound.events = c.lend(events)
	c.bound.stream_count = C.int64_t(len(events))
	return c.row(C.mlcore_go_events(c.number()))
}

// lend copies events into C memory: a table of where they are, then offsets and bytes.
func (c *Context) lend(events []*Rows) *C.mlcore_rows_t {
	size := len(events) * C.sizeof_mlcore_rows_t
	for _, rows := range events {
		size += 8*(rows.Len()+1) + (len(rows.bytes)+7)/8*8
	}
	if size > c.room || c.events == nil {
		C.free(c.events)
		c.events, c.room = nil, 0
		c.events = allocate(size)
		c.room = size
	}
	table := unsafe.Slice((*C.mlcore_rows_t)(c.events), len(events))
	at := unsafe.Add(c.events, len(events)*C.sizeof_mlcore_rows_t)
	for i, rows := range events {
		table[i].count = C.int64_t(rows.Len())
		table[i].size = C.int64_t(len(rows.bytes))
		table[i].offsets = (*C.int64_t)(at)
		offsets := unsafe.Slice((*int64)(at), rows.Len()+1)
		offsets[0] = 0
		copy(offsets, rows.offsets)
		at = unsafe.Add(at, 8*len(offsets))
		table[i].bytes = at
		copy(unsafe.Slice((*byte)(at), len(rows.bytes)), rows.bytes)
		at = unsafe.Add(at, (len(rows.bytes)+7)/8*8)
	}
	return (*C.mlcore_rows_t)(c.events)
}

// PredictBatch scores `rows` rows given as numbers, one after another, as [Context.PredictNumbers]
// scores one. The result, rows times [Context.OutputCount] values, is the caller's.
// Errors: as [Context.PredictNumbers], Row says which; InvalidArgument/ReasonInvalidLength (no whole
// rows).
func (c *Context) PredictBatch(rows int, values []float64) ([]float64, error) {
	return c.batch(rows, len(values), func(columns C.int64_t, out []float64) C.int32_t {
		return C.mlcore_predict_batch_f64(c.bound.context, (*C.double)(pointer(values)),
			C.int64_t(rows), columns, columns, (*C.double)(pointer(out)), C.int64_t(len(out)),
			&c.bound.error)
	})
}

// PredictBatch32 is [Context.PredictBatch] of float32 numbers.
func (c *Context) PredictBatch32(rows int, values []float32) ([]float64, error) {
	return c.batch(rows, len(values), func(columns C.int64_t, out []float64) C.int32_t {
		return C.mlcore_predict_batch_f32(c.bound.context, (*C.float)(pointer(values)),
			C.int64_t(rows), columns, columns, (*C.double)(pointer(out)), C.int64_t(len(out)),
			&c.bound.error)
	})
}

func (c *Context) batch(rows, count int, call func(C.int64_t, []float64) C.int32_t) ([]float64, error) {
	if err := c.enter(); err != nil {
		return nil, err
	}
	defer c.leave()
	columns, out, err := matrix(rows, count, len(c.layout.fields), len(c.out))
	if err != nil {
		return nil, err
	}
	if code := call(C.int64_t(columns), out); code != C.MLCORE_OK {
		return nil, result(code, &c.bound.error)
	}
	return out, nil
}

// PredictBatchAt scores many packed rows, the events of their keys taken from a state, which is nil for a
// definition without streams. The result, rows times [Context.OutputCount] values, is the caller's.
// Errors: as [Context.PredictAt], Row says which; FailedPrecondition/ReasonNeedsState.
func (c *Context) PredictBatchAt(state *State, requests *Rows) ([]float64, error) {
	if err := c.enter(); err != nil {
		return nil, err
	}
	defer c.leave()
	if requests == nil {
		return nil, nilError("requests")
	}
	var events *C.mlcore_state_t
	if state != nil {
		if err := state.enter(); err != nil {
			return nil, err
		}
		defer state.owner.leave()
		events = state.handle
	}
	out := make([]float64, requests.Len()*len(c.out))
	code := C.mlcore_go_batch_at(c.bound.context, events, (*C.char)(pointer(requests.bytes)),
		C.int64_t(len(requests.bytes)), requests.begin(), C.int64_t(requests.Len()),
		(*C.double)(pointer(out)), C.int64_t(len(out)), &c.bound.error)
	if code != C.MLCORE_OK {
		return nil, result(code, &c.bound.error)
	}
	return out, nil
}
