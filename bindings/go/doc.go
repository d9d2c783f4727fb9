// SPDX-License-Identifier: Apache-2.0

// Package mlcore scores machine-learning models from one file, features included, with the bits of
// training. It binds the C API of the mlcore library; events and requests go in, predictions come
// out.
//
//	model, err := mlcore.Open("churn.mlc")
//	state, err := mlcore.NewState(model.Features(), mlcore.StateOptions{})
//	context, err := model.NewContext(mlcore.ContextOptions{})
//	churn, err := context.PredictAt(state, map[string]any{"customer": "7", "as_of": time.Now()})
//
// # Rows
//
// A row is a pointer to a struct with `mlcore:"name"` tags, a map[string]any, or a [Row], which is
// packed already. A struct is passed by pointer in a hot path: no call for one row then allocates
// anything.
//
//	bool       bool
//	i64        any integer type
//	f64        any integer or floating-point type; NaN is a null
//	string     string, valid UTF-8
//	timestamp  time.Time, floored to a microsecond
//	duration   time.Duration, floored to a microsecond
//
// A null is a nil, a nil pointer, or a [database/sql/driver.Valuer] that gives nil, as
// sql.NullString; pointers are followed. Named types count as what they are made of. A field that is
// absent is null where the definition allows it. Structs that are embedded count with their tags; a
// pointer that is embedded, and a struct whose fields have no tag, are refused. Nothing else is converted: a number
// is no timestamp, a float is no integer, and bytes are no string.
//
// # Errors
//
// Every error of the package is an [*Error]. A [Code] and a [Reason] are errors too:
//
//	if errors.Is(err, mlcore.ReasonNeedsState) { … }
//
// # Goroutines
//
// A [Model], [Features], [Layout], [State], [Monitor] and [Pool] may be shared. A [Context] has one call at a
// time: a second one is refused with [ReasonHandleInUse] and [FailedPrecondition], never run. Use a [Pool].
//
// # Lifetime
//
// Close frees what the library holds; a call after Close is an error with [ReasonClosedHandle]. Close
// may run beside calls on a shared handle, which end first. What is not closed is freed some time
// after the last reference to it is gone. A context keeps its model: close the model, or swap it for
// another, and the context goes on.
package mlcore
