// SPDX-License-Identifier: Apache-2.0

package mlcore

// #include "shim.h"
import "C"

import "fmt"

// Code says what kind of failure it was: the gRPC status numbers. A code is an error that
// [errors.Is] finds in every [*Error] of this code.
type Code int32

// The codes that the library and this package give.
const (
	OK                 Code = C.MLCORE_OK
	Cancelled          Code = C.MLCORE_CANCELLED
	Unknown            Code = C.MLCORE_UNKNOWN
	InvalidArgument    Code = C.MLCORE_INVALID_ARGUMENT
	DeadlineExceeded   Code = C.MLCORE_DEADLINE_EXCEEDED
	NotFound           Code = C.MLCORE_NOT_FOUND
	AlreadyExists      Code = C.MLCORE_ALREADY_EXISTS
	PermissionDenied   Code = C.MLCORE_PERMISSION_DENIED
	ResourceExhausted  Code = C.MLCORE_RESOURCE_EXHAUSTED
	FailedPrecondition Code = C.MLCORE_FAILED_PRECONDITION
	Aborted            Code = C.MLCORE_ABORTED
	OutOfRange         Code = C.MLCORE_OUT_OF_RANGE
	Unimplemented      Code = C.MLCORE_UNIMPLEMENTED
	Internal           Code = C.MLCORE_INTERNAL
	Unavailable        Code = C.MLCORE_UNAVAILABLE
	DataLoss           Code = C.MLCORE_DATA_LOSS
)

// String returns the code's name, as "INVALID_ARGUMENT"; "" for a number that is not registered.
func (c Code) String() string { return C.GoString(C.mlcore_code_name(C.int32_t(c))) }

// Error returns the code's name.
func (c Code) Error() string { return c.String() }

// Reason tells one cause from another under the same code. A reason is an error that [errors.Is]
// finds in every [*Error] of this reason.
type Reason int32

// The reasons, in hundreds by subject. They never change their meaning.
const (
	ReasonNone Reason = C.MLCORE_REASON_NONE

	// Calling the library.
	ReasonNullPointer    Reason = C.MLCORE_REASON_NULL_POINTER
	ReasonABIMismatch    Reason = C.MLCORE_REASON_ABI_MISMATCH
	ReasonBufferTooSmall Reason = C.MLCORE_REASON_BUFFER_TOO_SMALL
	ReasonInvalidOption  Reason = C.MLCORE_REASON_INVALID_OPTION
	ReasonClosedHandle   Reason = C.MLCORE_REASON_CLOSED_HANDLE
	ReasonOutOfMemory    Reason = C.MLCORE_REASON_OUT_OF_MEMORY
	ReasonInternalFault  Reason = C.MLCORE_REASON_INTERNAL_FAULT
	ReasonWrongWidth     Reason = C.MLCORE_REASON_WRONG_WIDTH
	ReasonInvalidLength  Reason = C.MLCORE_REASON_INVALID_LENGTH
	ReasonInvalidIndex   Reason = C.MLCORE_REASON_INVALID_INDEX
	ReasonHandleInUse    Reason = C.MLCORE_REASON_HANDLE_IN_USE

	// Data.
	ReasonMissingColumn    Reason = C.MLCORE_REASON_MISSING_COLUMN
	ReasonUnknownColumn    Reason = C.MLCORE_REASON_UNKNOWN_COLUMN
	ReasonTypeMismatch     Reason = C.MLCORE_REASON_TYPE_MISMATCH
	ReasonNullNotAllowed   Reason = C.MLCORE_REASON_NULL_NOT_ALLOWED
	ReasonInvalidUTF8      Reason = C.MLCORE_REASON_INVALID_UTF8
	ReasonMalformedCSV     Reason = C.MLCORE_REASON_MALFORMED_CSV
	ReasonMalformedJSON    Reason = C.MLCORE_REASON_MALFORMED_JSON
	ReasonEmptyInput       Reason = C.MLCORE_REASON_EMPTY_INPUT
	ReasonInvalidTimestamp Reason = C.MLCORE_REASON_INVALID_TIMESTAMP
	ReasonInvalidNumber    Reason = C.MLCORE_REASON_INVALID_NUMBER
	ReasonLayoutMismatch   Reason = C.MLCORE_REASON_LAYOUT_MISMATCH
	ReasonMalformedRow     Reason = C.MLCORE_REASON_MALFORMED_ROW
	ReasonDuplicateColumn  Reason = C.MLCORE_REASON_DUPLICATE_COLUMN

	// Definitions, windows, state.
	ReasonSyntax             Reason = C.MLCORE_REASON_SYNTAX
	ReasonUnknownName        Reason = C.MLCORE_REASON_UNKNOWN_NAME
	ReasonDuplicateName      Reason = C.MLCORE_REASON_DUPLICATE_NAME
	ReasonTypeError          Reason = C.MLCORE_REASON_TYPE_ERROR
	ReasonLimitExceeded      Reason = C.MLCORE_REASON_LIMIT_EXCEEDED
	ReasonNeedsState         Reason = C.MLCORE_REASON_NEEDS_STATE
	ReasonNotRetained        Reason = C.MLCORE_REASON_NOT_RETAINED
	ReasonNotFitted          Reason = C.MLCORE_REASON_NOT_FITTED
	ReasonStreamMismatch     Reason = C.MLCORE_REASON_STREAM_MISMATCH
	ReasonMalformedSnapshot  Reason = C.MLCORE_REASON_MALFORMED_SNAPSHOT
	ReasonStateFull          Reason = C.MLCORE_REASON_STATE_FULL
	ReasonIncompleteHistory  Reason = C.MLCORE_REASON_INCOMPLETE_HISTORY
	ReasonUnsupportedFeature Reason = C.MLCORE_REASON_UNSUPPORTED_FEATURE
	ReasonNeedsAsOf          Reason = C.MLCORE_REASON_NEEDS_AS_OF
	ReasonNotNumeric         Reason = C.MLCORE_REASON_NOT_NUMERIC

	// Models.
	ReasonMalformedModel   Reason = C.MLCORE_REASON_MALFORMED_MODEL
	ReasonUnsupportedModel Reason = C.MLCORE_REASON_UNSUPPORTED_MODEL
	ReasonInvalidTree      Reason = C.MLCORE_REASON_INVALID_TREE
	ReasonFeatureCount     Reason = C.MLCORE_REASON_FEATURE_COUNT
	ReasonFeatureNames     Reason = C.MLCORE_REASON_FEATURE_NAMES

	// Artifacts.
	ReasonNotAnArtifact     Reason = C.MLCORE_REASON_NOT_AN_ARTIFACT
	ReasonTruncated         Reason = C.MLCORE_REASON_TRUNCATED
	ReasonChecksum          Reason = C.MLCORE_REASON_CHECKSUM
	ReasonNewerFormat       Reason = C.MLCORE_REASON_NEWER_FORMAT
	ReasonMalformedArtifact Reason = C.MLCORE_REASON_MALFORMED_ARTIFACT
	ReasonProofFailed       Reason = C.MLCORE_REASON_PROOF_FAILED

	// Files and training.
	ReasonFileNotFound   Reason = C.MLCORE_REASON_FILE_NOT_FOUND
	ReasonIOFailure      Reason = C.MLCORE_REASON_IO_FAILURE
	ReasonMalformedSpec  Reason = C.MLCORE_REASON_MALFORMED_SPEC
	ReasonLabelLeak      Reason = C.MLCORE_REASON_LABEL_LEAK
	ReasonTrainingFailed Reason = C.MLCORE_REASON_TRAINING_FAILED
	ReasonVersionExists  Reason = C.MLCORE_REASON_VERSION_EXISTS

	// The registry.
	ReasonUnknownVersion    Reason = C.MLCORE_REASON_UNKNOWN_VERSION
	ReasonUnknownAlias      Reason = C.MLCORE_REASON_UNKNOWN_ALIAS
	ReasonAliasMoved        Reason = C.MLCORE_REASON_ALIAS_MOVED
	ReasonGateRefused       Reason = C.MLCORE_REASON_GATE_REFUSED
	ReasonMalformedRegistry Reason = C.MLCORE_REASON_MALFORMED_REGISTRY
	ReasonUnsafeFile        Reason = C.MLCORE_REASON_UNSAFE_FILE
	ReasonNoPreviousVersion Reason = C.MLCORE_REASON_NO_PREVIOUS_VERSION

	// Drift and monitoring.
	ReasonNoReference      Reason = C.MLCORE_REASON_NO_REFERENCE
	ReasonOtherModel       Reason = C.MLCORE_REASON_OTHER_MODEL
	ReasonAlreadyMonitored Reason = C.MLCORE_REASON_ALREADY_MONITORED
)

