// SPDX-License-Identifier: Apache-2.0

package mlcore_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/mlcore/mlcore-go"
)

// Every constant of the package, under its name in the C header.
var constants = map[string]int64{
	"MLCORE_OUTPUT_PREDICTION": int64(mlcore.OutputPrediction),
	"MLCORE_OUTPUT_MARGIN":     int64(mlcore.OutputMargin),
	"MLCORE_OUTPUT_FEATURES":   int64(mlcore.OutputFeatures),
	"MLCORE_OUTPUT_CLASS":      int64(mlcore.OutputClass),
	"MLCORE_OUTPUT_LEAF":       int64(mlcore.OutputLeaf),

	"MLCORE_ABSENT_DEFAULT": int64(mlcore.AbsentDefault),
	"MLCORE_ABSENT_MISSING": int64(mlcore.AbsentMissing),
	"MLCORE_ABSENT_ZERO":    int64(mlcore.AbsentZero),

	"MLCORE_TYPE_BOOLEAN":   int64(mlcore.Boolean),
	"MLCORE_TYPE_I64":       int64(mlcore.Int64),
	"MLCORE_TYPE_F64":       int64(mlcore.Float64),
	"MLCORE_TYPE_STRING":    int64(mlcore.String),
	"MLCORE_TYPE_TIMESTAMP": int64(mlcore.Timestamp),
	"MLCORE_TYPE_DURATION":  int64(mlcore.Duration),

	"MLCORE_OK":                  int64(mlcore.OK),
	"MLCORE_CANCELLED":           int64(mlcore.Cancelled),
	"MLCORE_UNKNOWN":             int64(mlcore.Unknown),
	"MLCORE_INVALID_ARGUMENT":    int64(mlcore.InvalidArgument),
	"MLCORE_DEADLINE_EXCEEDED":   int64(mlcore.DeadlineExceeded),
	"MLCORE_NOT_FOUND":           int64(mlcore.NotFound),
	"MLCORE_ALREADY_EXISTS":      int64(mlcore.AlreadyExists),
	"MLCORE_PERMISSION_DENIED":   int64(mlcore.PermissionDenied),
	"MLCORE_RESOURCE_EXHAUSTED":  int64(mlcore.ResourceExhausted),
	"MLCORE_FAILED_PRECONDITION": int64(mlcore.FailedPrecondition),
	"MLCORE_ABORTED":             int64(mlcore.Aborted),
	"MLCORE_OUT_OF_RANGE":        int64(mlcore.OutOfRange),
	"MLCORE_UNIMPLEMENTED":       int64(mlcore.Unimplemented),
	"MLCORE_INTERNAL":            int64(mlcore.Internal),
	"MLCORE_UNAVAILABLE":         int64(mlcore.Unavailable),
	"MLCORE_DATA_LOSS":           int64(mlcore.DataLoss),

	"MLCORE_REASON_NONE":                int64(mlcore.ReasonNone),
	"MLCORE_REASON_NULL_POINTER":        int64(mlcore.ReasonNullPointer),
	"MLCORE_REASON_ABI_MISMATCH":        int64(mlcore.ReasonABIMismatch),
	"MLCORE_REASON_BUFFER_TOO_SMALL":    int64(mlcore.ReasonBufferTooSmall),
	"MLCORE_REASON_INVALID_OPTION":      int64(mlcore.ReasonInvalidOption),
	"MLCORE_REASON_CLOSED_HANDLE":       int64(mlcore.ReasonClosedHandle),
	"MLCORE_REASON_OUT_OF_MEMORY":       int64(mlcore.ReasonOutOfMemory),
	"MLCORE_REASON_INTERNAL_FAULT":      int64(mlcore.ReasonInternalFault),
	"MLCORE_REASON_WRONG_WIDTH":         int64(mlcore.ReasonWrongWidth),
	"MLCORE_REASON_INVALID_LENGTH":      int64(mlcore.ReasonInvalidLength),
	"MLCORE_REASON_INVALID_INDEX":       int64(mlcore.ReasonInvalidIndex),
	"MLCORE_REASON_HANDLE_IN_USE":       int64(mlcore.ReasonHandleInUse),
	"MLCORE_REASON_MISSING_COLUMN":      int64(mlcore.ReasonMissingColumn),
	"MLCORE_REASON_UNKNOWN_COLUMN":      int64(mlcore.ReasonUnknownColumn),
	"MLCORE_REASON_TYPE_MISMATCH":       int64(mlcore.ReasonTypeMismatch),
	"MLCORE_REASON_NULL_NOT_ALLOWED":    int64(mlcore.ReasonNullNotAllowed),
	"MLCORE_REASON_INVALID_UTF8":        int64(mlcore.ReasonInvalidUTF8),
	"MLCORE_REASON_MALFORMED_CSV":       int64(mlcore.ReasonMalformedCSV),
	"MLCORE_REASON_MALFORMED_JSON":      int64(mlcore.ReasonMalformedJSON),
	"MLCORE_REASON_EMPTY_INPUT":         int64(mlcore.ReasonEmptyInput),
	"MLCORE_REASON_INVALID_TIMESTAMP":   int64(mlcore.ReasonInvalidTimestamp),
	"MLCORE_REASON_INVALID_NUMBER":      int64(mlcore.ReasonInvalidNumber),
	"MLCORE_REASON_LAYOUT_MISMATCH":     int64(mlcore.ReasonLayoutMismatch),
	"MLCORE_REASON_MALFORMED_ROW":       int64(mlcore.ReasonMalformedRow),
	"MLCORE_REASON_DUPLICATE_COLUMN":    int64(mlcore.ReasonDuplicateColumn),
	"MLCORE_REASON_SYNTAX":              int64(mlcore.ReasonSyntax),
	"MLCORE_REASON_UNKNOWN_NAME":        int64(mlcore.ReasonUnknownName),
	"MLCORE_REASON_DUPLICATE_NAME":      int64(mlcore.ReasonDuplicateName),
	"MLCORE_REASON_TYPE_ERROR":          int64(mlcore.ReasonTypeError),
	"MLCORE_REASON_LIMIT_EXCEEDED":      int64(mlcore.ReasonLimitExceeded),
	"MLCORE_REASON_NEEDS_STATE":         int64(mlcore.ReasonNeedsState),
	"MLCORE_REASON_NOT_RETAINED":        int64(mlcore.ReasonNotRetained),
	"MLCORE_REASON_NOT_FITTED":          int64(mlcore.ReasonNotFitted),
	"MLCORE_REASON_STREAM_MISMATCH":     int64(mlcore.ReasonStreamMismatch),
	"MLCORE_REASON_MALFORMED_SNAPSHOT":  int64(mlcore.ReasonMalformedSnapshot),
	"MLCORE_REASON_STATE_FULL":          int64(mlcore.ReasonStateFull),
	"MLCORE_REASON_INCOMPLETE_HISTORY":  int64(mlcore.ReasonIncompleteHistory),
	"MLCORE_REASON_UNSUPPORTED_FEATURE": int64(mlcore.ReasonUnsupportedFeature),
	"MLCORE_REASON_NEEDS_AS_OF":         int64(mlcore.ReasonNeedsAsOf),
	"MLCORE_REASON_NOT_NUMERIC":         int64(mlcore.ReasonNotNumeric),
	"MLCORE_REASON_MALFORMED_MODEL":     int64(mlcore.ReasonMalformedModel),
	"MLCORE_REASON_UNSUPPORTED_MODEL":   int64(mlcore.ReasonUnsupportedModel),
	"MLCORE_REASON_INVALID_TREE":        int64(mlcore.ReasonInvalidTree),
	"MLCORE_REASON_FEATURE_COUNT":       int64(mlcore.ReasonFeatureCount),
	"MLCORE_REASON_FEATURE_NAMES":       int64(mlcore.ReasonFeatureNames),
	"MLCORE_REASON_NOT_AN_ARTIFACT":     int64(mlcore.ReasonNotAnArtifact),
	"MLCORE_REASON_TRUNCATED":           int64(mlcore.ReasonTruncated),
	"MLCORE_REASON_CHECKSUM":            int64(mlcore.ReasonChecksum),
	"MLCORE_REASON_NEWER_FORMAT":        int64(mlcore.ReasonNewerFormat),
	"MLCORE_REASON_MALFORMED_ARTIFACT":  int64(mlcore.ReasonMalformedArtifact),
	"MLCORE_REASON_PROOF_FAILED":        int64(mlcore.ReasonProofFailed),
	"MLCORE_REASON_FILE_NOT_FOUND":      int64(mlcore.ReasonFileNotFound),
	"MLCORE_REASON_IO_FAILURE":          int64(mlcore.ReasonIOFailure),
	"MLCORE_REASON_MALFORMED_SPEC":      int64(mlcore.ReasonMalformedSpec),
	"MLCORE_REASON_LABEL_LEAK":          int64(mlcore.ReasonLabelLeak),
	"MLCORE_REASON_TRAINING_FAILED":     int64(mlcore.ReasonTrainingFailed),
	"MLCORE_REASON_VERSION_EXISTS":      int64(mlcore.ReasonVersionExists),
	"MLCORE_REASON_UNKNOWN_VERSION":     int64(mlcore.ReasonUnknownVersion),
	"MLCORE_REASON_UNKNOWN_ALIAS":       int64(mlcore.ReasonUnknownAlias),
	"MLCORE_REASON_ALIAS_MOVED":         int64(mlcore.ReasonAliasMoved),
	"MLCORE_REASON_GATE_REFUSED":        int64(mlcore.ReasonGateRefused),
	"MLCORE_REASON_MALFORMED_REGISTRY":  int64(mlcore.ReasonMalformedRegistry),
	"MLCORE_REASON_UNSAFE_FILE":         int64(mlcore.ReasonUnsafeFile),
	"MLCORE_REASON_NO_PREVIOUS_VERSION": int64(mlcore.ReasonNoPreviousVersion),
	"MLCORE_REASON_NO_REFERENCE":        int64(mlcore.ReasonNoReference),
	"MLCORE_REASON_OTHER_MODEL":         int64(mlcore.ReasonOtherModel),
	"MLCORE_REASON_ALREADY_MONITORED":   int64(mlcore.ReasonAlreadyMonitored),
}

