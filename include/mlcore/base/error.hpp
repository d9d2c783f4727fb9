// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one error type of the library.
//
//   try {
//     Definition definition = Definition::parse(text);
//   } catch (const mlcore::Error& error) {
//     report(error.code(), error.reason(), error.what(), error.where());
//   }
//
// A code says what the caller can do about it and maps to HTTP and gRPC by a table; a reason is a
// stable number that tells one cause from another under the same code. Both numbers are part of
// the C ABI and never change their meaning.

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

namespace mlcore {

/// The canonical gRPC status numbers.
enum class Code : std::int32_t {
  ok = 0,
  cancelled = 1,
  unknown = 2,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  aborted = 10,
  out_of_range = 11,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
  data_loss = 15,
};

/// Why, one number a cause. Hundreds group by room.
enum class Reason : std::int32_t {
  none = 0,
  // 1xx: calling the library
  null_pointer = 101,
  abi_mismatch = 102,
  buffer_too_small = 103,
  invalid_option = 104,
  closed_handle = 105,
  out_of_memory = 106,
  internal_fault = 107,
  wrong_width = 108,
  invalid_length = 109,
  invalid_index = 110,
  handle_in_use = 111,
  // 2xx: data
  missing_column = 201,
  unknown_column = 202,
  type_mismatch = 203,
  null_not_allowed = 204,
  invalid_utf8 = 205,
  malformed_csv = 206,
  malformed_json = 207,
  empty_input = 208,
  invalid_timestamp = 209,
  invalid_number = 210,
  layout_mismatch = 211,
  malformed_row = 212,
  duplicate_column = 213,
  // 3xx: definitions, windows, state
  syntax = 301,
  unknown_name = 302,
  duplicate_name = 303,
  type_error = 304,
  limit_exceeded = 305,
  needs_state = 306,
  not_retained = 307,
  not_fitted = 308,
  stream_mismatch = 309,
  malformed_snapshot = 310,
  state_full = 311,
  incomplete_history = 312,
  unsupported_feature = 313,
  needs_as_of = 314,
  not_numeric = 315,
  // 4xx: models
  malformed_model = 401,
  unsupported_model = 402,
  invalid_tree = 403,
  feature_count = 404,
  feature_names = 405,
  // 5xx: artifacts
  not_an_artifact = 501,
  truncated = 502,
  checksum = 503,
  newer_format = 504,
  malformed_artifact = 505,
  proof_failed = 506,
  // 6xx: files and training
  file_not_found = 601,
  io_failure = 602,
  malformed_spec = 603,
  label_leak = 604,
  training_failed = 605,
  version_exists = 606,
  // 7xx: the registry
  unknown_version = 701,
  unknown_alias = 702,
  alias_moved = 703,
  gate_refused = 704,
  malformed_registry = 705,
  unsafe_file = 706,
  no_previous_version = 707,
  // 8xx: drift and monitoring
  no_reference = 801,
  other_model = 802,
  already_monitored = 803,
};

/// Where in the caller's data: a column by its position in the schema, a row by its position in the
/// batch, both from 0; -1 when it does not apply.
struct Where {
  std::int32_t column = -1;
  std::int64_t row = -1;
};

class Error : public std::exception {
 public:
  Error(Code code, Reason reason, std::string message, Where where = {});

  [[nodiscard]] Code code() const noexcept { return code_; }
  [[nodiscard]] Reason reason() const noexcept { return reason_; }
  [[nodiscard]] Where where() const noexcept { return where_; }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  Code code_;
  Reason reason_;
  Where where_;
  std::string message_;
};

/// The upper-case name of a code (`INVALID_ARGUMENT`) and the lower-case name of a reason
/// (`missing_column`); an empty view for a number that is not registered.
[[nodiscard]] std::string_view name_of(Code code) noexcept;
[[nodiscard]] std::string_view name_of(Reason reason) noexcept;

}  // namespace mlcore
