// SPDX-License-Identifier: Apache-2.0
// Outside code uses Error and the names of its codes and reasons.
#include "mlcore/base/error.hpp"

#include <utility>

namespace mlcore {

Error::Error(Code code, Reason reason, std::string message, Where where)
    : code_(code), reason_(reason), where_(where), message_(std::move(message)) {}

std::string_view name_of(Code code) noexcept {
  switch (code) {
    case Code::ok: return "OK";
    case Code::cancelled: return "CANCELLED";
    case Code::unknown: return "UNKNOWN";
    case Code::invalid_argument: return "INVALID_ARGUMENT";
    case Code::deadline_exceeded: return "DEADLINE_EXCEEDED";
    case Code::not_found: return "NOT_FOUND";
    case Code::already_exists: return "ALREADY_EXISTS";
    case Code::permission_denied: return "PERMISSION_DENIED";
    case Code::resource_exhausted: return "RESOURCE_EXHAUSTED";
    case Code::failed_precondition: return "FAILED_PRECONDITION";
    case Code::aborted: return "ABORTED";
    case Code::out_of_range: return "OUT_OF_RANGE";
    case Code::unimplemented: return "UNIMPLEMENTED";
    case Code::internal: return "INTERNAL";
    case Code::unavailable: return "UNAVAILABLE";
    case Code::data_loss: return "DATA_LOSS";
  }
  return {};
}

std::string_view name_of(Reason reason) noexcept {
  switch (reason) {
    case Reason::none: return "none";
    case Reason::null_pointer: return "null_pointer";
    case Reason::abi_mismatch: return "abi_mismatch";
    case Reason::buffer_too_small: return "buffer_too_small";
    case Reason::invalid_option: return "invalid_option";
    case Reason::closed_handle: return "closed_handle";
    case Reason::out_of_memory: return "out_of_memory";
    case Reason::internal_fault: return "internal_fault";
    case Reason::wrong_width: return "wrong_width";
    case Reason::invalid_length: return "invalid_length";
    case Reason::invalid_index: return "invalid_index";
    case Reason::handle_in_use: return "handle_in_use";
    case Reason::missing_column: return "missing_column";
    case Reason::unknown_column: return "unknown_column";
    case Reason::type_mismatch: return "type_mismatch";
    case Reason::null_not_allowed: return "null_not_allowed";
    case Reason::invalid_utf8: return "invalid_utf8";
    case Reason::malformed_csv: return "malformed_csv";
    case Reason::malformed_json: return "malformed_json";
    case Reason::empty_input: return "empty_input";
    case Reason::invalid_timestamp: return "invalid_timestamp";
    case Reason::invalid_number: return "invalid_number";
    case Reason::layout_mismatch: return "layout_mismatch";
    case Reason::malformed_row: return "malformed_row";
    case Reason::duplicate_column: return "duplicate_column";
    case Reason::syntax: return "syntax";
    case Reason::unknown_name: return "unknown_name";
    case Reason::duplicate_name: return "duplicate_name";
    case Reason::type_error: return "type_error";
    case Reason::limit_exceeded: return "limit_exceeded";
    case Reason::needs_state: return "needs_state";
    case Reason::not_retained: return "not_retained";
    case Reason::not_fitted: return "not_fitted";
    case Reason::stream_mismatch: return "stream_mismatch";
    case Reason::malformed_snapshot: return "malformed_snapshot";
    case Reason::state_full: return "state_full";
    case Reason::incomplete_history: return "incomplete_history";
    case Reason::unsupported_feature: return "unsupported_feature";
    case Reason::needs_as_of: return "needs_as_of";
    case Reason::not_numeric: return "not_numeric";
    case Reason::malformed_model: return "malformed_model";
    case Reason::unsupported_model: return "unsupported_model";
    case Reason::invalid_tree: return "invalid_tree";
    case Reason::feature_count: return "feature_count";
    case Reason::feature_names: return "feature_names";
    case Reason::not_an_artifact: return "not_an_artifact";
    case Reason::truncated: return "truncated";
    case Reason::checksum: return "checksum";
    case Reason::newer_format: return "newer_format";
    case Reason::malformed_artifact: return "malformed_artifact";
    case Reason::proof_failed: return "proof_failed";
    case Reason::file_not_found: return "file_not_found";
    case Reason::io_failure: return "io_failure";
    case Reason::malformed_spec: return "malformed_spec";
    case Reason::label_leak: return "label_leak";
    case Reason::training_failed: return "training_failed";
    case Reason::version_exists: return "version_exists";
    case Reason::unknown_version: return "unknown_version";
    case Reason::unknown_alias: return "unknown_alias";
    case Reason::alias_moved: return "alias_moved";
    case Reason::gate_refused: return "gate_refused";
    case Reason::malformed_registry: return "malformed_registry";
    case Reason::unsafe_file: return "unsafe_file";
    case Reason::no_previous_version: return "no_previous_version";
    case Reason::no_reference: return "no_reference";
    case Reason::other_model: return "other_model";
    case Reason::already_monitored: return "already_monitored";
  }
  return {};
}

}  // namespace mlcore
