// SPDX-License-Identifier: Apache-2.0

//go:build go1.24

package mlcore

// What is passed to these functions is not kept, and none of them calls back: what points to Go memory
// may lie on the stack. Before Go 1.24 the compiler can't be told, and some calls allocate an error
// that they do not use; calls for one row pass no pointer to Go memory and allocate nothing either way.

// #include "shim.h"
// #cgo noescape mlcore_go_row
// #cgo nocallback mlcore_go_row
// #cgo noescape mlcore_go_f64
// #cgo nocallback mlcore_go_f64
// #cgo noescape mlcore_go_f32
// #cgo nocallback mlcore_go_f32
// #cgo noescape mlcore_go_at
// #cgo nocallback mlcore_go_at
// #cgo noescape mlcore_go_events
// #cgo nocallback mlcore_go_events
// #cgo noescape mlcore_predict_batch_f64
// #cgo nocallback mlcore_predict_batch_f64
// #cgo noescape mlcore_predict_batch_f32
// #cgo nocallback mlcore_predict_batch_f32
// #cgo noescape mlcore_go_batch_at
// #cgo nocallback mlcore_go_batch_at
// #cgo noescape mlcore_go_compute
// #cgo nocallback mlcore_go_compute
// #cgo noescape mlcore_go_ingest
// #cgo nocallback mlcore_go_ingest
// #cgo noescape mlcore_row_from_json
// #cgo nocallback mlcore_row_from_json
// #cgo noescape mlcore_go_row_check
// #cgo nocallback mlcore_go_row_check
import "C"
