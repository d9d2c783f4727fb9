// SPDX-License-Identifier: Apache-2.0

package mlcore_test

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/mlcore/mlcore-go"
)

// typed has a field of every type.
const typed = `features typed version 1
input flag: bool
input count: i64
input ratio: f64?
input name: string?
input at: timestamp
input wait: duration?
x = if(flag, count, 0)
output [x]
`

func typedLayout(t testing.TB) *mlcore.Layout {
	t.Helper()
	features, err := mlcore.ParseFeatures(typed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { features.Close() })
	return features.Request()
}

// values returns a good row, changed.
func values(changes ...any) map[string]any {
	row := map[string]any{"flag": true, "count": 3, "at": day}
	for i := 0; i < len(changes); i += 2 {
		row[changes[i].(string)] = changes[i+1]
	}
	return row
}

func packed(t testing.TB, layout *mlcore.Layout, row any) mlcore.Row {
	t.Helper()
	made, err := layout.Pack(row)
	if err != nil {
		t.Fatal(err)
	}
	if err := layout.Check(made); err != nil {
		t.Fatal(err)
	}
	return made
}

func TestFieldsHaveNameTypeAndNullability(t *testing.T) {
	fields := open(t, "loan.mlc").Features().Request().Fields()
	names := []string{"age", "debt", "income"}
	types := []mlcore.Type{mlcore.Int64, mlcore.Float64, mlcore.Float64}
	for i, field := range fields {
		if field.Name != names[i] || field.Type != types[i] || field.Nullable != (i == 1) {
			t.Errorf("field %d is %+v", i, field)
		}
	}
	fields[0].Name = "changed"
	if len(fields) != 3 || open(t, "loan.mlc").Features().Request().Fields()[0].Name != "age" {
		t.Error("the fields are not a copy of three")
	}
}

func TestAPackedRowIsTheRowThatTheLibraryMakesOfJSON(t *testing.T) {
	layout := orders(t, open(t, "shop.mlc"))
	json := `{"customer": "Zo\u00eb\u0000", "at": "1998-01-01T01:00:00.000001+01:00", "cds": -3, "amount": 1e-300}`
	expected := must(layout.FromJSON([]byte(json)))
	at := time.Date(1998, 1, 1, 1, 0, 0, 1999, time.FixedZone("", 3600)) // floors to a microsecond
	row := orderRow{"Zoë\x00", at, -3, 1e-300}
	for what, given := range map[string]any{
		"a pointer to a struct": &row, "a struct": row, "a packed row": expected,
		"a map": map[string]any{"customer": row.Customer, "at": at, "cds": -3, "amount": 1e-300},
	} {
		if !bytes.Equal(packed(t, layout, given), expected) {
			t.Errorf("%s is another row", what)
		}
	}
}

func TestEveryGoTypeThatAFieldTakes(t *testing.T) {
	type (
		truth  bool
		number uint16
		real   float32
		text   string
	)
	layout := typedLayout(t)
	expected := packed(t, layout, values("ratio", 0.5, "name", "ada", "wait", time.Second))
	var nested any = pointerTo(any(pointerTo(3)))
	for _, changes := range [][]any{
		{"flag", truth(true)}, {"flag", pointerTo(true)}, {"flag", sql.NullBool{Bool: true, Valid: true}},
		{"count", int8(3)}, {"count", int16(3)}, {"count", int32(3)}, {"count", int64(3)}, {"count", uint(3)},
		{"count", uint8(3)}, {"count", number(3)}, {"count", uint32(3)}, {"count", uint64(3)}, {"count", nested},
		{"count", &sql.NullInt64{Int64: 3, Valid: true}},
		{"ratio", float32(0.5)}, {"ratio", real(0.5)}, {"ratio", sql.NullFloat64{Float64: 0.5, Valid: true}},
		{"name", text("ada")}, {"name", pointerTo("ada")}, {"name", sql.NullString{String: "ada", Valid: true}},
		{"at", pointerTo(day)}, {"at", day.In(time.FixedZone("", -7200))}, {"at", sql.NullTime{Time: day, Valid: true}},
		{"wait", pointerTo(time.Second)},
	} {
		row := values("ratio", 0.5, "name", "ada", "wait", time.Second)
		row[changes[0].(string)] = changes[1]
		if !bytes.Equal(packed(t, layout, row), expected) {
			t.Errorf("%v of type %T is another row", changes[0], changes[1])
		}
	}
}

