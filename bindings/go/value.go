// SPDX-License-Identifier: Apache-2.0

package mlcore

import (
	"database/sql/driver"
	"math"
	"reflect"
	"time"
	"unsafe"
)

// valueKind is what a Go value is to a row.
type valueKind uint8

const (
	isNull valueKind = iota
	isBoolean
	isInteger  // number is an int64
	isUnsigned // number is above the greatest int64
	isFloat    // number is the bits of a float64
	isText
	isInstant // number is microseconds
	isNever   // an instant whose year is not 1 to 9999
	isSpan    // number is microseconds
	isOther   // nothing that a row takes
)

// value is a Go value on its way into a row.
type value struct {
	kind   valueKind
	number uint64
	text   string
}

var (
	timeType     = reflect.TypeOf(time.Time{})
	durationType = reflect.TypeOf(time.Duration(0))
	valuerType   = reflect.TypeOf((*driver.Valuer)(nil)).Elem()

	firstSecond = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	endSecond   = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
)

func integer(number int64) value { return value{kind: isInteger, number: uint64(number)} }

func float(number float64) value { return value{kind: isFloat, number: math.Float64bits(number)} }

func boolean(claim bool) value {
	if claim {
		return value{kind: isBoolean, number: 1}
	}
	return value{kind: isBoolean}
}

func unsigned(number uint64) value {
	if number > math.MaxInt64 {
		return value{kind: isUnsigned, number: number}
	}
	return integer(int64(number))
}

// instant floors to a microsecond: a Time's nanoseconds count upwards from its second.
func instant(t time.Time) value {
	if second := t.Unix(); second < firstSecond || second >= endSecond {
		return value{kind: isNever}
	}
	return value{kind: isInstant, number: uint64(t.UnixMicro())}
}

func span(d time.Duration) value {
	micros := d / time.Microsecond
	if d%time.Microsecond < 0 {
		micros--
	}
	return value{kind: isSpan, number: uint64(micros)}
}

// deepest is how many pointers and interfaces are followed; some lead to themselves.
const deepest = 8

// load reads the value of a type at `p`. It allocates only for interfaces, and for types that say
// themselves what they are.
func load(t reflect.Type, p unsafe.Pointer, depth int) (value, error) {
	switch t {
	case timeType:
		return instant(*(*time.Time)(p)), nil
	case durationType:
		return span(*(*time.Duration)(p)), nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		target := *(*unsafe.Pointer)(p)
		if target == nil {
			return value{}, nil
		}
		if depth == deepest {
			return value{kind: isOther}, nil
		}
		return load(t.Elem(), target, depth+1)
	case reflect.Interface:
		return valueOf(reflect.NewAt(t, p).Elem().Interface(), depth)
	}
	if reflect.PointerTo(t).Implements(valuerType) { // with a method of the type or of its pointer
		return valueOfValuer(reflect.NewAt(t, p).Interface().(driver.Valuer))
	}
	return loadPlain(t.Kind(), p), nil
}

// plainKind returns the kind of a type whose values loadPlain reads, or Invalid.
func plainKind(t reflect.Type) reflect.Kind {
	if t == timeType || t == durationType || t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface ||
		reflect.PointerTo(t).Implements(valuerType) {
		return reflect.Invalid
	}
	return t.Kind()
}

func loadPlain(kind reflect.Kind, p unsafe.Pointer) value {
	switch kind {
	case reflect.Bool:
		return boolean(*(*bool)(p))
	case reflect.Int:
		return integer(int64(*(*int)(p)))
	case reflect.Int8:
		return integer(int64(*(*int8)(p)))
	case reflect.Int16:
		return integer(int64(*(*int16)(p)))
	case reflect.Int32:
		return integer(int64(*(*int32)(p)))
	case reflect.Int64:
		return integer(*(*int64)(p))
	case reflect.Uint:
		return unsigned(uint64(*(*uint)(p)))
	case reflect.Uint8:
		return integer(int64(*(*uint8)(p)))
	case reflect.Uint16:
		return integer(int64(*(*uint16)(p)))
	case reflect.Uint32:
		return integer(int64(*(*uint32)(p)))
	case reflect.Uint64:
		return unsigned(*(*uint64)(p))
	case reflect.Float32:
		return float(float64(*(*float32)(p)))
	case reflect.Float64:
		return float(*(*float64)(p))
	case reflect.String:
		return value{kind: isText, text: *(*string)(p)}
	}
	return value{kind: isOther}
}

// valueOf reads what an interface holds: the usual types at once, others by reflection.
func valueOf(held any, depth int) (value, error) {
	switch v := held.(type) {
	case nil:
		return value{}, nil
	case bool:
		return boolean(v), nil
	case int:
		return integer(int64(v)), nil
	case int64:
		return integer(v), nil
	case float64:
		return float(v), nil
	case string:
		return value{kind: isText, text: v}, nil
	case time.Time:
		return instant(v), nil
	case time.Duration:
		return span(v), nil
	}
	v := reflect.ValueOf(held)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return value{}, nil
		}
		if depth == deepest {
			return value{kind: isOther}, nil
		}
		return load(v.Type().Elem(), v.UnsafePointer(), depth+1)
	}
	if valuer, is := held.(driver.Valuer); is {
		return valueOfValuer(valuer)
	}
	copied := reflect.New(v.Type())
	copied.Elem().Set(v)
	return load(v.Type(), copied.UnsafePointer(), depth)
}

// valueOfValuer takes what database/sql takes, but for bytes.
func valueOfValuer(valuer driver.Valuer) (value, error) {
	held, err := valuer.Value()
	if err != nil {
		return value{}, err
	}
	switch v := held.(type) {
	case nil:
		return value{}, nil
	case bool:
		return boolean(v), nil
	case int64:
		return integer(v), nil
	case float64:
		return float(v), nil
	case string:
		return value{kind: isText, text: v}, nil
	case time.Time:
		return instant(v), nil
	}
	return value{kind: isOther}, nil
}
