// SPDX-License-Identifier: Apache-2.0

package mlcore

// #include "shim.h"
import "C"

import (
	"time"
	"unsafe"
)

// State keeps the events of many keys. It may be shared between goroutines: it locks inside.
type State struct {
	owner    *owner
	handle   *C.mlcore_state_t
	features *Features
}

// StateOptions bound what a state keeps; the zero value keeps everything.
type StateOptions struct {
	MaxBytes     uint64         // memory that events and keys may take; 0 is unlimited
	MaxKeys      uint64         // 0 is unlimited
	Lateness     *time.Duration // events older than the newest by more are late; nil: none is
	CompleteFrom *time.Time     // every event from here on is ingested; nil: all are
}

// IngestReport says what became of a batch of events.
type IngestReport struct {
	Accepted       uint64
	Late           uint64
	Duplicate      uint64
	Conflict       uint64       // duplicates whose content differs
	Invalid        uint64       // rows that can't be read
	Replayed       uint64       // of a batch whose offset was seen before
	InvalidRows    []InvalidRow // the first 16 of them
	InvalidMessage string       // of the first one
}

// InvalidRow is a row of a batch that can't be read.
type InvalidRow struct {
	Row    int64
	Reason Reason
}

func (o StateOptions) toC() (C.mlcore_state_options_t, error) {
	var options C.mlcore_state_options_t
	var e cError
	err := result(C.mlcore_state_options_init(&options, C.sizeof_mlcore_state_options_t, e.ready()), &e.c)
	if err != nil {
		return options, err
	}
	options.max_bytes = C.uint64_t(o.MaxBytes)
	options.max_keys = C.uint64_t(o.MaxKeys)
	if o.Lateness != nil {
		options.flags |= C.MLCORE_STATE_HAS_LATENESS
		options.lateness = C.int64_t(span(*o.Lateness).number)
	}
	if o.CompleteFrom != nil {
		options.flags |= C.MLCORE_STATE_HAS_COMPLETE_FROM
		from, err := microsOf("CompleteFrom", *o.CompleteFrom)
		if err != nil {
			return options, err
		}
		options.complete_from = from
	}
	return options, nil
}

func microsOf(what string, t time.Time) (C.int64_t, error) {
	v := instant(t)
	if v.kind == isNever {
		return 0, newError(InvalidArgument, ReasonInvalidTimestamp,
			"%s: the year is not within 1 to 9999", what)
	}
	return C.int64_t(v.number), nil
}

// NewState makes an empty state for the streams of a definition. Any model whose definition has equal
// streams can read it.
// Errors: FailedPrecondition with ReasonUnsupportedFeature (no stream) or ReasonClosedHandle,
// InvalidArgument/ReasonInvalidOption.
func NewState(features *Features, options StateOptions) (*State, error) {
	given, err := options.toC()
	if err != nil {
		return nil, err
	}
	if err := features.enter(); err != nil {
		return nil, err
	}
	defer features.owner.leave()
	var e cError
	var handle *C.mlcore_state_t
	err = result(C.mlcore_state_new(features.handle, &given, &handle, e.ready()), &e.c)
	if err != nil {
		return nil, err
	}
	return newState(features, handle), nil
}

// RestoreState makes a state from a [State.Snapshot]; it goes on with the bits of the one that was
// copied.
// Errors: DataLoss with ReasonMalformedSnapshot, ReasonTruncated or ReasonChecksum,
// FailedPrecondition/ReasonStreamMismatch, and as [NewState].
func RestoreState(features *Features, snapshot []byte, options StateOptions) (*State, error) {
	given, err := options.toC()
	if err != nil {
		return nil, err
	}
	if err := features.enter(); err != nil {
		return nil, err
	}
	defer features.owner.leave()
	var e cError
	var handle *C.mlcore_state_t
	err = result(C.mlcore_go_restore(features.handle, (*C.char)(pointer(snapshot)),
		C.int64_t(len(snapshot)), &given, &handle, e.ready()), &e.c)
	if err != nil {
		return nil, err
	}
	return newState(features, handle), nil
}

func newState(features *Features, handle *C.mlcore_state_t) *State {
	return &State{newOwner("state", func() { C.mlcore_state_release(handle) }), handle, features}
}

func (s *State) enter() error {
	if s == nil {
		return nilError("the state")
	}
	return s.owner.enter()
}

// Ingest adds events of a stream, in any order of time. A row that can't be read is counted as invalid
// and the others are taken.
// Errors: NotFound/ReasonUnknownName (stream), InvalidArgument/ReasonLayoutMismatch (the events are of
// another layout: none is taken), ResourceExhausted/ReasonStateFull (Row is the first that was not taken;
// those before it stay), FailedPrecondition/ReasonClosedHandle.
func (s *State) Ingest(stream string, events *Rows) (IngestReport, error) {
	return s.ingest(stream, events, nil, 0)
}

// IngestFrom adds events from a source that may deliver them again: a batch whose offset is not past
// the greatest one taken from the source is ignored and counted as replayed.
// Errors: as [State.Ingest].
func (s *State) IngestFrom(stream string, events *Rows, source string, offset int64) (IngestReport, error) {
	return s.ingest(stream, events, append(make([]byte, 0, len(source)+1), source...), offset)
}

