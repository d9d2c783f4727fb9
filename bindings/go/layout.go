// SPDX-License-Identifier: Apache-2.0

package mlcore

// #include "shim.h"
import "C"

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// Type is the type of a field.
type Type int32

// The types of a field.
const (
	Boolean   Type = C.MLCORE_TYPE_BOOLEAN
	Int64     Type = C.MLCORE_TYPE_I64
	Float64   Type = C.MLCORE_TYPE_F64
	String    Type = C.MLCORE_TYPE_STRING
	Timestamp Type = C.MLCORE_TYPE_TIMESTAMP
	Duration  Type = C.MLCORE_TYPE_DURATION
)

// String returns the type's name in a definition, as "f64".
func (t Type) String() string {
	switch t {
	case Boolean:
		return "bool"
	case Int64:
		return "i64"
	case Float64:
		return "f64"
	case String:
		return "string"
	case Timestamp:
		return "timestamp"
	case Duration:
		return "duration"
	}
	return "unknown"
}

// Field is one field of a row.
type Field struct {
	Name     string
	Type     Type
	Nullable bool
	slot     int64
}

// Row is one packed row: the bytes that [Layout.Pack] or [Layout.FromJSON] made.
type Row []byte

// Layout says what a row is made of: the names, types and order of its fields. It is immutable, may be
// shared between goroutines, and belongs to a [Model] or a [Features].
type Layout struct {
	owner     *owner
	handle    *C.mlcore_layout_t
	id        uint64
	fixedSize int
	fields    []Field
	index     map[string]int
	plans     sync.Map // reflect.Type of a struct to *plan
	latest    atomic.Pointer[plan]
}

// newLayout asks for all there is to know; the owner is in use.
func newLayout(o *owner, handle *C.mlcore_layout_t) (*Layout, error) {
	var e cError
	var id C.uint64_t
	var size, count C.int64_t
	if err := result(C.mlcore_layout_id(handle, &id, e.ready()), &e.c); err != nil {
		return nil, err
	}
	if err := result(C.mlcore_layout_fixed_size(handle, &size, e.ready()), &e.c); err != nil {
		return nil, err
	}
	if err := result(C.mlcore_layout_field_count(handle, &count, e.ready()), &e.c); err != nil {
		return nil, err
	}
	l := &Layout{owner: o, handle: handle, id: uint64(id), fixedSize: int(size),
		fields: make([]Field, count), index: make(map[string]int, count)}
	for i := range l.fields {
		var f C.mlcore_field_t
		f.struct_size = C.sizeof_mlcore_field_t
		if err := result(C.mlcore_layout_field(handle, C.int64_t(i), &f, e.ready()), &e.c); err != nil {
			return nil, err
		}
		name := goString(f.name, f.name_length)
		l.fields[i] = Field{Name: name, Type: Type(f._type), Nullable: f.nullable != 0,
			slot: int64(f.slot_offset)}
		l.index[name] = i
	}
	return l, nil
}

// ID returns the number that every row of this layout begins with; 0 for nil.
func (l *Layout) ID() uint64 {
	if l == nil {
		return 0
	}
	return l.id
}

// Fields returns the fields in their order; none for nil.
func (l *Layout) Fields() []Field {
	if l == nil {
		return nil
	}
	return append([]Field(nil), l.fields...)
}

// Pack makes a row of a pointer to a struct, a struct, or a map[string]any; see the package's
// comment. A [Row] is copied as it is.
// Errors: InvalidArgument with ReasonMissingColumn, ReasonUnknownColumn, ReasonDuplicateColumn,
// ReasonTypeMismatch, ReasonNullNotAllowed, ReasonInvalidUTF8, ReasonInvalidNumber,
// ReasonInvalidTimestamp, ReasonMalformedRow (more than 4 GiB) or ReasonNullPointer (nil). Column says
// which.
func (l *Layout) Pack(row any) (Row, error) {
	if l == nil {
		return nil, nilError("the layout")
	}
	return l.appendRow(make(Row, 0, l.fixedSize+64), row)
}

