// SPDX-License-Identifier: Apache-2.0

package mlcore_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/mlcore/mlcore-go"
)

func TestTheSameArtifactOpensFromAFileAFolderAndBytes(t *testing.T) {
	artifact := must(os.ReadFile("shop.mlc"))
	folder := t.TempDir()
	if err := os.WriteFile(folder+"/model.mlc", artifact, 0o600); err != nil {
		t.Fatal(err)
	}
	model := open(t, "shop.mlc")
	for _, same := range []*mlcore.Model{open(t, folder), must(mlcore.OpenBytes(artifact))} {
		if same.Digest() != model.Digest() || same.Name() != "shop" || len(same.Digest()) != 64 {
			t.Error(same.Name(), same.Digest())
		}
	}
	features := model.Features()
	parsed := must(mlcore.ParseFeatures(features.Text()))
	if parsed.Fingerprint() != features.Fingerprint() || len(features.Fingerprint()) != 64 {
		t.Error(features.Fingerprint())
	}
	if strings.Join(features.Names(), " ") != "orders_30d spend" || features.Streams()[0] != "orders" {
		t.Error(features.Names(), features.Streams())
	}
	if again := must(features.Stream("orders")); again.ID() == features.Request().ID() {
		t.Error("two layouts have one number")
	}
	var described struct{ Name, Digest string }
	err := json.Unmarshal(must(model.Describe()), &described)
	if err != nil || described.Name != "shop" || described.Digest != model.Digest() {
		t.Error(described, err)
	}
	if mlcore.Version() == "" {
		t.Error("no version")
	}
}

func TestWhatCannotBeOpenedIsAnErrorWithCodeAndReason(t *testing.T) {
	artifact := must(os.ReadFile("loan.mlc"))
	_, err := mlcore.Open("absent.mlc")
	checkRefused(t, err, mlcore.NotFound, mlcore.ReasonFileNotFound, -1)
	if !strings.Contains(err.Error(), "absent.mlc") || !strings.HasSuffix(err.Error(), "(NOT_FOUND/file_not_found)") {
		t.Error(err)
	}
	_, err = mlcore.Open("loan.mlc\x00")
	checkRefused(t, err, mlcore.InvalidArgument, mlcore.ReasonInvalidOption, -1)
	_, err = mlcore.Open("")
	checkRefused(t, err, mlcore.InvalidArgument, mlcore.ReasonInvalidOption, -1)
	changed := append([]byte(nil), artifact...)
	changed[200] ^= 1
	for _, damaged := range [][]byte{nil, {}, artifact[:100], artifact[:len(artifact)-1], changed} {
		if _, err := mlcore.OpenBytes(damaged); !errors.Is(err, mlcore.DataLoss) {
			t.Errorf("%d bytes: %v", len(damaged), err)
		}
	}
	for text, reason := range map[string]mlcore.Reason{
		"": mlcore.ReasonSyntax, "features": mlcore.ReasonSyntax, "features \xff": mlcore.ReasonInvalidUTF8,
	} {
		if _, err := mlcore.ParseFeatures(text); !errors.Is(err, reason) {
			t.Errorf("%q: %v", text, err)
		}
	}
	_, err = open(t, "shop.mlc").Features().Stream("visits")
	checkRefused(t, err, mlcore.NotFound, mlcore.ReasonUnknownName, -1)
	if errors.Is(err, mlcore.DataLoss) || errors.Is(err, mlcore.ReasonSyntax) || errors.Is(err, os.ErrNotExist) {
		t.Error("an error is another one")
	}
}