// What the package uses without showing it.
var inside = map[string]bool{
	"MLCORE_STATE_HAS_LATENESS": true, "MLCORE_STATE_HAS_COMPLETE_FROM": true,
	"MLCORE_LISTED_ROWS": true,
	"MLCORE_NUMBER_F64":  true, "MLCORE_NUMBER_F32": true,
	"MLCORE_REPORT_JSON": true, "MLCORE_REPORT_PROMETHEUS": true, "MLCORE_REPORT_HTML": true,
}

// header returns the library's headers, as they lie in the module or in the checkout.
func header(t *testing.T) string {
	for _, folder := range []string{"bundled/mlcore", "../../capi/include/mlcore"} {
		var text strings.Builder
		for _, name := range []string{"codes.h", "mlcore.h", "state.h"} {
			if part, missing := os.ReadFile(filepath.Join(packageFolder, folder, name)); missing == nil {
				text.Write(part)
			}
		}
		if text.Len() > 0 {
			return text.String()
		}
	}
	t.Fatal("the headers are not found")
	return ""
}

func TestEveryEnumeratorOfTheHeaderHasItsConstant(t *testing.T) {
	text := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(header(t), "")
	found := 0
	for _, enum := range regexp.MustCompile(`(?s)enum \{(.*?)\}`).FindAllStringSubmatch(text, -1) {
		for _, line := range strings.Split(enum[1], ",") {
			name, number, _ := strings.Cut(strings.TrimSpace(line), " = ")
			expected, err := strconv.ParseInt(number, 10, 64)
			if err != nil {
				t.Fatalf("enumerator %q: %v", line, err)
			}
			found++
			if value, is := constants[name]; !inside[name] && (!is || value != expected) {
				t.Errorf("%s is %d, the package has %d (known: %t)", name, expected, value, is)
			}
		}
	}
	if found != len(constants)+len(inside) {
		t.Errorf("the header has %d enumerators, the package %d", found, len(constants)+len(inside))
	}
}

