// SPDX-License-Identifier: Apache-2.0

package mlcore

// #include "shim.h"
import "C"

// Features is a feature definition: a model's, or one compiled from text. It is immutable and may be
// shared between goroutines.
type Features struct {
	owner             *owner
	handle            *C.mlcore_features_t
	borrowed          bool // from a model
	text, fingerprint string
	names, streams    []string
	request           *Layout
	layouts           []*Layout // of the streams
}

// ParseFeatures compiles the text of a definition, to make a state or features before a model exists.
// Errors: InvalidArgument with ReasonSyntax, ReasonInvalidUTF8, ReasonUnknownName,
// ReasonDuplicateName, ReasonTypeError or ReasonLimitExceeded, Unimplemented/ReasonUnsupportedFeature;
// the message has line, column and a caret.
func ParseFeatures(text string) (*Features, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	source := []byte(text)
	var e cError
	var handle *C.mlcore_features_t
	err := result(C.mlcore_features_open((*C.char)(pointer(source)), C.int64_t(len(source)), &handle,
		e.ready()), &e.c)
	if err != nil {
		return nil, err
	}
	o := newOwner("definition", func() { C.mlcore_features_release(handle) })
	f, err := newFeatures(o, handle)
	if err != nil {
		o.close()
		return nil, err
	}
	f.borrowed = false
	return f, nil
}

// newFeatures asks for all there is to know.
func newFeatures(o *owner, handle *C.mlcore_features_t) (*Features, error) {
	f := &Features{owner: o, handle: handle, borrowed: true}
	var e cError
	var text *C.char
	var length, count C.int64_t
	if err := result(C.mlcore_features_text(handle, &text, &length, e.ready()), &e.c); err != nil {
		return nil, err
	}
	f.text = goString(text, length)
	if err := result(C.mlcore_features_fingerprint(handle, &text, &length, e.ready()), &e.c); err != nil {
		return nil, err
	}
	f.fingerprint = goString(text, length)
	if err := result(C.mlcore_feature_count(handle, &count, e.ready()), &e.c); err != nil {
		return nil, err
	}
	for i := C.int64_t(0); i < count; i++ {
		err := result(C.mlcore_feature_name(handle, i, &text, &length, e.ready()), &e.c)
		if err != nil {
			return nil, err
		}
		f.names = append(f.names, goString(text, length))
	}
	return f, f.askLayouts()
}

func (f *Features) askLayouts() error {
	var e cError
	var layout *C.mlcore_layout_t
	err := result(C.mlcore_features_request_layout(f.handle, &layout, e.ready()), &e.c)
	if err != nil {
		return err
	}
	if f.request, err = newLayout(f.owner, layout); err != nil {
		return err
	}
	var count, length C.int64_t
	err = result(C.mlcore_features_stream_count(f.handle, &count, e.ready()), &e.c)
	for i := C.int64_t(0); i < count && err == nil; i++ {
		var text *C.char
		if err = result(C.mlcore_features_stream_name(f.handle, i, &text, &length, e.ready()), &e.c); err != nil {
			return err
		}
		f.streams = append(f.streams, goString(text, length))
		if err = result(C.mlcore_features_stream_layout(f.handle, i, &layout, e.ready()), &e.c); err != nil {
			return err
		}
		var stream *Layout
		stream, err = newLayout(f.owner, layout)
		f.layouts = append(f.layouts, stream)
	}
	return err
}

func (f *Features) enter() error {
	if f == nil {
		return nilError("the definition")
	}
	return f.owner.enter()
}

// Text returns the definition's canonical text; "" for nil.
func (f *Features) Text() string {
	if f == nil {
		return ""
	}
	return f.text
}

// Fingerprint returns what names the definition's meaning: 64 hexadecimal digits; "" for nil.
func (f *Features) Fingerprint() string {
	if f == nil {
		return ""
	}
	return f.fingerprint
}

// Names returns the names of the features, in the order of their values; none for nil.
func (f *Features) Names() []string {
	if f == nil {
		return nil
	}
	return append([]string(nil), f.names...)
}

// Request returns the layout of a request: keys, inputs, then as_of where windows need it. That of nil
// is nil.
func (f *Features) Request() *Layout {
	if f == nil {
		return nil
	}
	return f.request
}

// Streams returns the names of the streams of events; none for nil.
func (f *Features) Streams() []string {
	if f == nil {
		return nil
	}
	return append([]string(nil), f.streams...)
}

// Stream returns the layout of a stream's events.
// Errors: NotFound/ReasonUnknownName; FailedPrecondition/ReasonClosedHandle.
func (f *Features) Stream(name string) (*Layout, error) {
	at, err := f.find(name)
	if err != nil {
		return nil, err
	}
	return f.layouts[at], nil
}

func (f *Features) find(name string) (int, error) {
	if f == nil {
		return 0, nilError("the definition")
	}
	for i, stream := range f.streams {
		if stream == name {
			return i, nil
		}
	}
	if err := f.enter(); err != nil {
		return 0, err
	}
	defer f.owner.leave()
	text := []byte(name)
	var e cError
	var at C.int64_t
	err := result(C.mlcore_features_find_stream(f.handle, (*C.char)(pointer(text)),
		C.int64_t(len(text)), &at, e.ready()), &e.c)
	return int(at), err
}

// Compute computes the features of many requests, one row of len(Names()) values after another. The
// state is nil for a definition without streams. A model's context gives the same bits one row at a
// time.
// Errors: FailedPrecondition with ReasonNotFitted, ReasonNeedsState, ReasonStreamMismatch,
// ReasonIncompleteHistory or ReasonClosedHandle; OutOfRange/ReasonNotRetained; as [Layout.Check], Row
// says which.
func (f *Features) Compute(state *State, requests *Rows) ([]float64, error) {
	if requests == nil {
		return nil, nilError("requests")
	}
	if err := f.enter(); err != nil {
		return nil, err
	}
	defer f.owner.leave()
	var events *C.mlcore_state_t
	if state != nil {
		if err := state.enter(); err != nil {
			return nil, err
		}
		defer state.owner.leave()
		events = state.handle
	}
	out := make([]float64, requests.Len()*len(f.names))
	var e cError
	err := result(C.mlcore_go_compute(f.handle, events, (*C.char)(pointer(requests.bytes)),
		C.int64_t(len(requests.bytes)), requests.begin(), C.int64_t(requests.Len()),
		(*C.double)(pointer(out)), C.int64_t(len(out)), e.ready()), &e.c)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Close frees a definition from [ParseFeatures], once no call is in progress. Closing again, or closing
// a model's definition, does nothing. It always returns nil.
func (f *Features) Close() error {
	if f != nil && !f.borrowed {
		f.owner.close()
	}
	return nil
}
