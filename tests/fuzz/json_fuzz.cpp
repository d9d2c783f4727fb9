// SPDX-License-Identifier: Apache-2.0
// Any bytes through the JSON reader: all is read, or the reader's own error is thrown.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mlcore/base/error.hpp"
#include "mlcore/base/json.hpp"

namespace {

/// Reads one value with the reader that fits it.
void read_value(mlcore::JsonReader& json) {
  switch (json.peek()) {
    case mlcore::JsonReader::Kind::object:
      json.begin_object();
      while (json.next_member()) json.skip();
      return;
    case mlcore::JsonReader::Kind::array:
      json.begin_array();
      static_cast<void>(json.element_bound());
      while (json.next_element()) read_value(json);
      return;
    case mlcore::JsonReader::Kind::string: static_cast<void>(json.string()); return;
    case mlcore::JsonReader::Kind::number: static_cast<void>(json.f32()); return;
    case mlcore::JsonReader::Kind::boolean: static_cast<void>(json.boolean()); return;
    case mlcore::JsonReader::Kind::null: json.null(); return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool non_finite : {false, true}) {
    try {
      mlcore::JsonReader json(text, {.non_finite_numbers = non_finite});
      read_value(json);
      json.finish();
    } catch (const mlcore::Error& error) {
      if (error.reason() != mlcore::Reason::malformed_json) std::abort();
    }
  }
  return 0;
}
