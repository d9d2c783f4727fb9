// SPDX-License-Identifier: Apache-2.0

package mlcore_test

import (
	"errors"
	"math"
	"testing"

	"github.com/mlcore/mlcore-go"
)

// loans returns ages, debts and incomes of a number of rows, and their entries: every fourth has no debt, and a
// row's columns stand from the last to the first.
func loans(count int) ([]float64, mlcore.Matrix) {
	var values []float64
	sparse := mlcore.Matrix{Rows: count, RowBegin: []int64{0}}
	for row := 0; row < count; row++ {
		of := []float64{float64(18 + row*7%60), float64(row%17) / 4, float64(1 + row%8)}
		if row%4 == 0 {
			of[1] = math.NaN()
		}
		values = append(values, of...)
		for column := 2; column >= 0; column-- {
			if !math.IsNaN(of[column]) {
				sparse.Values = append(sparse.Values, of[column])
				sparse.Column = append(sparse.Column, int32(column))
			}
		}
		sparse.RowBegin = append(sparse.RowBegin, int64(len(sparse.Values)))
	}
	return values, sparse
}

func TestSparseRowsHaveTheBitsOfDenseOnes(t *testing.T) {
	model := open(t, "loan.mlc")
	values, sparse := loans(300)
	for output := mlcore.OutputPrediction; output <= mlcore.OutputLeaf; output++ {
		context := newContext(t, model, output)
		expected := must(context.PredictBatch(300, values))
		got, err := context.PredictMatrix(&mlcore.Matrix{Rows: 300, Values: values})
		checkBits(t, got, err, expected...)
		got, err = context.PredictMatrix(&sparse)
		checkBits(t, got, err, expected...)
		got, err = context.PredictMatrix(&mlcore.Matrix{RowBegin: []int64{0}})
		checkBits(t, got, err)
	}
}

func TestWhatASparseMatrixDoesNotHold(t *testing.T) {
	context := newContext(t, open(t, "loan.mlc"), mlcore.OutputMargin)
	values, sparse := loans(40)
	zeros := append([]float64(nil), values...)
	marked := append([]float64(nil), values...)
	for i, value := range values {
		if math.IsNaN(value) {
			zeros[i], marked[i] = 0, -999
		}
	}
	sparse.Absent = mlcore.AbsentZero
	got, err := context.PredictMatrix(&sparse)
	checkBits(t, got, err, must(context.PredictBatch(40, zeros))...)
	sparse.Absent = mlcore.AbsentMissing
	expected := must(context.PredictBatch(40, values))
	got, err = context.PredictMatrix(&sparse)
	checkBits(t, got, err, expected...)
	got, err = context.PredictMatrix(&mlcore.Matrix{Rows: 40, Values: marked, HasMissing: true, Missing: -999})
	checkBits(t, got, err, expected...)
}

func TestBaseMarginsOfTheRows(t *testing.T) {
	context := newContext(t, open(t, "loan.mlc"), mlcore.OutputMargin)
	rows := mlcore.Matrix{Rows: 2, Values32: []float32{29, 1, 4, 30, 1, 4}, BaseMargin: []float64{0.125, -2}}
	got, err := context.PredictMatrix(&rows) // the model's own is 0.125
	checkBits(t, got, err, 1.375, 0.625-2.125)
}

func TestThreadsHaveTheBitsOfOne(t *testing.T) {
	model := open(t, "loan.mlc")
	values, sparse := loans(5000)
	expected := must(newContext(t, model, mlcore.OutputPrediction).PredictBatch(5000, values))
	for threads := 0; threads <= 3; threads++ {
		context := must(model.NewContext(mlcore.ContextOptions{Threads: threads}))
		got, err := context.PredictBatch(5000, values)
		checkBits(t, got, err, expected...)
		got, err = context.PredictMatrix(&sparse)
		checkBits(t, got, err, expected...)
		broken := append([]float64(nil), values...)
		broken[3*4321], broken[3*1234] = 0.5, 0.5
		_, err = context.PredictBatch(5000, broken)
		var refusal *mlcore.Error
		if !errors.As(err, &refusal) || refusal.Row != 1234 {
			t.Error(err)
		}
		context.Close()
	}
	for _, threads := range []int{-1, 257, math.MinInt, math.MaxInt} {
		_, err := model.NewContext(mlcore.ContextOptions{Threads: threads})
		checkRefused(t, err, mlcore.InvalidArgument, mlcore.ReasonInvalidOption, -1)
	}
}

func TestWhatIsNoMatrixIsRefused(t *testing.T) {
	context := newContext(t, open(t, "loan.mlc"), mlcore.OutputMargin)
	six := []float64{29, 1, 4, 30, 1, 4}
	columns := []int32{0, 1, 2, 0, 1, 2}
	begin := []int64{0, 3, 6}
	for _, one := range []struct {
		reason mlcore.Reason
		column int
		matrix *mlcore.Matrix
	}{
		{mlcore.ReasonNullPointer, -1, nil},
		{mlcore.ReasonInvalidOption, -1, &mlcore.Matrix{Rows: 2, Values: six, Values32: []float32{1}}},
		{mlcore.ReasonInvalidOption, -1, &mlcore.Matrix{Rows: 2, Values: six, Absent: 7}},
		{mlcore.ReasonInvalidLength, -1, &mlcore.Matrix{Rows: 4, Values: six}},
		{mlcore.ReasonInvalidLength, -1, &mlcore.Matrix{Rows: -1, RowBegin: []int64{}}},
		{mlcore.ReasonInvalidLength, -1, &mlcore.Matrix{Rows: 2, RowBegin: begin[:2]}},
		{mlcore.ReasonInvalidLength, -1, &mlcore.Matrix{Rows: 2, Values: six, Column: columns[:5], RowBegin: begin}},
		{mlcore.ReasonInvalidLength, -1, &mlcore.Matrix{Rows: 2, Values: six, Column: columns, RowBegin: []int64{0, 4, 3}}},
		{mlcore.ReasonInvalidLength, -1, &mlcore.Matrix{Rows: 2, Values: six, Column: columns, RowBegin: []int64{0, 3, 7}}},
		{mlcore.ReasonWrongWidth, -1, &mlcore.Matrix{Rows: 2, Values: six, BaseMargin: []float64{1}}},
		{mlcore.ReasonWrongWidth, -1, &mlcore.Matrix{Rows: 2, Values: six, BaseMargin: []float64{}}},
	} {
		_, err := context.PredictMatrix(one.matrix)
		checkRefused(t, err, mlcore.InvalidArgument, one.reason, one.column)
	}
	for _, wrong := range []int32{1, 3, -1} { // a column twice, or none of the fields'
		given := append([]int32(nil), columns...)
		given[2] = wrong
		_, err := context.PredictMatrix(&mlcore.Matrix{Rows: 2, Values: six, Column: given, RowBegin: begin})
		if !errors.Is(err, mlcore.ReasonInvalidIndex) && !errors.Is(err, mlcore.ReasonDuplicateColumn) {
			t.Error(wrong, err)
		}
	}
}
