// SPDX-License-Identifier: Apache-2.0
#include "mlcore/base/digest.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace mlcore {
namespace {

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

TEST_CASE("digest: CRC-32C gives the vectors of RFC 3720, B.4") {
  CHECK(crc32c(Bytes(32, 0x00)) == 0x8A9136AAu);
  CHECK(crc32c(Bytes(32, 0xFF)) == 0x62A8AB43u);
  Bytes ascending(32);
  std::iota(ascending.begin(), ascending.end(), std::uint8_t{0});
  CHECK(crc32c(ascending) == 0x46DD794Eu);
  CHECK(crc32c(Bytes(ascending.rbegin(), ascending.rend())) == 0x113FDB5Cu);
  Bytes read_command(48);
  read_command[0] = 0x01;
  read_command[1] = 0xC0;
  read_command[16] = 0x14;
  read_command[22] = 0x04;
  read_command[27] = 0x14;
  read_command[31] = 0x18;
  read_command[32] = 0x28;
  read_command[40] = 0x02;
  CHECK(crc32c(read_command) == 0xD9963A56u);
}

TEST_CASE("digest: CRC-32C of nothing is 0, of the usual check text 0xE3069283") {
  CHECK(crc32c({}) == 0);
  CHECK(crc32c(bytes_of("123456789")) == 0xE3069283u);  // the catalogue's check value
}

namespace {

std::uint32_t by_definition(ByteView bytes) {
  std::uint32_t crc = 0xFFFFFFFFu;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78u : 0);
  }
  return ~crc;
}

}  // namespace

TEST_CASE("digest: CRC-32C equals the definition bit by bit, at every length and cut") {
  const std::uint64_t seed = 3720;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  Bytes bytes(100);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const ByteView view = ByteView(bytes).first(size);
    const std::uint32_t whole = by_definition(view);
    CHECK(crc32c(view) == whole);
    for (std::size_t cut = 0; cut <= size; cut += 7) {
      CHECK(crc32c(view.subspan(cut), crc32c(view.first(cut))) == whole);
    }
  }
}

TEST_CASE("digest: CRC-32C of long bytes, which are read in three lanes, equals the definition") {
  std::mt19937_64 random(3721);
  Bytes bytes(100'003);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  for (const std::size_t size : {24'575u, 24'576u, 24'577u, 24'584u, 49'151u, 49'152u, 100'003u}) {
    CAPTURE(size);
    const ByteView view = ByteView(bytes).first(size);
    const std::uint32_t whole = by_definition(view);
    CHECK(crc32c(view) == whole);
    CHECK(crc32c(view.subspan(7), crc32c(view.first(7))) == whole);
    CHECK(crc32c(view.last(3), crc32c(view.first(size - 3))) == whole);
  }
}

TEST_CASE("digest: SHA-256 gives the vectors of FIPS 180-4's examples") {
  CHECK(hex(sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(sha256(bytes_of("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(sha256(bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hex(sha256(Bytes(1'000'000, 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("digest: hex is two lower-case digits a byte") {
  CHECK(hex({}).empty());
  CHECK(hex(Bytes{0x00, 0x0F, 0xA5, 0xFF}) == "000fa5ff");
}

}  // namespace
}  // namespace mlcore