func TestNullMayBeNilAbsentOrNaN(t *testing.T) {
	layout := typedLayout(t)
	expected := packed(t, layout, values())
	for _, null := range []any{nil, (*float64)(nil), math.NaN(), float32(math.NaN()), sql.NullFloat64{},
		(*sql.NullFloat64)(nil), pointerTo[any](nil)} {
		if !bytes.Equal(packed(t, layout, values("ratio", null)), expected) {
			t.Errorf("%v of type %T is no null", null, null)
		}
	}
}

func TestInstantsAndSpansFloor(t *testing.T) {
	layout := typedLayout(t)
	first := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	last := time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)
	for _, pair := range [][2]any{
		{time.Unix(-1, 999999999), time.Unix(-1, 999999000)},
		{time.Unix(0, -1), time.Unix(-1, 999999000)},
		{last.Add(999), last}, {time.Time{}, first},
	} {
		if !bytes.Equal(packed(t, layout, values("at", pair[0])), packed(t, layout, values("at", pair[1]))) {
			t.Errorf("%v is not packed as %v", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]time.Duration{{-1, -1000}, {-1000, -1000}, {-1001, -2000}, {999, 0}, {1999, 1000}} {
		if !bytes.Equal(packed(t, layout, values("wait", pair[0])), packed(t, layout, values("wait", pair[1]))) {
			t.Errorf("%v is not packed as %v", pair[0], pair[1])
		}
	}
	for _, never := range []time.Time{first.Add(-1), last.Add(time.Microsecond), time.Unix(math.MaxInt64, 0),
		time.Unix(math.MinInt64, 0), time.UnixMicro(math.MaxInt64)} {
		_, err := layout.Pack(values("at", never))
		checkRefused(t, err, mlcore.InvalidArgument, mlcore.ReasonInvalidTimestamp, 4)
	}
}

type failing struct{ err error }

func (f failing) Value() (driver.Value, error) { return nil, f.err }

type odd struct{ held any }

func (o odd) Value() (driver.Value, error) { return o.held, nil }

type loop *loop

func TestAWrongValueNamesItsColumn(t *testing.T) {
	var endless any
	endless = &endless
	var circle loop
	circle = &circle
	const invalid = mlcore.InvalidArgument
	layout := typedLayout(t)
	for _, c := range []struct {
		name   string
		given  any
		reason mlcore.Reason
		column int
	}{
		{"flag", 1, mlcore.ReasonTypeMismatch, 0}, {"flag", "true", mlcore.ReasonTypeMismatch, 0},
		{"flag", nil, mlcore.ReasonNullNotAllowed, 0},
		{"count", 1.0, mlcore.ReasonTypeMismatch, 1}, {"count", true, mlcore.ReasonTypeMismatch, 1},
		{"count", "1", mlcore.ReasonTypeMismatch, 1}, {"count", time.Second, mlcore.ReasonTypeMismatch, 1},
		{"count", uint64(math.MaxUint64), mlcore.ReasonInvalidNumber, 1},
		{"count", uint(1 << 63), mlcore.ReasonInvalidNumber, 1},
		{"count", endless, mlcore.ReasonTypeMismatch, 1}, {"count", circle, mlcore.ReasonTypeMismatch, 1},
		{"count", (*int)(nil), mlcore.ReasonNullNotAllowed, 1},
		{"ratio", "1", mlcore.ReasonTypeMismatch, 2}, {"ratio", false, mlcore.ReasonTypeMismatch, 2},
		{"ratio", complex(1, 0), mlcore.ReasonTypeMismatch, 2}, {"ratio", []float64{1}, mlcore.ReasonTypeMismatch, 2},
		{"name", []byte("ada"), mlcore.ReasonTypeMismatch, 3}, {"name", 'a', mlcore.ReasonTypeMismatch, 3},
		{"name", "\xed\xa0\x80", mlcore.ReasonInvalidUTF8, 3}, {"name", "a\xff", mlcore.ReasonInvalidUTF8, 3},
		{"name", odd{[]byte("ada")}, mlcore.ReasonTypeMismatch, 3}, {"name", odd{odd{}}, mlcore.ReasonTypeMismatch, 3},
		{"at", 883612800, mlcore.ReasonTypeMismatch, 4}, {"at", 883612800.0, mlcore.ReasonTypeMismatch, 4},
		{"at", "1998-01-01", mlcore.ReasonTypeMismatch, 4}, {"at", struct{}{}, mlcore.ReasonTypeMismatch, 4},
		{"wait", 1, mlcore.ReasonTypeMismatch, 5}, {"wait", day, mlcore.ReasonTypeMismatch, 5},
		{"wait", func() {}, mlcore.ReasonTypeMismatch, 5},
		{"colour", "red", mlcore.ReasonUnknownColumn, -1}, {"", nil, mlcore.ReasonUnknownColumn, -1},
	} {
		_, err := layout.Pack(values(c.name, c.given))
		checkRefused(t, err, invalid, c.reason, c.column)
		if t.Failed() {
			t.Fatalf("%s: %T", c.name, c.given)
		}
	}
	without := values()
	delete(without, "at")
	_, err := layout.Pack(without)
	checkRefused(t, err, invalid, mlcore.ReasonMissingColumn, 4)
	if cause := errors.New("broken"); true {
		_, err = layout.Pack(values("count", failing{cause}))
		checkRefused(t, err, invalid, mlcore.ReasonTypeMismatch, 1)
		if !errors.Is(err, cause) {
			t.Error("the cause is lost")
		}
	}
}

func TestWhatIsNoRowIsRefused(t *testing.T) {
	layout := open(t, "loan.mlc").Features().Request()
	type unknown struct {
		Age int `mlcore:"agee"`
	}
	type missing struct {
		Age int `mlcore:"age"`
	}
	type twice struct {
		Age    int     `mlcore:"age"`
		Years  int     `mlcore:"age"`
		Income float64 `mlcore:"income"`
	}
	type hidden struct {
		age    int     `mlcore:"age"`
		Income float64 `mlcore:"income"`
	}
	for _, c := range []struct {
		row    any
		reason mlcore.Reason
		column int
	}{
		{nil, mlcore.ReasonNullPointer, -1}, {(*loanRow)(nil), mlcore.ReasonNullPointer, -1},
		{map[string]any(nil), mlcore.ReasonNullPointer, -1},
		{3, mlcore.ReasonTypeMismatch, -1}, {"{}", mlcore.ReasonTypeMismatch, -1},
		{[]float64{1, 2, 3}, mlcore.ReasonTypeMismatch, -1}, {map[string]int{}, mlcore.ReasonTypeMismatch, -1},
		{pointerTo(&loanRow{}), mlcore.ReasonTypeMismatch, -1},
		{unknown{}, mlcore.ReasonUnknownColumn, -1}, {missing{}, mlcore.ReasonMissingColumn, 2},
		{twice{}, mlcore.ReasonDuplicateColumn, 0}, {hidden{age: 1}, mlcore.ReasonTypeMismatch, 0},
		{struct{}{}, mlcore.ReasonMissingColumn, 0}, {map[string]any{}, mlcore.ReasonMissingColumn, 0},
	} {
		_, err := layout.Pack(c.row)
		checkRefused(t, err, mlcore.InvalidArgument, c.reason, c.column)
	}
	_, err := (*mlcore.Layout)(nil).Pack(loanRow{})
	checkRefused(t, err, mlcore.InvalidArgument, mlcore.ReasonNullPointer, -1)
}

type person struct {
	ID  int // without a tag: no field of a row
	Age int `mlcore:"age"`
}

func TestEmbeddedStructsAndInterfacesAreFollowed(t *testing.T) {
	type application struct {
		person
		Debt   any           `mlcore:"debt"`
		Income driver.Valuer `mlcore:"income"`
	}
	layout := open(t, "loan.mlc").Features().Request()
	expected := packed(t, layout, map[string]any{"age": 41, "debt": 2.0, "income": 8.0})
	row := &application{person{7, 41}, float32(2), sql.NullFloat64{Float64: 8, Valid: true}}
	if !bytes.Equal(packed(t, layout, row), expected) {
		t.Error("another row")
	}
	row.Debt, row.Income = nil, nil
	_, err := layout.Pack(row)
	checkRefused(t, err, mlcore.InvalidArgument, mlcore.ReasonNullNotAllowed, 2)
}

func TestAStringLongerThanARowIsRefused(t *testing.T) {
	const size = 1<<32 + 8
	memory, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	if err != nil {
		t.Skip("no address space for a string of 4 GiB:", err)
	}
	defer syscall.Munmap(memory)
	huge := *(*string)(unsafe.Pointer(&memory)) // a slice begins as a string does
	layout := open(t, "shop.mlc").Features().Request()
	for _, text := range []string{huge[:size], huge[:1<<32-1]} {
		_, err = layout.Pack(&shopRow{text, asOf})
		checkRefused(t, err, mlcore.InvalidArgument, mlcore.ReasonMalformedRow, 0)
	}
}

func TestRowsKeepWhatWasAppendedAndNothingOfAFailure(t *testing.T) {
	layout := orders(t, open(t, "shop.mlc"))
	rows := rowsOf(t, layout, three...)
	if err := rows.Append(map[string]any{"customer": "zoe", "at": day, "cds": "x", "amount": 1}); err == nil {
		t.Error("a string is no i64")
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is swallowed")
			}
		}()
		rows.Append(map[string]any{"customer": "zoe", "at": day, "cds": panicking{}, "amount": 1})
	}()
	if err := rows.Append(packed(t, layout, three[0])); err != nil || rows.Len() != 4 {
		t.Error(rows.Len(), err)
	}
	rows.Reset()
	if rows.Len() != 0 || (*mlcore.Rows)(nil).Len() != 0 || new(mlcore.Rows).Len() != 0 {
		t.Error("rows are left")
	}
	for _, none := range []*mlcore.Rows{nil, new(mlcore.Rows), mlcore.NewRows(nil)} {
		checkRefused(t, none.Append(&three[0]), mlcore.InvalidArgument, mlcore.ReasonNullPointer, -1)
		none.Reset()
	}
}

type panicking struct{}

func (panicking) Value() (driver.Value, error) { panic("as a method may") }

func TestJSONAndBytesAreRefusedWithTheirReason(t *testing.T) {
	layout := orders(t, open(t, "shop.mlc"))
	for text, reason := range map[string]mlcore.Reason{
		"": mlcore.ReasonMalformedJSON, "{": mlcore.ReasonMalformedJSON, "{}": mlcore.ReasonMissingColumn,
		`{"customer": 7}`: mlcore.ReasonTypeMismatch,
	} {
		_, err := layout.FromJSON([]byte(text))
		if !errors.Is(err, reason) || !errors.Is(err, mlcore.InvalidArgument) {
			t.Errorf("%q: %v", text, err)
		}
	}
	row := packed(t, layout, three[0])
	for _, bad := range []mlcore.Row{nil, {}, row[:7], row[:len(row)-1]} {
		if err := layout.Check(bad); !errors.Is(err, mlcore.ReasonMalformedRow) {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
	row[0]++
	if err := layout.Check(row); !errors.Is(err, mlcore.ReasonLayoutMismatch) {
		t.Error(err)
	}
}
