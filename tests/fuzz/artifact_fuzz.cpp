// SPDX-License-Identifier: Apache-2.0
// Any bytes through the artifact readers, as they are and with their checksums made right: an
// Error, or an artifact that is written and read to the same again. Under libFuzzer the mutator
// also changes sections inside a container that agrees with them.
#include <algorithm>
#include <cstdlib>

#include "artifact/repair.hpp"
#include "artifact/sample.hpp"
#include "mlcore/base/error.hpp"

// Weak: only libFuzzer has it, and only libFuzzer calls the mutator.
extern "C" [[gnu::weak]] std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                                      std::size_t most);

namespace {

/// The bytes with magic, format, sizes and checksums made right.
mlcore::Bytes plausible(mlcore::ByteView bytes) {
  mlcore::Bytes file(bytes.begin(), bytes.end());
  if (file.size() < mlcore::kFirstEntryAt) return file;
  const mlcore::Bytes head = {0x89, 'M', 'L', 'C', '\r', '\n', 0x1A, '\n', 0, 0, 1, 0, 64, 0, 0, 0};
  std::copy(head.begin(), head.end(), file.begin());
  mlcore::put(file, mlcore::kFileSizeAt, 8, file.size());
  mlcore::repair(file);
  return file;
}

void run(mlcore::ByteView file) {
  try {
    static_cast<void>(mlcore::content_digest(file));
    mlcore::verify_digests(file);
  } catch (const mlcore::Error&) {
    // Refused, which is what most inputs deserve.
  }
  mlcore::Bytes written;
  try {
    written = mlcore::write_artifact(mlcore::read_artifact(file));
  } catch (const mlcore::Error&) {
    return;
  }
  if (mlcore::write_artifact(mlcore::read_artifact(written)) != written) std::abort();
}

/// A change of one section, its length too, in a container that agrees with it.
mlcore::Bytes with_mutated_section(const mlcore::Bytes& file, unsigned choice) {
  const std::vector<mlcore::SectionInfo> table = mlcore::read_table(file);
  std::vector<mlcore::Section> sections = mlcore::sections_of(file, table);
  if (sections.empty()) return file;
  mlcore::Bytes& bytes = sections[choice % sections.size()].bytes;
  const std::size_t size = bytes.size();
  bytes.resize(size + 64);
  bytes.resize(LLVMFuzzerMutate(bytes.data(), size, bytes.size()));
  return mlcore::write_container(sections);
}

/// A change anywhere.
mlcore::Bytes with_mutated_bytes(mlcore::Bytes file, std::size_t most) {
  const std::size_t size = file.size();
  file.resize(std::max(size, most));
  file.resize(LLVMFuzzerMutate(file.data(), size, file.size()));
  return file;
}

mlcore::Bytes mutated(const mlcore::Bytes& file, std::size_t most, unsigned seed) {
  try {
    if (seed % 4 != 0) return with_mutated_section(file, seed / 4);
  } catch (const mlcore::Error&) {
    // It is no container any more: change it as bytes.
  }
  return with_mutated_bytes(file, most);
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  static const mlcore::Bytes good =
      mlcore::write_artifact(mlcore::sample_artifact_with_reference());
  const bool is_too_small = size < mlcore::kFirstEntryAt;
  const mlcore::Bytes file = mutated(is_too_small ? good : plausible({data, size}), most, seed);
  if (file.size() > most) return size;
  std::copy(file.begin(), file.end(), data);
  return file.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const mlcore::ByteView file(data, size);
  run(file);
  const mlcore::Bytes repaired = plausible(file);
  if (!std::equal(repaired.begin(), repaired.end(), file.begin(), file.end())) run(repaired);
  return 0;
}
