// SPDX-License-Identifier: Apache-2.0

package mlcore_test

import (
	"bytes"
	"os"
	"runtime/debug"
	"strconv"
	"testing"
	"time"

	"github.com/mlcore/mlcore-go"
)

const (
	rounds    = 15000
	perRound  = 7        // handles
	events    = 100      // a round, so that what is lost would be seen
	allowance = 24 << 20 // bytes: what a heap may scatter
)

// resident returns how many bytes of the process are in memory.
func resident(t *testing.T) int {
	debug.FreeOSMemory()
	fields := bytes.Fields(must(os.ReadFile("/proc/self/statm")))
	pages, err := strconv.Atoi(string(fields[1]))
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// round makes seven handles of six kinds, and uses those that hold memory.
func round(t *testing.T, lender *mlcore.Model, artifact []byte, orders []orderRow) []interface{ Close() error } {
	model := must(mlcore.OpenBytes(artifact))
	features := must(mlcore.ParseFeatures(model.Features().Text()))
	state := must(mlcore.NewState(features, mlcore.StateOptions{}))
	must(state.Ingest("orders", rowsOf(t, must(features.Stream("orders")), orders...)))
	restored := must(mlcore.RestoreState(features, must(state.Snapshot()), mlcore.StateOptions{}))
	context := must(model.NewContext(mlcore.ContextOptions{}))
	must(context.PredictAt(restored, request))
	must(context.PredictEvents(request, rowsOf(t, must(features.Stream("orders")), orders...)))
	monitor := must(mlcore.NewMonitor(lender, mlcore.MonitorOptions{MaxPanes: 2}))
	monitored := must(lender.NewContext(mlcore.ContextOptions{Monitor: monitor}))
	must(monitored.Predict(applicant))
	must(monitor.Report())
	return []interface{ Close() error }{model, features, state, restored, context, monitor, monitored}
}

// MLCORE_LEAK asks for it: it takes a while.
func TestAHundredThousandHandlesTakeConstantMemory(t *testing.T) {
	if os.Getenv("MLCORE_LEAK") == "" {
		t.Skip("MLCORE_LEAK is not set")
	}
	artifact, lender := must(os.ReadFile("shop.mlc")), open(t, "lender.mlc")
	var orders []orderRow
	for i := 0; i < events; i++ {
		orders = append(orders, orderRow{"ada", day.Add(-time.Duration(i) * time.Hour), i, 0.5})
	}
	for _, closes := range []bool{true, false} {
		t.Run(map[bool]string{true: "closed", false: "forgotten"}[closes], func(t *testing.T) {
			begin, handles := 0, 0
			for i := 0; i < rounds; i++ {
				if i == rounds/10 {
					collect()
					begin = resident(t)
				}
				for _, handle := range round(t, lender, artifact, orders) {
					handles++
					if closes {
						handle.Close()
					}
				}
				if !closes && i%100 == 0 {
					collect()
				}
			}
			collect()
			if grown := resident(t) - begin; handles != rounds*perRound || grown > allowance {
				t.Errorf("%d handles, and %d bytes more than after a tenth of them", handles, grown)
			} else {
				t.Logf("%d handles, %d bytes more than after a tenth of them", handles, grown)
			}
		})
	}
}
