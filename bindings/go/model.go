// SPDX-License-Identifier: Apache-2.0

package mlcore

// #include "shim.h"
import "C"

import (
	"encoding/json"
	"math"
)

// Model is an artifact, opened and checked. It is immutable and may be shared between goroutines.
type Model struct {
	owner        *owner
	handle       *C.mlcore_model_t
	name, digest string
	version      int64
	features     *Features
}

// Open opens FILE.mlc, a directory that holds model.mlc, or DIR@ALIAS or DIR@v3 of a registry. Every byte
// is checked, and the artifact's proof rows are computed again.
// Errors: InvalidArgument/ReasonInvalidOption (a NUL, or what is no reference), NotFound/ReasonFileNotFound,
// Unavailable/ReasonIOFailure, DataLoss with ReasonNotAnArtifact, ReasonTruncated, ReasonChecksum,
// ReasonMalformedArtifact or ReasonProofFailed, Unimplemented/ReasonNewerFormat; of a registry NotFound with
// ReasonUnknownAlias or ReasonUnknownVersion, DataLoss/ReasonMalformedRegistry,
// FailedPrecondition/ReasonUnsafeFile.
func Open(ref string) (*Model, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	path := []byte(ref)
	var e cError
	var handle *C.mlcore_model_t
	err := result(C.mlcore_model_open((*C.char)(pointer(path)), C.int64_t(len(path)), &handle,
		e.ready()), &e.c)
	if err != nil {
		return nil, err
	}
	return newModel(handle)
}

// OpenBytes opens an artifact from its bytes, which are not needed afterwards.
// Errors: as [Open], but for files.
func OpenBytes(artifact []byte) (*Model, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	var e cError
	var handle *C.mlcore_model_t
	err := result(C.mlcore_go_open_bytes((*C.char)(pointer(artifact)), C.int64_t(len(artifact)),
		&handle, e.ready()), &e.c)
	if err != nil {
		return nil, err
	}
	return newModel(handle)
}

// newModel owns the handle, whether it fails or not.
func newModel(handle *C.mlcore_model_t) (*Model, error) {
	m := &Model{handle: handle}
	m.owner = newOwner("model", func() { C.mlcore_model_release(handle) })
	if err := m.ask(); err != nil {
		m.owner.close()
		return nil, err
	}
	return m, nil
}

func (m *Model) ask() error {
	var e cError
	var text *C.char
	var length C.int64_t
	if err := result(C.mlcore_model_name(m.handle, &text, &length, e.ready()), &e.c); err != nil {
		return err
	}
	m.name = goString(text, length)
	if err := result(C.mlcore_model_digest(m.handle, &text, &length, e.ready()), &e.c); err != nil {
		return err
	}
	m.digest = goString(text, length)
	var version C.int64_t
	if err := result(C.mlcore_model_version(m.handle, &version, e.ready()), &e.c); err != nil {
		return err
	}
	m.version = int64(version)
	var features *C.mlcore_features_t
	if err := result(C.mlcore_model_features(m.handle, &features, e.ready()), &e.c); err != nil {
		return err
	}
	var err error
	m.features, err = newFeatures(m.owner, features)
	return err
}

func (m *Model) enter() error {
	if m == nil {
		return nilError("the model")
	}
	return m.owner.enter()
}

// Name returns the model's name; "" for nil.
func (m *Model) Name() string {
	if m == nil {
		return ""
	}
	return m.name
}

// Digest returns what names the artifact's content: 64 hexadecimal digits; "" for nil.
func (m *Model) Digest() string {
	if m == nil {
		return ""
	}
	return m.digest
}

// Version returns the version that the model was opened from; 0 when it was not opened from a registry, and
// for nil.
func (m *Model) Version() int64 {
	if m == nil {
		return 0
	}
	return m.version
}

// Features returns the model's feature definition, fitted. It lives as long as the model; closing it
// does nothing. Those of nil are nil.
func (m *Model) Features() *Features {
	if m == nil {
		return nil
	}
	return m.features
}

