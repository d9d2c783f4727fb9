// SPDX-License-Identifier: Apache-2.0
#pragma once

// The error of a call, for tests that look at its reason and text.
//
//   CHECK(error_of([&] { state.read(row); }).reason() == Reason::needs_state);

#include "mlcore/base/error.hpp"

namespace mlcore::test {

/// The error that `call` throws; code `ok` when it throws none.
template <typename Call>
Error error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  return {Code::ok, Reason::none, "no error"};
}

}  // namespace mlcore::test
