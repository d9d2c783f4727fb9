// SPDX-License-Identifier: Apache-2.0

package mlcore

// #include "shim.h"
import "C"

// Absent is what a sparse matrix does not hold.
type Absent int32

// What a sparse matrix does not hold.
const (
	// Missing for models of XGBoost, 0 for others.
	AbsentDefault Absent = C.MLCORE_ABSENT_DEFAULT
	AbsentMissing Absent = C.MLCORE_ABSENT_MISSING
	AbsentZero    Absent = C.MLCORE_ABSENT_ZERO
)

// Matrix is rows of numbers, a column a field of the request, where all of them are numbers. It is dense, or,
// with RowBegin, sparse: the entries of row i are those from RowBegin[i] up to RowBegin[i+1], entry j is
// Values[j] in Column[j], and a row's columns stand in any order, each once.
type Matrix struct {
	Rows     int
	Values   []float64
	Values32 []float32 // in place of Values
	RowBegin []int64   // Rows + 1
	Column   []int32
	Absent   Absent
	// Missing, where HasMissing, means missing, as NaN does always.
	HasMissing bool
	Missing    float64
	// The rows' own base margins, in place of the model's, as XGBoost's base_margin: an output a row. Nil is the model's.
	BaseMargin []float64
}

// count is how many values there are, or an error.
func (m *Matrix) count() (int, error) {
	if m.Values != nil && m.Values32 != nil {
		return 0, newError(InvalidArgument, ReasonInvalidOption, "a matrix has Values or Values32")
	}
	if m.BaseMargin != nil && len(m.BaseMargin) == 0 && m.Rows > 0 { // which would be none to the library
		return 0, newError(InvalidArgument, ReasonWrongWidth, "BaseMargin: expected an output a row, found none")
	}
	count := len(m.Values) + len(m.Values32)
	if m.RowBegin == nil {
		return count, nil
	}
	if m.Rows < 0 || len(m.RowBegin)-1 != m.Rows {
		return 0, newError(InvalidArgument, ReasonInvalidLength, "RowBegin has %d numbers for %d rows",
			len(m.RowBegin), m.Rows)
	}
	if len(m.Column) != count {
		return 0, newError(InvalidArgument, ReasonInvalidLength, "%d columns of %d values", len(m.Column), count)
	}
	return count, nil
}

// PredictMatrix scores the rows of a matrix. The result, rows times [Context.OutputCount] values, is the
// caller's.
// Errors: as [Context.PredictBatch]; InvalidArgument with ReasonInvalidLength (RowBegin and Column do not
// fit), ReasonInvalidIndex or ReasonDuplicateColumn (Column), ReasonWrongWidth or ReasonInvalidNumber
// (BaseMargin), ReasonInvalidOption (Absent, and base margins of a context that has none).
func (c *Context) PredictMatrix(m *Matrix) ([]float64, error) {
	if err := c.enter(); err != nil {
		return nil, err
	}
	defer c.leave()
	if m == nil {
		return nil, nilError("the matrix")
	}
	count, err := m.count()
	if err != nil {
		return nil, err
	}
	columns := len(c.layout.fields)
	var out []float64
	if m.RowBegin == nil {
		columns, out, err = matrix(m.Rows, count, columns, len(c.out))
	} else {
		out = make([]float64, m.Rows*len(c.out))
	}
	if err != nil {
		return nil, err
	}
	code := m.predict(c, count, columns, out)
	if code != C.MLCORE_OK {
		return nil, result(code, &c.bound.error)
	}
	return out, nil
}

func (m *Matrix) predict(c *Context, count, columns int, out []float64) C.int32_t {
	options := C.mlcore_go_matrix_t{
		number: C.MLCORE_NUMBER_F64, absent: C.int32_t(m.Absent),
		rows: C.int64_t(m.Rows), columns: C.int64_t(columns), missing: C.double(m.Missing),
		base_margin_count: C.int64_t(len(m.BaseMargin)),
	}
	if m.HasMissing {
		options.has_missing = 1
	}
	if m.RowBegin != nil {
		options.is_sparse, options.value_count = 1, C.int64_t(count)
	}
	values := (*C.char)(pointer(m.Values))
	if m.Values32 != nil {
		options.number, values = C.MLCORE_NUMBER_F32, (*C.char)(pointer(m.Values32))
	}
	return C.mlcore_go_matrix(c.bound.context, options, values, (*C.int64_t)(pointer(m.RowBegin)),
		(*C.int32_t)(pointer(m.Column)), (*C.double)(pointer(m.BaseMargin)), (*C.double)(pointer(out)),
		C.int64_t(len(out)), &c.bound.error)
}
