// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whole files, read and written.
//
//   write_file("out.csv", text);
//   read_file("out.csv");  // text

#include <string>
#include <string_view>

namespace mlcore {

/// The whole file. Throws: not_found/file_not_found, unavailable/io_failure.
[[nodiscard]] std::string read_file(const std::string& path);
/// The file appears whole or not at all: written beside, synced, renamed. A symbolic link stays, and
/// the file that it names is written. What is there and is no regular file, such as /dev/null, is
/// written in place.
/// Throws: not_found/file_not_found (no such directory), unavailable/io_failure.
void write_file(const std::string& path, std::string_view content);

}  // namespace mlcore
