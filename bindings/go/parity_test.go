// SPDX-License-Identifier: Apache-2.0

package mlcore_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"testing"

	"github.com/mlcore/mlcore-go"
)

// The table tests/parity/cases.json; the README beside it says what its members mean.
type parityTable struct {
	Artifacts map[string]string
	Cases     []parityCase
}

type parityCase struct {
	Name, Artifact, Call, JSON, Width, Definition, Text, Bytes, Packed string
	Context                                                            struct {
		Output     string
		Iterations []int
	}
	Row    parityRow
	Rows   json.RawMessage
	Values []string
	State  *parityState
	Events map[string][]parityRow
	Patch  parityDamage
	Damage parityDamage
	Expect any
}

type parityState struct {
	Options    map[string]string
	Definition string
	Events     map[string][]parityRow
	From       *struct {
		Source, Offset string
		Times          int
	}
	Report *parityReport
	Expire string
}

type parityReport struct{ Accepted, Late, Duplicate, Conflict, Invalid, Replayed uint64 }

type parityDamage struct {
	Artifact         string
	Truncate, Offset *int
	XOR              byte
}

func (d parityDamage) done(to []byte) []byte {
	to = append([]byte(nil), to...)
	if d.Truncate != nil {
		return to[:*d.Truncate]
	}
	if d.Offset != nil {
		to[*d.Offset] ^= d.XOR
	}
	return to
}

// parity runs cases with rows as maps, or as structs.
type parity struct {
	models   map[string]*mlcore.Model
	files    map[string][]byte
	asStruct bool
}

func (p *parity) appendAll(rows *mlcore.Rows, given []parityRow) error {
	for _, row := range given {
		value, err := row.toGo(p.asStruct)
		if err != nil {
			return err
		}
		if err := rows.Append(value); err != nil {
			return err
		}
	}
	return nil
}

// run gives numbers, or a fingerprint.
func (p *parity) run(c *parityCase) ([]float64, string, error) {
	switch c.Call {
	case "open":
		artifact, err := hex.DecodeString(c.Bytes)
		if c.Patch.Artifact != "" {
			artifact = c.Patch.done(p.files[c.Patch.Artifact])
		}
		if err == nil {
			_, err = mlcore.OpenBytes(artifact)
		}
		return nil, "", err
	case "definition":
		features, err := mlcore.ParseFeatures(c.Text)
		if err != nil {
			return nil, "", err
		}
		return nil, features.Fingerprint(), nil
	case "features":
		out, err := p.features(c)
		return out, "", err
	}
	model, is := p.models[c.Artifact]
	if !is {
		return nil, "", fmt.Errorf("no artifact %q", c.Artifact)
	}
	options, err := optionsOf(c)
	if err != nil {
		return nil, "", err
	}
	context, err := model.NewContext(options)
	if err != nil {
		return nil, "", err
	}
	defer context.Close()
	out, err := p.predict(c, model.Features(), context)
	return out, "", err
}

func optionsOf(c *parityCase) (mlcore.ContextOptions, error) {
	outputs := map[string]mlcore.Output{"": mlcore.OutputPrediction, "prediction": mlcore.OutputPrediction,
		"margin": mlcore.OutputMargin, "features": mlcore.OutputFeatures, "class": mlcore.OutputClass,
		"leaf": mlcore.OutputLeaf}
	output, is := outputs[c.Context.Output]
	options := mlcore.ContextOptions{Output: output}
	if !is {
		return options, fmt.Errorf("no output %q", c.Context.Output)
	}
	if len(c.Context.Iterations) > 0 {
		options.IterationBegin, options.IterationEnd = c.Context.Iterations[0], c.Context.Iterations[1]
	}
	return options, nil
}