func TestRowsNumbersAndBatchAgreeWithTheTreesByHand(t *testing.T) {
	// base + first tree + second tree, every sum exact in float32.
	cases := []struct {
		age    int
		debt   *float64
		margin float64
	}{
		{29, pointerTo(1.0), 0.125 + 0.25 + 1}, {30, pointerTo(1.0), 0.125 - 0.5 + 1},
		{29, pointerTo(2.0), 0.125 + 0.25 + 2}, {29, nil, 0.125 + 0.25 + 1},
	}
	model := open(t, "loan.mlc")
	context := newContext(t, model, mlcore.OutputMargin)
	var table, margins []float64
	var table32 []float32
	for _, c := range cases {
		row := loanRow{c.age, c.debt, 4}
		numbers := []float64{float64(c.age), math.NaN(), 4}
		if c.debt != nil {
			numbers[1] = *c.debt
		}
		table, margins = append(table, numbers...), append(margins, c.margin)
		for _, number := range numbers {
			table32 = append(table32, float32(number))
		}
		out, err := context.Predict(&row)
		checkBits(t, out, err, c.margin)
		out, err = context.Predict(row)
		checkBits(t, out, err, c.margin)
		out, err = context.PredictPacked(packed(t, model.Features().Request(), &row))
		checkBits(t, out, err, c.margin)
		out, err = context.PredictNumbers(numbers)
		checkBits(t, out, err, c.margin)
		out, err = context.PredictNumbers32(table32[len(table32)-3:])
		checkBits(t, out, err, c.margin)
	}
	out, err := context.PredictBatch(len(cases), table)
	checkBits(t, out, err, margins...)
	out, err = context.PredictBatch32(len(cases), table32)
	checkBits(t, out, err, margins...)
	out, err = context.PredictBatch(0, nil)
	checkBits(t, out, err)
	requests := mlcore.NewRows(model.Features().Request())
	for _, c := range cases {
		if err := requests.Append(&loanRow{c.age, c.debt, 4}); err != nil {
			t.Fatal(err)
		}
	}
	out, err = context.PredictBatchAt(nil, requests)
	checkBits(t, out, err, margins...)
	out, err = model.Margins(2, []float64{29, 0.25, 30, math.NaN()})
	checkBits(t, out, err, 0.125+0.25+1, 0.125-0.5+1)
	out, err = model.Margins32(1, []float32{29, 0.25})
	checkBits(t, out, err, 0.125+0.25+1)
	out, err = model.Margins(0, nil)
	checkBits(t, out, err)
}

func TestOutputsHaveTheirWidths(t *testing.T) {
	model := open(t, "loan.mlc")
	for output, width := range map[mlcore.Output]int{
		mlcore.OutputPrediction: 1, mlcore.OutputMargin: 1, mlcore.OutputFeatures: 2, mlcore.OutputClass: 1,
		mlcore.OutputLeaf: 2,
	} {
		if must(model.OutputCount(output)) != width || newContext(t, model, output).OutputCount() != width {
			t.Errorf("output %d is not %d values", output, width)
		}
	}
	out, err := newContext(t, model, mlcore.OutputFeatures).PredictNumbers([]float64{29, math.NaN(), 4})
	checkBits(t, out, err, 29, math.Float64frombits(0x7ff8000000000000))
	_, err = model.OutputCount(99)
	checkRefused(t, err, mlcore.InvalidArgument, mlcore.ReasonInvalidOption, -1)
	_, err = model.NewContext(mlcore.ContextOptions{Output: -1})
	checkRefused(t, err, mlcore.InvalidArgument, mlcore.ReasonInvalidOption, -1)
}

func TestAContextMayGiveClassesLeavesAndSomeRounds(t *testing.T) {
	model := open(t, "loan.mlc")
	row := []float64{29, 1, 4}
	out, err := newContext(t, model, mlcore.OutputClass).PredictNumbers(row)
	checkBits(t, out, err, 1)
	out, err = newContext(t, model, mlcore.OutputLeaf).PredictNumbers(row)
	checkBits(t, out, err, 1, 3) // as the fixture numbers the nodes
	for _, c := range []struct {
		begin, end int
		margin     float64
	}{{0, 0, 1.375}, {0, 1, 0.125 + 0.25}, {1, 2, 0.125 + 1}, {1, 0, 0.125 + 1}} {
		context := must(model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputMargin,
			IterationBegin: c.begin, IterationEnd: c.end}))
		out, err = context.PredictNumbers(row)
		checkBits(t, out, err, c.margin)
	}
	for _, rounds := range [][2]int{{-1, 0}, {0, 3}, {1, 1}, {2, 1}, {0, math.MaxInt}, {math.MinInt, 1}} {
		_, err = model.NewContext(mlcore.ContextOptions{IterationBegin: rounds[0], IterationEnd: rounds[1]})
		checkRefused(t, err, mlcore.InvalidArgument, mlcore.ReasonInvalidOption, -1)
	}
}

