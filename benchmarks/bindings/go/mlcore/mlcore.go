// SPDX-License-Identifier: Apache-2.0

// usage: mlcore ARTIFACT [ROWS]
//
// One line of JSON: nanoseconds of the numeric call, of the packed call, and of a call with a struct. ROWS is a
// file of doubles, rows x inputs.
package main

import (
	"fmt"
	"reflect"

	"github.com/mlcore/mlcore-go"
	"github.com/mlcore/mlcore/benchmarks/bindings/go/measure"
)

// structsOf makes a pointer to a struct for each row, of one type with a tag for each column.
func structsOf(fields []mlcore.Field, rows [][]float64) []any {
	members := make([]reflect.StructField, len(fields))
	for i, field := range fields {
		members[i] = reflect.StructField{Name: fmt.Sprint("F", i), Type: reflect.TypeOf(0.0),
			Tag: reflect.StructTag(fmt.Sprintf("mlcore:%q", field.Name))}
	}
	kind := reflect.StructOf(members)
	structs := make([]any, len(rows))
	for i, row := range rows {
		made := reflect.New(kind)
		for j, value := range row {
			made.Elem().Field(j).SetFloat(value)
		}
		structs[i] = made.Interface()
	}
	return structs
}

func run(artifact, path string) error {
	model, err := mlcore.Open(artifact)
	if err != nil {
		return err
	}
	request := model.Features().Request()
	rows, err := measure.Rows(path, len(request.Fields()))
	if err != nil {
		return err
	}
	context, err := model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputMargin})
	if err != nil {
		return err
	}
	line, err := measure.NewLine("mlcore-go "+mlcore.Version(), len(rows), func(row int) error {
		_, err := context.PredictNumbers(rows[row])
		return err
	})
	if err != nil {
		return err
	}
	structs := structsOf(request.Fields(), rows)
	packed := make([]mlcore.Row, len(rows))
	for i := range packed {
		if packed[i], err = request.Pack(structs[i]); err != nil {
			return err
		}
	}
	err = line.Add("ns_per_packed_call", len(rows), func(row int) error {
		_, err := context.PredictPacked(packed[row])
		return err
	})
	if err != nil {
		return err
	}
	err = line.Add("ns_per_object_call", len(rows), func(row int) error {
		_, err := context.Predict(structs[row])
		return err
	})
	if err != nil {
		return err
	}
	return line.Print()
}

func main() {
	measure.Main("mlcore ARTIFACT [ROWS]", run)
}
