// SPDX-License-Identifier: Apache-2.0

package mlcore

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"sort"
	"unicode/utf8"
	"unsafe"
)

const (
	bitmapAt   = 8
	longestRow = math.MaxUint32
)

// plan says where in a struct the fields of a row are.
type plan struct {
	of      reflect.Type
	sources []source
}

type source struct {
	is     reflect.Type // nil: the struct has no such field
	plain  reflect.Kind // of what load need not look at more closely
	offset uintptr
}

// appendRow packs a row behind dst. dst may end in C memory: what does not fit there is moved to Go's.
func (l *Layout) appendRow(dst []byte, row any) ([]byte, error) {
	if l.owner == nil {
		return nil, closedError("layout") // one that was not asked from Features
	}
	switch r := row.(type) {
	case nil:
		return nil, nilError("the row")
	case Row:
		return append(dst, r...), nil
	case map[string]any:
		return l.appendMap(dst, r)
	}
	v := reflect.ValueOf(row)
	switch {
	case v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.Struct:
		if v.IsNil() {
			return nil, nilError("the row")
		}
		return l.appendStruct(dst, v.Type().Elem(), v.UnsafePointer())
	case v.Kind() == reflect.Struct:
		copied := reflect.New(v.Type())
		copied.Elem().Set(v)
		return l.appendStruct(dst, v.Type(), copied.UnsafePointer())
	}
	return nil, newError(InvalidArgument, ReasonTypeMismatch,
		"a row is a struct, a map[string]any or a Row, and no %T", row)
}

func (l *Layout) appendMap(dst []byte, row map[string]any) ([]byte, error) {
	if row == nil {
		return nil, nilError("the row")
	}
	begin := len(dst)
	dst = l.begin(dst)
	used := 0
	for at := range l.fields {
		held, is := row[l.fields[at].Name]
		if !is {
			if err := l.checkAbsent(at); err != nil {
				return nil, err
			}
		} else {
			used++
		}
		v, err := valueOf(held, 0)
		if err != nil {
			return nil, l.refuseCause(at, err)
		}
		if dst, err = l.put(dst, begin, at, v, held); err != nil {
			return nil, err
		}
	}
	if used != len(row) {
		return nil, l.unknownKey(row)
	}
	return dst, nil
}

func (l *Layout) unknownKey(row map[string]any) error {
	var unknown []string
	for name := range row {
		if _, is := l.index[name]; !is {
			unknown = append(unknown, name)
		}
	}
	sort.Strings(unknown)
	return newError(InvalidArgument, ReasonUnknownColumn, "the row has no field %q", unknown[0])
}

