// SPDX-License-Identifier: Apache-2.0
// Writes the fixture's artifacts, and orders for them, where programs in other languages find them.
// usage: make_artifacts FOLDER
#include <fmt/format.h>

#define DOCTEST_CONFIG_IMPLEMENT
#include "capi/fixture.hpp"
#include "mlcore/base/file.hpp"
#include "mlcore/base/time.hpp"

namespace {

void write(const std::string& path, const mlcore::Bytes& bytes) {
  mlcore::write_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// 200 customers with 1 to 12 orders each, cents in the amounts, days that many share.
std::string orders_csv() {
  std::string text = "customer,at,cds,amount\n";
  std::uint64_t random = 1;
  const auto below = [&](std::uint64_t limit) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    return (random >> 33) % limit;
  };
  constexpr std::int64_t kFirstDay = 852'076'800;  // 1997-01-01, in seconds
  for (int customer = 0; customer < 200; ++customer) {
    for (std::uint64_t order = below(12) + 1; order > 0; --order) {
      const auto day = static_cast<std::int64_t>(below(360));
      const std::string at = mlcore::format_timestamp((kFirstDay + day * 86'400) * 1'000'000);
      text += fmt::format("{:05},{},{},{}.{:02}\n", customer, at.substr(0, 10), below(5) + 1,
                          below(90), below(100));
    }
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  write(folder + "/loan.mlc", mlcore::test::loan_artifact());
  write(folder + "/shop.mlc", mlcore::test::shop_artifact());
  mlcore::write_file(folder + "/orders.csv", orders_csv());
  return 0;
}
