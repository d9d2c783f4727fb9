// SPDX-License-Identifier: Apache-2.0

package mlcore_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/mlcore/mlcore-go"
)

// parityRow is a ROW: tagged values by name, or {"packed": "hex"}.
type parityRow map[string]json.RawMessage

// native makes the Go value of a tagged one, as {"i64": "-5"}.
func native(tagged json.RawMessage) (any, error) {
	var value map[string]json.RawMessage
	if err := json.Unmarshal(tagged, &value); err != nil || len(value) != 1 {
		return nil, fmt.Errorf("%s is no tagged value: %v", tagged, err)
	}
	for tag, content := range value {
		switch tag {
		case "null":
			return nil, nil
		case "bool":
			var claim bool
			err := json.Unmarshal(content, &claim)
			return claim, err
		case "utf16":
			var units []uint16
			err := json.Unmarshal(content, &units)
			return surrogates(units), err
		}
		var text string
		if err := json.Unmarshal(content, &text); err != nil {
			return nil, err
		}
		return nativeOfText(tag, text)
	}
	return nil, nil
}

func nativeOfText(tag, text string) (any, error) {
	switch tag {
	case "string":
		return text, nil
	case "f64":
		return double(text)
	case "i64":
		if number, err := strconv.ParseInt(text, 10, 64); err == nil {
			return number, nil
		}
		return strconv.ParseUint(text, 10, 64)
	case "micros":
		return instant(text)
	case "duration":
		return length(text)
	}
	return nil, fmt.Errorf("no tag %q", tag)
}

// surrogates writes a lone one as UTF-8 would if it could: a Go string holds no other.
func surrogates(units []uint16) string {
	var text []byte
	for i := 0; i < len(units); i++ {
		unit := units[i]
		if !utf16.IsSurrogate(rune(unit)) {
			text = utf8.AppendRune(text, rune(unit))
		} else if i+1 < len(units) && utf16.DecodeRune(rune(unit), rune(units[i+1])) != utf8.RuneError {
			text = utf8.AppendRune(text, utf16.DecodeRune(rune(unit), rune(units[i+1])))
			i++
		} else {
			text = append(text, 0xe0|byte(unit>>12), 0x80|byte(unit>>6&0x3f), 0x80|byte(unit&0x3f))
		}
	}
	return string(text)
}

func instant(micros string) (time.Time, error) {
	number, err := strconv.ParseInt(micros, 10, 64)
	return time.UnixMicro(number), err
}

func length(micros string) (time.Duration, error) {
	number, err := strconv.ParseInt(micros, 10, 64)
	duration := time.Duration(number) * time.Microsecond
	if err == nil && duration.Microseconds() != number {
		err = fmt.Errorf("%s µs are no time.Duration", micros)
	}
	return duration, err
}

func double(digits string) (float64, error) {
	bits, err := strconv.ParseUint(digits, 16, 64)
	return math.Float64frombits(bits), err
}

func doubles(digits []string) ([]float64, error) {
	values := make([]float64, len(digits))
	for i := range digits {
		var err error
		if values[i], err = double(digits[i]); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func narrowed(values []float64) []float32 {
	narrow := make([]float32, len(values))
	for i, value := range values {
		narrow[i] = float32(value)
	}
	return narrow
}

// toGo makes what a program would pass for a row: a map, a struct with tags, or packed bytes.
func (row parityRow) toGo(asStruct bool) (any, error) {
	if digits, is := row["packed"]; is {
		var text string
		if err := json.Unmarshal(digits, &text); err != nil {
			return nil, err
		}
		bytes, err := hex.DecodeString(text)
		return mlcore.Row(bytes), err
	}
	values := map[string]any{}
	for name, tagged := range row {
		var err error
		if values[name], err = native(tagged); err != nil {
			return nil, err
		}
	}
	if asStruct {
		return structOf(values), nil
	}
	return values, nil
}

// structOf makes a pointer to a struct of a type of its own.
func structOf(values map[string]any) any {
	var fields []reflect.StructField
	var held []any
	for name, value := range values {
		kind := reflect.TypeOf(value)
		if value == nil {
			kind = reflect.TypeOf((*int)(nil))
		}
		fields = append(fields, reflect.StructField{Name: fmt.Sprint("F", len(fields)), Type: kind,
			Tag: reflect.StructTag("mlcore:" + strconv.Quote(name))})
		held = append(held, value)
	}
	made := reflect.New(reflect.StructOf(fields))
	for i, value := range held {
		if value != nil {
			made.Elem().Field(i).Set(reflect.ValueOf(value))
		}
	}
	return made.Interface()
}