func (l *Layout) appendStruct(dst []byte, t reflect.Type, p unsafe.Pointer) ([]byte, error) {
	planned, err := l.planOf(t)
	if err != nil {
		return nil, err
	}
	begin := len(dst)
	dst = l.begin(dst)
	for at, from := range planned.sources {
		var v value
		if from.plain != reflect.Invalid {
			v = loadPlain(from.plain, unsafe.Add(p, from.offset))
		} else if from.is != nil {
			if v, err = load(from.is, unsafe.Add(p, from.offset), 0); err != nil {
				return nil, l.refuseCause(at, err)
			}
		}
		if dst, err = l.put(dst, begin, at, v, from.is); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// planOf finds a struct's fields by their tags, once a type.
func (l *Layout) planOf(t reflect.Type) (*plan, error) {
	if latest := l.latest.Load(); latest != nil && latest.of == t {
		return latest, nil
	}
	if known, is := l.plans.Load(t); is {
		l.latest.Store(known.(*plan))
		return known.(*plan), nil
	}
	made := &plan{t, make([]source, len(l.fields))}
	if err := l.collect(made, t, 0); err != nil {
		return nil, err
	}
	found := 0
	for at := range l.fields {
		if made.sources[at].is != nil {
			found++
		} else if err := l.checkAbsent(at); err != nil {
			return nil, err
		}
	}
	if found == 0 && len(l.fields) > 0 && t.NumField() > 0 {
		return nil, newError(InvalidArgument, ReasonTypeMismatch, "%s is no row: it has no mlcore tag", t)
	}
	l.plans.Store(t, made)
	return made, nil
}

// collect adds the tagged fields of a struct, and of structs embedded in it.
func (l *Layout) collect(made *plan, t reflect.Type, offset uintptr) error {
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		name, tagged := field.Tag.Lookup("mlcore")
		if !tagged {
			if field.Anonymous && field.Type.Kind() == reflect.Struct && field.Type != timeType {
				if err := l.collect(made, field.Type, offset+field.Offset); err != nil {
					return err
				}
			} else if field.Anonymous && field.Type.Kind() == reflect.Pointer && hasTags(field.Type.Elem(), nil) {
				return newError(InvalidArgument, ReasonTypeMismatch,
					"%s embeds a pointer, %s: embed the struct itself", t, field.Type)
			}
			continue
		}
		at, known := l.index[name]
		if !known {
			return newError(InvalidArgument, ReasonUnknownColumn, "%s.%s: the row has no field %q", t,
				field.Name, name)
		}
		if !field.IsExported() {
			return l.refuse(at, ReasonTypeMismatch, "%s.%s is not exported", t, field.Name)
		}
		if made.sources[at].is != nil {
			return l.refuse(at, ReasonDuplicateColumn, "%s has two fields for it", t)
		}
		made.sources[at] = source{field.Type, plainKind(field.Type), offset + field.Offset}
	}
	return nil
}

// hasTags says whether a struct, or one that it embeds, has fields of a row.
func hasTags(t reflect.Type, outer []reflect.Type) bool {
	for _, other := range outer {
		if other == t {
			return false
		}
	}
	for i := 0; t.Kind() == reflect.Struct && i < t.NumField(); i++ {
		field := t.Field(i)
		if _, tagged := field.Tag.Lookup("mlcore"); tagged {
			return true
		}
		if field.Anonymous {
			embedded := field.Type
			if embedded.Kind() == reflect.Pointer {
				embedded = embedded.Elem()
			}
			if hasTags(embedded, append(outer, t)) {
				return true
			}
		}
	}
	return false
}

// begin adds the part of a row before its strings, all zero but for the layout's number.
func (l *Layout) begin(dst []byte) []byte {
	at := len(dst)
	if need := at + l.fixedSize; need <= cap(dst) {
		dst = dst[:need]
		fixed := dst[at:]
		for i := range fixed {
			fixed[i] = 0
		}
	} else {
		dst = append(dst, make([]byte, l.fixedSize)...)
	}
	binary.LittleEndian.PutUint64(dst[at:], l.id)
	return dst
}

// put writes one value. `from` is what it came from, or that one's type, for a message.
func (l *Layout) put(dst []byte, begin, at int, v value, from any) ([]byte, error) {
	field := &l.fields[at]
	word := v.number
	fits := false
	switch v.kind {
	case isNull:
		return l.putNull(dst, begin, at, "null")
	case isBoolean:
		fits = field.Type == Boolean
	case isInteger:
		fits = field.Type == Int64 || field.Type == Float64
		if field.Type == Float64 {
			word = math.Float64bits(float64(int64(v.number)))
		}
	case isUnsigned:
		if field.Type == Int64 {
			return nil, l.refuse(at, ReasonInvalidNumber, "%d does not fit into an i64", v.number)
		}
		fits = field.Type == Float64
		word = math.Float64bits(float64(v.number))
	case isFloat:
		fits = field.Type == Float64
		if number := math.Float64frombits(word); fits && number != number {
			return l.putNull(dst, begin, at, "NaN")
		}
	case isText:
		if field.Type == String {
			return l.putText(dst, begin, at, v.text)
		}
	case isInstant:
		fits = field.Type == Timestamp
	case isNever:
		if field.Type == Timestamp {
			return nil, l.refuse(at, ReasonInvalidTimestamp, "the year is not within 1 to 9999")
		}
	case isSpan:
		fits = field.Type == Duration
	}
	if !fits {
		return nil, l.refuse(at, ReasonTypeMismatch, "expected %s, found %s", field.Type, typeName(from))
	}
	binary.LittleEndian.PutUint64(dst[begin+int(field.slot):], word)
	return dst, nil
}

func (l *Layout) putNull(dst []byte, begin, at int, what string) ([]byte, error) {
	if !l.fields[at].Nullable {
		return nil, l.refuse(at, ReasonNullNotAllowed, "%s in a column that is not nullable", what)
	}
	dst[begin+bitmapAt+at/8] |= 1 << (at % 8)
	return dst, nil
}

func (l *Layout) putText(dst []byte, begin, at int, text string) ([]byte, error) {
	offset := len(dst) - begin
	if len(text) > longestRow-offset {
		return nil, l.refuse(at, ReasonMalformedRow, "the row is longer than 4 GiB")
	}
	if !utf8.ValidString(text) {
		return nil, l.refuse(at, ReasonInvalidUTF8, "the string is not valid UTF-8")
	}
	slot := dst[begin+int(l.fields[at].slot):]
	binary.LittleEndian.PutUint32(slot, uint32(offset))
	binary.LittleEndian.PutUint32(slot[4:], uint32(len(text)))
	return append(dst, text...), nil
}

func (l *Layout) checkAbsent(at int) error {
	if l.fields[at].Nullable {
		return nil
	}
	return l.refuse(at, ReasonMissingColumn, "no value is given")
}

func (l *Layout) refuse(at int, reason Reason, format string, arguments ...any) *Error {
	err := newError(InvalidArgument, reason, "column %q: %s", l.fields[at].Name,
		fmt.Sprintf(format, arguments...))
	err.Column = at
	return err
}

func (l *Layout) refuseCause(at int, cause error) *Error {
	err := l.refuse(at, ReasonTypeMismatch, "its Value method failed: %v", cause)
	err.cause = cause
	return err
}

func typeName(from any) string {
	if t, is := from.(reflect.Type); is {
		return t.String()
	}
	return fmt.Sprintf("%T", from)
}
