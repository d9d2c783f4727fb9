// SPDX-License-Identifier: Apache-2.0

// usage: first ARTIFACT ROW_JSON, as in: first churn.mlc '{"customer": "7", "as_of": "1998-01-01"}'
package main

import (
	"fmt"
	"os"

	"github.com/mlcore/mlcore-go"
)

func predict(artifact, rowJSON string) (float64, error) {
	model, err := mlcore.Open(artifact)
	if err != nil {
		return 0, err
	}
	defer model.Close()
	row, err := model.Features().Request().FromJSON([]byte(rowJSON))
	if err != nil {
		return 0, err
	}
	// Without events: nobody has ordered yet.
	state, err := mlcore.NewState(model.Features(), mlcore.StateOptions{})
	if err != nil {
		return 0, err
	}
	defer state.Close()
	context, err := model.NewContext(mlcore.ContextOptions{})
	if err != nil {
		return 0, err
	}
	defer context.Close()
	out, err := context.PredictAt(state, row)
	if err != nil {
		return 0, err
	}
	return out[0], nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: first ARTIFACT ROW_JSON")
		os.Exit(2)
	}
	prediction, err := predict(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("%.9g\n", prediction)
}