// String returns the reason's name, as "missing_column"; "" for a number that is not registered.
func (r Reason) String() string { return C.GoString(C.mlcore_reason_name(C.int32_t(r))) }

// Error returns the reason's name.
func (r Reason) Error() string { return r.String() }

// Error is what was refused, and why. Every error that this package returns is one.
type Error struct {
	Code    Code
	Reason  Reason
	Column  int    // position in the schema, from 0; -1 where it does not apply
	Row     int64  // position in the batch, from 0; -1 where it does not apply
	Message string // a sentence that names the thing
	cause   error
}

// Error returns the message with the names of code and reason.
func (e *Error) Error() string {
	return fmt.Sprintf("%s (%s/%s)", e.Message, e.Code, e.Reason)
}

// Is reports whether target is the error's code or reason.
func (e *Error) Is(target error) bool {
	switch t := target.(type) {
	case Code:
		return e.Code == t
	case Reason:
		return e.Reason == t
	}
	return false
}

// Unwrap returns the error of the caller's own code that made a value unusable, or nil.
func (e *Error) Unwrap() error { return e.cause }

func newError(code Code, reason Reason, format string, arguments ...any) *Error {
	return &Error{Code: code, Reason: reason, Column: -1, Row: -1,
		Message: fmt.Sprintf(format, arguments...)}
}

func nilError(what string) *Error {
	return newError(InvalidArgument, ReasonNullPointer, "%s is nil", what)
}

// cError is a mlcore_error_t that a call may fill.
type cError struct{ c C.mlcore_error_t }

func (e *cError) ready() *C.mlcore_error_t {
	e.c.struct_size = C.sizeof_mlcore_error_t
	return &e.c
}

// result returns nil for OK, and else what was written to `e`.
func result(code C.int32_t, e *C.mlcore_error_t) error {
	if code == C.MLCORE_OK {
		return nil
	}
	return &Error{Code: Code(e.code), Reason: Reason(e.reason), Column: int(e.column),
		Row: int64(e.row), Message: C.GoString(&e.message[0])}
}

// Version returns the version of the library, as "0.1.0".
func Version() string { return C.GoString(C.mlcore_version()) }

// checkABI says whether the library that was loaded is the one that this package was built for.
func checkABI() error {
	var e cError
	return result(C.mlcore_check_abi(C.MLCORE_ABI_VERSION, e.ready()), &e.c)
}