func (s *State) ingest(stream string, events *Rows, source []byte, offset int64) (IngestReport, error) {
	if err := s.enter(); err != nil {
		return IngestReport{}, err
	}
	defer s.owner.leave()
	if events == nil {
		return IngestReport{}, nilError("events")
	}
	at, err := s.features.find(stream)
	if err != nil {
		return IngestReport{}, err
	}
	var from *C.char
	if source != nil {
		from = (*C.char)(pointer(source))
	}
	var report C.mlcore_ingest_report_t
	report.struct_size = C.sizeof_mlcore_ingest_report_t
	var e cError
	err = result(C.mlcore_go_ingest(s.handle, C.int64_t(at), (*C.char)(pointer(events.bytes)),
		C.int64_t(len(events.bytes)), events.begin(), C.int64_t(events.Len()), from,
		C.int64_t(len(source)), C.int64_t(offset), &report, e.ready()), &e.c)
	if err != nil {
		return IngestReport{}, err
	}
	return reportOf(&report), nil
}

func reportOf(c *C.mlcore_ingest_report_t) IngestReport {
	report := IngestReport{Accepted: uint64(c.accepted), Late: uint64(c.late),
		Duplicate: uint64(c.duplicate), Conflict: uint64(c.conflict), Invalid: uint64(c.invalid),
		Replayed: uint64(c.replayed)}
	for i := 0; i < int(c.listed); i++ {
		report.InvalidRows = append(report.InvalidRows,
			InvalidRow{int64(c.invalid_row[i]), Reason(c.invalid_reason[i])})
	}
	if c.invalid > 0 {
		report.InvalidMessage = C.GoString(&c.invalid_message[0])
	}
	return report
}

// SourceOffset returns the greatest offset taken from a source: after a restore, where to go on reading.
// Errors: NotFound/ReasonUnknownName (nothing was taken from it); FailedPrecondition/ReasonClosedHandle.
func (s *State) SourceOffset(source string) (int64, error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.owner.leave()
	name := []byte(source)
	var e cError
	var offset C.int64_t
	err := result(C.mlcore_state_source_offset(s.handle, (*C.char)(pointer(name)),
		C.int64_t(len(name)), &offset, e.ready()), &e.c)
	return int64(offset), err
}

// Expire promises that no event before `now` minus the lateness will come; what no window can reach any
// more is forgotten.
// Errors: FailedPrecondition with ReasonInvalidOption (a state without a lateness) or
// ReasonClosedHandle; InvalidArgument/ReasonInvalidTimestamp.
func (s *State) Expire(now time.Time) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.owner.leave()
	at, err := microsOf("now", now)
	if err != nil {
		return err
	}
	var e cError
	return result(C.mlcore_state_expire(s.handle, at, e.ready()), &e.c)
}

// Snapshot copies the whole state, the offsets of sources included.
// Errors: FailedPrecondition/ReasonClosedHandle.
func (s *State) Snapshot() ([]byte, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.owner.leave()
	var e cError
	var buffer *C.mlcore_buffer_t
	if err := result(C.mlcore_state_snapshot(s.handle, &buffer, e.ready()), &e.c); err != nil {
		return nil, err
	}
	return take(buffer)
}

// take copies the bytes of a buffer, and releases it.
func take(buffer *C.mlcore_buffer_t) ([]byte, error) {
	defer C.mlcore_buffer_release(buffer)
	var e cError
	var bytes unsafe.Pointer
	var size C.int64_t
	if err := result(C.mlcore_buffer_bytes(buffer, &bytes, &size, e.ready()), &e.c); err != nil {
		return nil, err
	}
	return append([]byte(nil), unsafe.Slice((*byte)(bytes), int(size))...), nil
}

// KeyCount returns how many keys the state holds.
// Errors: FailedPrecondition/ReasonClosedHandle.
func (s *State) KeyCount() (uint64, error) {
	return s.number(func(n *C.uint64_t, e *C.mlcore_error_t) C.int32_t {
		return C.mlcore_state_key_count(s.handle, n, e)
	})
}

// EventCount returns how many events the state holds.
// Errors: FailedPrecondition/ReasonClosedHandle.
func (s *State) EventCount() (uint64, error) {
	return s.number(func(n *C.uint64_t, e *C.mlcore_error_t) C.int32_t {
		return C.mlcore_state_event_count(s.handle, n, e)
	})
}

// Memory returns how many bytes of memory the state holds.
// Errors: FailedPrecondition/ReasonClosedHandle.
func (s *State) Memory() (uint64, error) {
	return s.number(func(n *C.uint64_t, e *C.mlcore_error_t) C.int32_t {
		return C.mlcore_state_memory(s.handle, n, e)
	})
}

func (s *State) number(ask func(*C.uint64_t, *C.mlcore_error_t) C.int32_t) (uint64, error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.owner.leave()
	var e cError
	var n C.uint64_t
	err := result(ask(&n, e.ready()), &e.c)
	return uint64(n), err
}

// Close frees the state once no call is in progress. Closing again does nothing. It always returns nil.
func (s *State) Close() error {
	if s != nil {
		s.owner.close()
	}
	return nil
}