func (p *parity) predict(c *parityCase, features *mlcore.Features, context *mlcore.Context) ([]float64, error) {
	switch c.Call {
	case "row":
		row, err := c.Row.toGo(p.asStruct)
		if err != nil {
			return nil, err
		}
		return context.Predict(row)
	case "packed":
		row, err := hex.DecodeString(c.Packed)
		if err != nil {
			return nil, err
		}
		return context.PredictPacked(row)
	case "json":
		row, err := features.Request().FromJSON([]byte(c.JSON))
		if err != nil {
			return nil, err
		}
		return context.PredictPacked(row)
	case "numbers":
		values, err := doubles(c.Values)
		if err != nil {
			return nil, err
		}
		if c.Width == "f32" {
			return context.PredictNumbers32(narrowed(values))
		}
		return context.PredictNumbers(values)
	case "batch":
		return batch(c, context)
	case "events":
		return p.withEvents(c, features, context)
	case "at", "batch_at", "restored":
		return p.at(c, features, context)
	}
	return nil, fmt.Errorf("no call %q", c.Call)
}

func batch(c *parityCase, context *mlcore.Context) ([]float64, error) {
	var rows [][]string
	if err := json.Unmarshal(c.Rows, &rows); err != nil {
		return nil, err
	}
	var all []string
	for _, row := range rows {
		all = append(all, row...)
	}
	values, err := doubles(all)
	if err != nil {
		return nil, err
	}
	if c.Width == "f32" {
		return context.PredictBatch32(len(rows), narrowed(values))
	}
	return context.PredictBatch(len(rows), values)
}

func (p *parity) withEvents(c *parityCase, features *mlcore.Features, context *mlcore.Context) ([]float64, error) {
	var streams []*mlcore.Rows
	for _, name := range features.Streams() {
		layout, err := features.Stream(name)
		if err != nil {
			return nil, err
		}
		rows := mlcore.NewRows(layout)
		if err := p.appendAll(rows, c.Events[name]); err != nil {
			return nil, err
		}
		streams = append(streams, rows)
	}
	row, err := c.Row.toGo(p.asStruct)
	if err != nil {
		return nil, err
	}
	return context.PredictEvents(row, streams...)
}

func (p *parity) at(c *parityCase, features *mlcore.Features, context *mlcore.Context) ([]float64, error) {
	state, err := p.state(c.State, features)
	if err != nil {
		return nil, err
	}
	defer state.Close()
	if c.Call == "batch_at" {
		requests, err := p.requests(c, features)
		if err != nil {
			return nil, err
		}
		return context.PredictBatchAt(state, requests)
	}
	if c.Call == "restored" {
		snapshot, err := state.Snapshot()
		if err != nil {
			return nil, err
		}
		options, err := stateOptionsOf(c.State.Options)
		if err != nil {
			return nil, err
		}
		if state, err = mlcore.RestoreState(features, c.Damage.done(snapshot), options); err != nil {
			return nil, err
		}
		defer state.Close()
	}
	row, err := c.Row.toGo(p.asStruct)
	if err != nil {
		return nil, err
	}
	return context.PredictAt(state, row)
}

func (p *parity) requests(c *parityCase, features *mlcore.Features) (*mlcore.Rows, error) {
	var rows []parityRow
	if err := json.Unmarshal(c.Rows, &rows); err != nil {
		return nil, err
	}
	requests := mlcore.NewRows(features.Request())
	return requests, p.appendAll(requests, rows)
}

func stateOptionsOf(given map[string]string) (options mlcore.StateOptions, err error) {
	for name, digits := range given {
		switch name {
		case "max_bytes":
			options.MaxBytes, err = strconv.ParseUint(digits, 10, 64)
		case "max_keys":
			options.MaxKeys, err = strconv.ParseUint(digits, 10, 64)
		case "lateness":
			options.Lateness = pointerTo(must(length(digits)))
		case "complete_from":
			options.CompleteFrom = pointerTo(must(instant(digits)))
		default:
			err = fmt.Errorf("no option %q", name)
		}
		if err != nil {
			return options, err
		}
	}
	return options, nil
}

