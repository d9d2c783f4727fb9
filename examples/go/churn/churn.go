// SPDX-License-Identifier: Apache-2.0

// Scores every customer from orders that arrive shuffled, and writes the bits.
//
// usage: churn ARTIFACT ORDERS_CSV AS_OF SEED OUT    (examples/README.md has the format)
package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand"
	"os"
	"sort"
	"strconv"
	"time"

	"github.com/mlcore/mlcore-go"
)

const batch = 1000

type order struct {
	Customer string    `mlcore:"customer"`
	At       time.Time `mlcore:"at"`
	CDs      int64     `mlcore:"cds"`
	Amount   float64   `mlcore:"amount"`
}

type request struct {
	Customer string    `mlcore:"customer"`
	AsOf     time.Time `mlcore:"as_of"`
}

func midnight(day string) (time.Time, error) { return time.Parse("2006-01-02", day) }

func parseOrder(columns map[string]int, line []string) (o order, err error) {
	o.Customer = line[columns["customer"]]
	if o.At, err = midnight(line[columns["at"]]); err != nil {
		return o, err
	}
	if o.CDs, err = strconv.ParseInt(line[columns["cds"]], 10, 64); err != nil {
		return o, err
	}
	o.Amount, err = strconv.ParseFloat(line[columns["amount"]], 64)
	return o, err
}

func readOrders(path string) ([]order, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("%s is empty", path)
	}
	columns := map[string]int{}
	for i, name := range lines[0] {
		columns[name] = i
	}
	for _, name := range []string{"customer", "at", "cds", "amount"} {
		if _, is := columns[name]; !is {
			return nil, fmt.Errorf("%s has no column %s", path, name)
		}
	}
	orders := make([]order, len(lines)-1)
	for i, line := range lines[1:] {
		if orders[i], err = parseOrder(columns, line); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, i+2, err)
		}
	}
	return orders, nil
}

func ingest(state *mlcore.State, layout *mlcore.Layout, orders []order) error {
	rows := mlcore.NewRows(layout)
	for i := range orders {
		if err := rows.Append(&orders[i]); err != nil {
			return err
		}
		if rows.Len() < batch && i+1 < len(orders) {
			continue
		}
		report, err := state.Ingest("orders", rows)
		if err != nil {
			return err
		}
		if report.Accepted != uint64(rows.Len()) {
			return fmt.Errorf("%d orders were not accepted: %s", uint64(rows.Len())-report.Accepted,
				report.InvalidMessage)
		}
		rows.Reset()
	}
	return nil
}

// requestsOf packs a request for everyone with an order before `now`, in the order of their bytes.
func requestsOf(layout *mlcore.Layout, orders []order, now time.Time) ([]string, []mlcore.Row, error) {
	known := map[string]bool{}
	var customers []string
	for _, o := range orders {
		if o.At.Before(now) && !known[o.Customer] {
			known[o.Customer] = true
			customers = append(customers, o.Customer)
		}
	}
	sort.Strings(customers)
	rows := make([]mlcore.Row, len(customers))
	for i, customer := range customers {
		var err error
		if rows[i], err = layout.Pack(&request{customer, now}); err != nil {
			return nil, nil, err
		}
	}
	return customers, rows, nil
}

func header(features []string, margins int) string {
	line := "customer"
	for _, name := range features {
		line += "," + name
	}
	if margins == 1 {
		return line + ",margin\n"
	}
	for i := 0; i < margins; i++ {
		line += fmt.Sprintf(",margin[%d]", i)
	}
	return line + "\n"
}

func writeScores(path string, model *mlcore.Model, margin *mlcore.Context, state *mlcore.State,
	customers []string, rows []mlcore.Row) error {
	values, err := model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputFeatures})
	if err != nil {
		return err
	}
	defer values.Close()
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	fmt.Fprint(out, header(model.Features().Names(), margin.OutputCount()))
	for i, row := range rows {
		fmt.Fprint(out, customers[i])
		for _, context := range []*mlcore.Context{values, margin} {
			scores, err := context.PredictPackedAt(state, row)
			if err != nil {
				return err
			}
			for _, score := range scores {
				fmt.Fprintf(out, ",%016x", math.Float64bits(score))
			}
		}
		fmt.Fprintln(out)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}

func timeRows(margin *mlcore.Context, state *mlcore.State, rows []mlcore.Row) error {
	begin := time.Now()
	for _, row := range rows {
		if _, err := margin.PredictPackedAt(state, row); err != nil {
			return err
		}
	}
	perRow := float64(time.Since(begin).Nanoseconds()) / math.Max(1, float64(len(rows)))
	fmt.Fprintf(os.Stderr, "{\"language\": \"go\", \"rows\": %d, \"ns_per_row\": %.1f}\n", len(rows), perRow)
	return nil
}

func run(artifact, ordersCSV, asOf, seedText, out string) error {
	model, err := mlcore.Open(artifact)
	if err != nil {
		return err
	}
	defer model.Close()
	seed, err := strconv.ParseInt(seedText, 10, 64)
	if err != nil {
		return err
	}
	now, err := midnight(asOf)
	if err != nil {
		return err
	}
	orders, err := readOrders(ordersCSV)
	if err != nil {
		return err
	}
	rand.New(rand.NewSource(seed)).Shuffle(len(orders), func(i, j int) {
		orders[i], orders[j] = orders[j], orders[i]
	})
	state, err := mlcore.NewState(model.Features(), mlcore.StateOptions{})
	if err != nil {
		return err
	}
	defer state.Close()
	layout, err := model.Features().Stream("orders")
	if err != nil {
		return err
	}
	if err := ingest(state, layout, orders); err != nil {
		return err
	}
	customers, rows, err := requestsOf(model.Features().Request(), orders, now)
	if err != nil {
		return err
	}
	margin, err := model.NewContext(mlcore.ContextOptions{Output: mlcore.OutputMargin})
	if err != nil {
		return err
	}
	defer margin.Close()
	if err := writeScores(out, model, margin, state, customers, rows); err != nil {
		return err
	}
	return timeRows(margin, state, rows)
}

func main() {
	if len(os.Args) != 6 {
		fmt.Fprintln(os.Stderr, "usage: churn ARTIFACT ORDERS_CSV AS_OF SEED OUT")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