// Describe returns what the model is, as one JSON object: name, digest, request, streams, features,
// outputs, the model's framework and contract, metadata.
// Errors: FailedPrecondition/ReasonClosedHandle.
func (m *Model) Describe() (json.RawMessage, error) {
	if err := m.enter(); err != nil {
		return nil, err
	}
	defer m.owner.leave()
	var e cError
	var needed C.int64_t
	if err := result(C.mlcore_model_describe(m.handle, nil, 0, &needed, e.ready()), &e.c); err != nil {
		return nil, err
	}
	text := make([]byte, needed)
	err := result(C.mlcore_model_describe(m.handle, (*C.char)(pointer(text)), needed, &needed,
		e.ready()), &e.c)
	return text, err
}

// OutputCount returns how many values a row gives as an output, from all boosting rounds.
// Errors: InvalidArgument/ReasonInvalidOption; FailedPrecondition with ReasonInvalidOption (an output that
// this model can't give) or ReasonClosedHandle.
func (m *Model) OutputCount(output Output) (int, error) {
	if err := m.enter(); err != nil {
		return 0, err
	}
	defer m.owner.leave()
	var e cError
	var count C.int64_t
	err := result(C.mlcore_model_output_count(m.handle, C.int32_t(output), &count, e.ready()), &e.c)
	return int(count), err
}

// Margins bypasses the feature definition: model features in, `rows` rows one after another, margins
// out. NaN is missing. It is for comparing with the framework that trained the model, and checks
// nothing against the definition.
// Errors: InvalidArgument with ReasonWrongWidth or ReasonInvalidLength (no whole rows);
// FailedPrecondition/ReasonClosedHandle.
func (m *Model) Margins(rows int, features []float64) ([]float64, error) {
	return m.margins(rows, len(features), func(columns C.int64_t, out []float64, e *C.mlcore_error_t) C.int32_t {
		return C.mlcore_model_margin_f64(m.handle, (*C.double)(pointer(features)), C.int64_t(rows),
			columns, columns, (*C.double)(pointer(out)), C.int64_t(len(out)), e)
	})
}

// Margins32 is [Model.Margins] of float32 features.
func (m *Model) Margins32(rows int, features []float32) ([]float64, error) {
	return m.margins(rows, len(features), func(columns C.int64_t, out []float64, e *C.mlcore_error_t) C.int32_t {
		return C.mlcore_model_margin_f32(m.handle, (*C.float)(pointer(features)), C.int64_t(rows),
			columns, columns, (*C.double)(pointer(out)), C.int64_t(len(out)), e)
	})
}

func (m *Model) margins(rows, count int,
	call func(C.int64_t, []float64, *C.mlcore_error_t) C.int32_t) ([]float64, error) {
	width, err := m.OutputCount(OutputMargin)
	if err != nil {
		return nil, err
	}
	columns, out, err := matrix(rows, count, len(m.features.names), width)
	if err != nil {
		return nil, err
	}
	if err := m.enter(); err != nil {
		return nil, err
	}
	defer m.owner.leave()
	var e cError
	if err := result(call(C.int64_t(columns), out, e.ready()), &e.c); err != nil {
		return nil, err
	}
	return out, nil
}

// mostEmpty is how many rows without a number get room for results, where that is an error.
const mostEmpty = 1 << 16

// matrix says how many columns the rows of `count` numbers have, and makes room for what they give: as a
// caller who is wrong has asked, but never for more rows than numbers came.
func matrix(rows, count, expected, width int) (columns int, out []float64, err error) {
	columns = expected
	if rows != 0 || count != 0 {
		if rows <= 0 || count%rows != 0 || rows > math.MaxInt32 {
			return 0, nil, newError(InvalidArgument, ReasonInvalidLength,
				"%d numbers are not %d whole rows", count, rows)
		}
		columns = count / rows
	}
	if count > 0 || columns == expected || rows <= mostEmpty {
		out = make([]float64, rows*width)
	}
	return columns, out, nil
}

// Close gives the model up: the library frees it once no call is in progress and its last context is
// closed. Closing again does nothing. It always returns nil.
func (m *Model) Close() error {
	if m != nil {
		m.owner.close()
	}
	return nil
}
