// SPDX-License-Identifier: Apache-2.0
// Any bytes as a snapshot: refused with an Error, or a state whose snapshot is those bytes. Length
// and checksum are made right first, so that an input gets past them.
#include <cstdlib>

#include "../feature/snapshot_bytes.hpp"
#include "mlcore/feature/state.hpp"

using namespace mlcore;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Definition definition = Definition::parse(
      "features f version 1\n"
      "stream s(k: string key, at: timestamp event, seen: timestamp known, x: f64?, w: string?, "
      "b: bool?, line: i64 tie) dedup(line)\n"
      "n = count() over s where b last 10d\ntotal = sum(x) over s last 3 events\n"
      "w = max(w) over s lifetime\nhas_w = is_null(w)\noutput [n, total, has_w]\n");
  Bytes bytes(data, data + size);
  test::repair(bytes);
  try {
    const auto state = State::restore(definition, bytes, {});
    if (state->snapshot() != bytes) std::abort();
    RowBuilder builder(definition.request());
    builder.set_string(0, "k");
    builder.set_i64(1, 1000);
    AggregateValues values;
    state->read(definition, RowView::trusted(definition.request(), builder.finish()), values);
  } catch (const Error& error) {
    if (error.reason() == Reason::none) std::abort();
  }
  return 0;
}