func TestCodesAndReasonsHaveTheNamesOfTheHeader(t *testing.T) {
	for name, number := range constants {
		short, isReason := name, false
		if short = strings.TrimPrefix(name, "MLCORE_REASON_"); short != name {
			isReason = true
		} else {
			short = strings.TrimPrefix(name, "MLCORE_")
		}
		switch {
		case isReason:
			if found := mlcore.Reason(number).String(); found != strings.ToLower(short) {
				t.Errorf("reason %d is %q, expected %s", number, found, name)
			}
		case !strings.HasPrefix(short, "OUTPUT_") && !strings.HasPrefix(short, "TYPE_") && !strings.HasPrefix(short, "ABSENT_"):
			if found := mlcore.Code(number).String(); found != short {
				t.Errorf("code %d is %q, expected %s", number, found, name)
			}
		}
	}
	if mlcore.Code(99).String() != "" || mlcore.Reason(99).String() != "" {
		t.Error("a number that is not registered has a name")
	}
}

func TestTypesHaveTheNamesOfTheLanguage(t *testing.T) {
	names := []string{"unknown", "bool", "i64", "f64", "string", "timestamp", "duration", "unknown"}
	for i, name := range names {
		if found := mlcore.Type(i).String(); found != name {
			t.Errorf("type %d is %q, expected %s", i, found, name)
		}
	}
}