func (p *parity) state(wanted *parityState, features *mlcore.Features) (*mlcore.State, error) {
	options, err := stateOptionsOf(wanted.Options)
	if err != nil {
		return nil, err
	}
	if wanted.Definition != "" {
		if features, err = mlcore.ParseFeatures(wanted.Definition); err != nil {
			return nil, err
		}
	}
	state, err := mlcore.NewState(features, options)
	if err != nil {
		return nil, err
	}
	var sum parityReport
	times := 1
	if wanted.From != nil {
		times = wanted.From.Times
	}
	for i := 0; i < times; i++ {
		if err := p.ingest(state, features, wanted, &sum); err != nil {
			return nil, err
		}
	}
	if wanted.Report != nil && *wanted.Report != sum {
		return nil, fmt.Errorf("the report is %+v, expected %+v", sum, *wanted.Report)
	}
	if wanted.Expire != "" {
		err = state.Expire(must(instant(wanted.Expire)))
	}
	return state, err
}

func (p *parity) ingest(state *mlcore.State, features *mlcore.Features, wanted *parityState, sum *parityReport) error {
	for _, name := range features.Streams() {
		events, is := wanted.Events[name]
		if !is {
			continue
		}
		layout, err := features.Stream(name)
		if err != nil {
			return err
		}
		rows := mlcore.NewRows(layout)
		if err := p.appendAll(rows, events); err != nil {
			return err
		}
		var report mlcore.IngestReport
		if from := wanted.From; from != nil {
			report, err = state.IngestFrom(name, rows, from.Source, must(strconv.ParseInt(from.Offset, 10, 64)))
		} else {
			report, err = state.Ingest(name, rows)
		}
		if err != nil {
			return err
		}
		sum.Accepted += report.Accepted
		sum.Late += report.Late
		sum.Duplicate += report.Duplicate
		sum.Conflict += report.Conflict
		sum.Invalid += report.Invalid
		sum.Replayed += report.Replayed
	}
	return nil
}

func (p *parity) features(c *parityCase) ([]float64, error) {
	features, err := mlcore.ParseFeatures(c.Definition)
	if err != nil {
		return nil, err
	}
	defer features.Close()
	var state *mlcore.State
	if c.State != nil {
		if state, err = p.state(c.State, features); err != nil {
			return nil, err
		}
		defer state.Close()
	}
	requests, err := p.requests(c, features)
	if err != nil {
		return nil, err
	}
	return features.Compute(state, requests)
}

// outcome is what a case gave, as its `expect` says it.
func outcome(out []float64, fingerprint string, err error) any {
	var refusal *mlcore.Error
	switch {
	case errors.As(err, &refusal):
		return map[string]any{"error": map[string]any{"code": float64(refusal.Code),
			"reason": float64(refusal.Reason), "column": float64(refusal.Column), "row": float64(refusal.Row)}}
	case err != nil:
		return err.Error()
	case fingerprint != "":
		return map[string]any{"fingerprint": fingerprint}
	}
	bits := []any{}
	for _, value := range out {
		bits = append(bits, fmt.Sprintf("%016x", math.Float64bits(value)))
	}
	return bits
}

func TestEveryCaseOfTheParityTable(t *testing.T) {
	path, folder := os.Getenv("MLCORE_PARITY_CASES"), os.Getenv("MLCORE_PARITY")
	if path == "" {
		t.Skip("MLCORE_PARITY_CASES is not set")
	}
	var table parityTable
	if err := json.Unmarshal(must(os.ReadFile(path)), &table); err != nil || len(table.Cases) == 0 {
		t.Fatal("no case: ", err)
	}
	for _, asStruct := range []bool{false, true} {
		p := &parity{map[string]*mlcore.Model{}, map[string][]byte{}, asStruct}
		for name, file := range table.Artifacts {
			p.files[name] = must(os.ReadFile(filepath.Join(folder, file)))
			p.models[name] = open(t, filepath.Join(folder, file))
		}
		for i := range table.Cases {
			c := &table.Cases[i]
			t.Run(fmt.Sprintf("%s, struct: %t", c.Name, asStruct), func(t *testing.T) {
				if found := outcome(p.run(c)); !reflect.DeepEqual(found, c.Expect) {
					t.Errorf("found %v, expected %v", found, c.Expect)
				}
			})
		}
	}
}