// FromJSON makes a row of one JSON object, whose members are the fields in any order. A timestamp is a
// string: YYYY-MM-DD, or RFC 3339 with an offset.
// Errors: InvalidArgument with ReasonMalformedJSON, ReasonMissingColumn, ReasonUnknownColumn,
// ReasonTypeMismatch, ReasonNullNotAllowed, ReasonInvalidTimestamp, ReasonInvalidNumber or
// ReasonInvalidUTF8; FailedPrecondition/ReasonClosedHandle.
func (l *Layout) FromJSON(json []byte) (Row, error) {
	if l == nil {
		return nil, nilError("the layout")
	}
	if err := l.owner.enter(); err != nil {
		return nil, err
	}
	defer l.owner.leave()
	row := make(Row, l.fixedSize+len(json)) // no string is longer than its JSON
	var e cError
	var needed C.int64_t
	err := result(C.mlcore_row_from_json(l.handle, (*C.char)(pointer(json)), C.int64_t(len(json)),
		pointer(row), C.int64_t(len(row)), &needed, e.ready()), &e.c)
	if err != nil {
		return nil, err
	}
	return row[:needed:needed], nil
}

// Check says whether the bytes are a row of this layout. Every call that takes a row does it.
// Errors: InvalidArgument with ReasonLayoutMismatch, ReasonMalformedRow, ReasonNullNotAllowed,
// ReasonInvalidUTF8 or ReasonInvalidTimestamp; FailedPrecondition/ReasonClosedHandle.
func (l *Layout) Check(row Row) error {
	if l == nil {
		return nilError("the layout")
	}
	if err := l.owner.enter(); err != nil {
		return err
	}
	defer l.owner.leave()
	var e cError
	return result(C.mlcore_go_row_check(l.handle, (*C.char)(pointer(row)), C.int64_t(len(row)), e.ready()), &e.c)
}

// Rows are packed rows of one layout, one after another. One goroutine at a time may append; any
// number may read while none appends.
type Rows struct {
	layout  *Layout
	bytes   []byte
	offsets []int64
	packing bool
}

// NewRows returns no rows of a layout.
func NewRows(layout *Layout) *Rows { return &Rows{layout: layout, offsets: []int64{0}} }

// Len returns how many rows there are.
func (r *Rows) Len() int {
	if r == nil || len(r.offsets) == 0 {
		return 0
	}
	return len(r.offsets) - 1
}

// Append packs a row and adds it. What can't be packed leaves the rows as they were.
// Errors: as [Layout.Pack]; FailedPrecondition/ReasonHandleInUse for a Value method that appends to the same rows.
func (r *Rows) Append(row any) error {
	if r == nil || r.layout == nil {
		return nilError("the rows' layout")
	}
	if r.packing {
		return newError(FailedPrecondition, ReasonHandleInUse, "another row is being appended")
	}
	r.packing = true
	defer func() { r.packing = false }()
	bytes, err := r.layout.appendRow(r.bytes[:r.offsets[r.Len()]], row)
	if err != nil {
		return err
	}
	r.bytes = bytes
	r.offsets = append(r.offsets, int64(len(bytes)))
	return nil
}

// Reset removes all rows and keeps the memory for others.
func (r *Rows) Reset() {
	if r.Len() > 0 {
		r.bytes, r.offsets = r.bytes[:0], r.offsets[:1]
	}
}

// begin returns where the offsets begin; those of no rows are one 0.
func (r *Rows) begin() *C.int64_t {
	if r.Len() == 0 {
		return (*C.int64_t)(unsafe.Pointer(&nowhere))
	}
	return (*C.int64_t)(unsafe.Pointer(&r.offsets[0]))
}

func goString(text *C.char, length C.int64_t) string {
	return string(unsafe.Slice((*byte)(unsafe.Pointer(text)), int(length)))
}
