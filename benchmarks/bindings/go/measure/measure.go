// SPDX-License-Identifier: Apache-2.0

// Package measure is how the two programs measure, so that both are measured alike.
package measure

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	"os"
	"runtime"
	"sort"
	"time"
)

// Call scores the row of an index.
type Call func(row int) error

// Rows returns rows of so many columns: those of a file of doubles (little-endian, rows x columns), or 1,000
// drawn by a fixed seed where the path is "".
func Rows(path string, columns int) ([][]float64, error) {
	if path == "" {
		random := rand.New(rand.NewSource(1))
		rows := make([][]float64, 1000)
		for i := range rows {
			rows[i] = make([]float64, columns)
			for j := range rows[i] {
				rows[i][j] = 6*random.Float64() - 3
			}
		}
		return rows, nil
	}
	bytes, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(bytes) == 0 || len(bytes)%(8*columns) != 0 {
		return nil, fmt.Errorf("%s: %d bytes are no rows of %d doubles", path, len(bytes), columns)
	}
	rows := make([][]float64, len(bytes)/(8*columns))
	for i := range rows {
		rows[i] = make([]float64, columns)
		for j := range rows[i] {
			rows[i][j] = math.Float64frombits(binary.LittleEndian.Uint64(bytes[8*(i*columns+j):]))
		}
	}
	return rows, nil
}

const (
	passes  = 301
	warmUps = 100
)

// PerCall returns nanoseconds a call: the median of the passes over the rows.
func PerCall(rows int, call Call) (float64, error) {
	var times []float64
	for pass := 0; pass < warmUps+passes; pass++ {
		begin := time.Now()
		for row := 0; row < rows; row++ {
			if err := call(row); err != nil {
				return 0, err
			}
		}
		if elapsed := time.Since(begin); pass >= warmUps {
			times = append(times, float64(elapsed.Nanoseconds())/float64(rows))
		}
	}
	return at(times, 0.5), nil
}

// P99 returns the 99th percentile of single calls, less what looking at the clock takes.
func P99(rows, count int, call Call) (float64, error) {
	clock, err := percentile(rows, 10000, 0.5, func(int) error { return nil })
	if err != nil {
		return 0, err
	}
	slow, err := percentile(rows, count, 0.99, call)
	return math.Max(0, slow-clock), err
}

func percentile(rows, count int, share float64, call Call) (float64, error) {
	times := make([]float64, count)
	for i := range times {
		begin := time.Now()
		err := call(i % rows)
		times[i] = float64(time.Since(begin).Nanoseconds())
		if err != nil {
			return 0, err
		}
	}
	return at(times, share), nil
}

func at(values []float64, share float64) float64 {
	sort.Float64s(values)
	return values[int(share*float64(len(values)-1))]
}

// Allocations returns how many objects of Go's a call allocates.
func Allocations(rows int, call Call) (float64, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for row := 0; row < rows; row++ {
		if err := call(row); err != nil {
			return 0, err
		}
	}
	runtime.ReadMemStats(&after)
	return float64((after.Mallocs-before.Mallocs)*10/uint64(rows)) / 10, nil
}

// Line is what a program prints, as one line of JSON.
type Line map[string]any

// NewLine measures the call that the line is about.
func NewLine(name string, rows int, call Call) (Line, error) {
	perCall, err := PerCall(rows, call)
	if err != nil {
		return nil, err
	}
	slow, err := P99(rows, 100000, call)
	if err != nil {
		return nil, err
	}
	allocated, err := Allocations(rows, call)
	return Line{"language": "go", "version": runtime.Version(), "package": name, "rows": rows,
		"ns_per_row_call": rounded(perCall), "ns_per_row_call_p99": rounded(slow),
		"allocations_per_call": allocated}, err
}

// Add measures one more call.
func (l Line) Add(name string, rows int, call Call) error {
	perCall, err := PerCall(rows, call)
	l[name] = rounded(perCall)
	return err
}

// Print writes the line.
func (l Line) Print() error { return json.NewEncoder(os.Stdout).Encode(l) }

func rounded(value float64) float64 { return math.Round(10*value) / 10 }

// Main runs a program whose arguments are a model and, if given, a file of rows, and exits.
func Main(usage string, run func(model, rows string) error) {
	path := ""
	if len(os.Args) == 3 {
		path = os.Args[2]
	} else if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: "+usage)
		os.Exit(2)
	}
	if err := run(os.Args[1], path); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
