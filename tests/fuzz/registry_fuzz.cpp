// SPDX-License-Identifier: Apache-2.0
// Any bytes through the readers of metadata.json, aliases, tags and the log: all is read, or the
// registry's own error is thrown; an alias that is read is written as one that reads the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mlcore/base/error.hpp"
#include "registry/audit_log.hpp"
#include "registry/json_files.hpp"

namespace {

template <typename Read>
void must_be_registry_error(const Read& read) {
  try {
    read();
  } catch (const mlcore::Error& error) {
    if (error.reason() != mlcore::Reason::malformed_registry) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mlcore::registry;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  must_be_registry_error([&] { check_metadata(text, 1); });
  must_be_registry_error([&] { static_cast<void>(decode_metadata(text, 1)); });
  must_be_registry_error([&] { static_cast<void>(decode_tags(text, 1)); });
  must_be_registry_error([&] {
    const mlcore::AliasInfo alias = decode_alias(text, "champion");
    const std::string written = encode_alias(alias);
    if (encode_alias(decode_alias(written, "champion")) != written) std::abort();
  });
  must_be_registry_error([&] { static_cast<void>(read_tail(text, 0, "log")); });
  must_be_registry_error([&] { static_cast<void>(read_tail(text, 1, "log")); });
  must_be_registry_error([&] { static_cast<void>(decode_record(text)); });
  return 0;
}
