// SPDX-License-Identifier: Apache-2.0
// Writes the fixture's artifacts, and rows for them, where programs in other languages find them.
// usage: make_artifacts FOLDER
#include <fmt/format.h>

#include <filesystem>

#define DOCTEST_CONFIG_IMPLEMENT
#include "capi/fixture.hpp"
#include "mlcore/base/file.hpp"
#include "mlcore/base/json.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/registry/registry.hpp"
#include "monitor/lender.hpp"

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

constexpr std::int64_t kDayMicros = 86'400'000'000;

/// One request a minute, as JSON, from the beginning of a day of 1998 on.
void append_requests(std::vector<std::string>& requests, std::int64_t day,
                     const std::vector<mlcore::test::Applicant>& applicants) {
  constexpr std::int64_t kYear = 883'612'800'000'000;  // 1998-01-01
  std::int64_t as_of = kYear + day * kDayMicros;
  for (const auto& [income, age, country] : applicants) {
    std::string name = "null";
    if (country) {
      name.clear();
      mlcore::append_json_string(name, *country);
    }
    requests.push_back(fmt::format(R"({{"income": {}, "age": {}, "country": {}, "as_of": "{}"}})",
                                   mlcore::format_f64(income), age, name,
                                   mlcore::format_timestamp(as_of)));
    as_of += 60'000'000;
  }
}

/// A day like the training, one with greater incomes and a new country, and one with few rows.
std::vector<std::string> three_days() {
  std::vector<std::string> requests;
  append_requests(requests, 0, mlcore::test::make_applicants(21, 1000));
  auto shifted = mlcore::test::make_applicants(22, 1000);
  for (auto& applicant : shifted) {
    applicant.income += 20'000;
    if (applicant.country == "ES") applicant.country = "PT";
  }
  append_requests(requests, 1, shifted);
  append_requests(requests, 2, mlcore::test::make_applicants(23, 50));
  return requests;
}

/// What a monitor with panes of one day says of the requests: its report from "panes" on, which is
/// all that takes no time.
std::string panes_json(const std::vector<std::string>& requests) {
  const mlcore::test::Opened lender(mlcore::test::lender_file());
  const mlcore::test::Scratch scratch(lender);
  mlcore_monitor_options_t options;
  mlcore_monitor_t* monitor = nullptr;
  mlcore_buffer_t* report = nullptr;
  REQUIRE(mlcore_monitor_options_init(&options, sizeof options, nullptr) == MLCORE_OK);
  options.pane_micros = kDayMicros;
  REQUIRE(mlcore_monitor_new(lender.model, &options, &monitor, nullptr) == MLCORE_OK);
  REQUIRE(mlcore_monitor_attach(monitor, scratch.context, nullptr) == MLCORE_OK);
  for (const std::string& request : requests) {
    const mlcore::Bytes row = mlcore::test::packed(lender.request, request);
    double score = 0;
    REQUIRE(mlcore_predict_row(scratch.context, row.data(), static_cast<std::int64_t>(row.size()),
                               &score, 1, nullptr) == MLCORE_OK);
  }
  REQUIRE(mlcore_monitor_report(monitor, MLCORE_REPORT_JSON, &report, nullptr) == MLCORE_OK);
  const void* bytes = nullptr;
  std::int64_t size = 0;
  REQUIRE(mlcore_buffer_bytes(report, &bytes, &size, nullptr) == MLCORE_OK);
  const std::string json(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
  mlcore_buffer_release(report);
  mlcore_monitor_release(monitor);
  return json.substr(json.find(R"("panes":)"));
}

std::string lines_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

/// A registry whose version 1 is the loan and whose version 2, the champion, is the shop.
void write_registry(const std::string& folder) {
  std::filesystem::remove_all(folder);
  const mlcore::Registry registry = mlcore::Registry::create(folder);
  registry.publish(mlcore::test::loan_artifact(), {});
  registry.publish(mlcore::test::shop_artifact(), {});
  registry.promote("champion", 2);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  doctest::Context asserts;  // the fixture's REQUIREs abort
  asserts.setAsDefaultForAssertsOutOfTestCases();
  const std::string folder = argv[1];
  write(folder + "/loan.mlc", mlcore::test::loan_artifact());
  write(folder + "/shop.mlc", mlcore::test::shop_artifact());
  mlcore::write_file(folder + "/orders.csv", orders_csv());
  const std::vector<std::string> requests = three_days();
  write(folder + "/lender.mlc", mlcore::test::lender_file());
  mlcore::write_file(folder + "/lender.jsonl", lines_of(requests));
  mlcore::write_file(folder + "/lender.panes.json", panes_json(requests));
  write_registry(folder + "/models");
  return 0;
}