func TestWrongNumbersAreRefused(t *testing.T) {
	const invalid = mlcore.InvalidArgument
	context := newContext(t, open(t, "loan.mlc"), mlcore.OutputMargin)
	for _, numbers := range [][]float64{nil, {1}, {1, 2, 3, 4}, make([]float64, 100000)} {
		_, err := context.PredictNumbers(numbers)
		checkRefused(t, err, invalid, mlcore.ReasonWrongWidth, -1)
		_, err = context.PredictNumbers32(make([]float32, len(numbers)))
		checkRefused(t, err, invalid, mlcore.ReasonWrongWidth, -1)
	}
	_, err := context.PredictNumbers([]float64{29.5, 1, 4})
	checkRefused(t, err, invalid, mlcore.ReasonTypeMismatch, 0)
	_, err = context.PredictNumbers([]float64{29, 1, math.NaN()})
	checkRefused(t, err, invalid, mlcore.ReasonNullNotAllowed, 2)
	_, err = context.PredictBatch(2, []float64{29, 1, 4, 29.5, 1, 4})
	checkRefused(t, err, invalid, mlcore.ReasonTypeMismatch, 0)
	var refusal *mlcore.Error
	if !errors.As(err, &refusal) || refusal.Row != 1 {
		t.Error(err)
	}
	for _, rows := range []int{-1, 0, 4, math.MaxInt} {
		_, err = context.PredictBatch(rows, make([]float64, 6))
		checkRefused(t, err, invalid, mlcore.ReasonInvalidLength, -1)
		_, err = open(t, "loan.mlc").Margins(rows, make([]float64, 6))
		checkRefused(t, err, invalid, mlcore.ReasonInvalidLength, -1)
	}
	for _, rows := range []int{3, 6} {
		_, err = context.PredictBatch(rows, make([]float64, 6))
		checkRefused(t, err, invalid, mlcore.ReasonWrongWidth, -1)
		_, err = open(t, "loan.mlc").Margins32(rows*2, make([]float32, 12*rows))
		checkRefused(t, err, invalid, mlcore.ReasonWrongWidth, -1)
	}
	for _, rows := range []int{1, 2, math.MaxInt32} {
		_, err = context.PredictBatch32(rows, nil)
		checkRefused(t, err, invalid, mlcore.ReasonWrongWidth, -1)
	}
	_, err = newContext(t, open(t, "shop.mlc"), mlcore.OutputMargin).PredictNumbers([]float64{1, 2})
	if !errors.Is(err, mlcore.FailedPrecondition) {
		t.Error(err)
	}
	out, err := context.PredictNumbers([]float64{29, 1, 4})
	checkBits(t, out, err, 1.375)
}

func TestWhatIsBorrowedKeepsItsOwner(t *testing.T) {
	layout := must(mlcore.Open("shop.mlc")).Features().Request()
	context := must(must(mlcore.Open("loan.mlc")).NewContext(mlcore.ContextOptions{Output: mlcore.OutputMargin}))
	defer context.Close()
	for i := 0; i < 5; i++ {
		collect()
		if _, err := layout.FromJSON([]byte(`{"customer": "ada", "as_of": "1998-01-02"}`)); err != nil {
			t.Fatal(err)
		}
		out, err := context.PredictNumbers([]float64{29, 1, 4})
		checkBits(t, out, err, 1.375)
	}
}

func TestAModelIsOpenedFromARegistryByAnAliasOrAVersion(t *testing.T) {
	for _, given := range []struct {
		ref, name string
		version   int64
	}{
		{"models@champion", "shop", 2}, {"models@v1", "loan", 1}, {"models/v2", "shop", 2},
		{"models/v2/model.mlc", "shop", 0}, {"loan.mlc", "loan", 0},
	} {
		if model := open(t, given.ref); model.Name() != given.name || model.Version() != given.version {
			t.Error(given, model.Name(), model.Version())
		}
	}
	checkRefused(t, second(mlcore.Open("models@beta")), mlcore.NotFound, mlcore.ReasonUnknownAlias, -1)
	checkRefused(t, second(mlcore.Open("models@v9")), mlcore.NotFound, mlcore.ReasonUnknownVersion, -1)
	checkRefused(t, second(mlcore.Open("models@")), mlcore.InvalidArgument, mlcore.ReasonInvalidOption, -1)
}
