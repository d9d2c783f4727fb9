// SPDX-License-Identifier: Apache-2.0

// usage: peer MODEL.onnx [ROWS]
//
// The same line for onnxruntime_go: one thread, tensors bound to a session, the row copied in. ONNXRUNTIME is
// the path of libonnxruntime.so.
package main

import (
	"errors"
	"os"

	ort "github.com/yalue/onnxruntime_go"

	"github.com/mlcore/mlcore/benchmarks/bindings/go/measure"
)

// sessionOf binds the tensors of one row: the only input, and the last output, of a classifier the
// probabilities.
func sessionOf(model string) (*ort.AdvancedSession, []float32, error) {
	inputs, outputs, err := ort.GetInputOutputInfo(model)
	if err != nil {
		return nil, nil, err
	}
	last := outputs[len(outputs)-1]
	input, err := ort.NewEmptyTensor[float32](ort.NewShape(1, inputs[0].Dimensions[1]))
	if err != nil {
		return nil, nil, err
	}
	output, err := ort.NewEmptyTensor[float32](ort.NewShape(1, last.Dimensions[len(last.Dimensions)-1]))
	if err != nil {
		return nil, nil, err
	}
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, nil, err
	}
	if err := firstOf(options.SetIntraOpNumThreads(1), options.SetInterOpNumThreads(1)); err != nil {
		return nil, nil, err
	}
	session, err := ort.NewAdvancedSession(model, []string{inputs[0].Name}, []string{last.Name},
		[]ort.Value{input}, []ort.Value{output}, options)
	return session, input.GetData(), err
}

func firstOf(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

func run(model, path string) error {
	library := os.Getenv("ONNXRUNTIME")
	if library == "" {
		return errors.New("ONNXRUNTIME is not set")
	}
	ort.SetSharedLibraryPath(library)
	if err := ort.InitializeEnvironment(); err != nil {
		return err
	}
	session, input, err := sessionOf(model)
	if err != nil {
		return err
	}
	rows, err := measure.Rows(path, len(input))
	if err != nil {
		return err
	}
	narrow := make([][]float32, len(rows))
	for i, row := range rows {
		for _, value := range row {
			narrow[i] = append(narrow[i], float32(value))
		}
	}
	line, err := measure.NewLine("onnxruntime_go "+os.Getenv("ONNXRUNTIME_GO")+", ONNX Runtime "+ort.GetVersion(),
		len(rows), func(row int) error {
			copy(input, narrow[row])
			return session.Run()
		})
	if err != nil {
		return err
	}
	return line.Print()
}

func main() {
	measure.Main("peer MODEL.onnx [ROWS]", run)
}
