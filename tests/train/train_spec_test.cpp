// SPDX-License-Identifier: Apache-2.0
#include "mlcore/train/train_spec.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "mlcore/base/error.hpp"
#include "mlcore/base/file.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/feature/definition.hpp"

using namespace mlcore;

namespace {

constexpr std::string_view kSpec = R"({
  "name": "churn",
  "features": "churn.features",
  "streams": {"orders": "data/orders.csv"},
  "spine": {"as_of": ["1997-10-03", "1997-07-01", "1998-01-01"], "population": "orders"},
  "label": "count() over orders next 90d == 0",
  "split": {"train": ["1997-10-03", "1997-07-01"], "test": ["1998-01-01"]},
  "data_end": "1998-07-01",
  "fit_rows": "train",
  "model": {"library": "xgboost",
            "params": {"max_depth": 4, "eta": 0.1, "grow_policy": "depthwise", "refresh_leaf": true},
            "rounds": 50, "seed": 7, "threads": 2},
  "registry": "models/churn"
})";

std::string with(std::string_view from, std::string_view to) {
  std::string text(kSpec);
  const auto at = text.find(from);
  REQUIRE(at != text.npos);
  return text.replace(at, from.size(), to);
}

Error error_of(const std::string& json) {
  try {
    (void)parse_train_spec(json, "");
  } catch (const Error& error) {
    return error;
  }
  return {Code::ok, Reason::none, "accepted"};
}

}  // namespace

TEST_CASE("train spec: every field is read") {
  const TrainSpec spec = parse_train_spec(kSpec, "examples/churn");
  CHECK(spec.name == "churn");
  CHECK(spec.features == "examples/churn/churn.features");
  CHECK(spec.streams ==
        std::map<std::string, std::string>{{"orders", "examples/churn/data/orders.csv"}});
  CHECK(spec.population == "orders");
  CHECK(spec.label == "count() over orders next 90d == 0");
  CHECK(spec.train_as_of == std::vector<std::int64_t>{parse_timestamp("1997-07-01").value(),
                                                      parse_timestamp("1997-10-03").value()});
  CHECK(spec.test_as_of == std::vector<std::int64_t>{parse_timestamp("1998-01-01").value()});
  CHECK(spec.data_end == parse_timestamp("1998-07-01"));
  CHECK(spec.model.parameters == std::map<std::string, std::string>{{"eta", "0.1"},
                                                                    {"grow_policy", "depthwise"},
                                                                    {"max_depth", "4"},
                                                                    {"refresh_leaf", "1"}});
  CHECK(spec.model.rounds == 50);
  CHECK(spec.model.seed == 7);
  CHECK(spec.model.threads == 2);
  CHECK(spec.registry == "examples/churn/models/churn");
}

TEST_CASE("train spec: fields that may be absent have documented defaults") {
  const TrainSpec spec = parse_train_spec(R"({
    "name": "n", "features": "/abs/f", "streams": {"s": "../s.csv"}, "label": "l",
    "split": {"train": ["1997-01-01"], "test": ["1998-01-01"]},
    "model": {"library": "xgboost"}, "registry": "r"})",
                                          "dir/sub");
  CHECK(spec.features == "/abs/f");
  CHECK(spec.streams.at("s") == "dir/s.csv");
  CHECK(spec.population.empty());
  CHECK_FALSE(spec.data_end.has_value());
  CHECK(spec.model.parameters.empty());
  CHECK(spec.model.rounds == 100);
  CHECK(spec.model.seed == 0);
  CHECK(spec.model.threads == 1);
}

TEST_CASE("train spec: the example in the documentation and the churn example are read") {
  const std::string source = MLCORE_SOURCE_DIR;
  const std::string page = read_file(source + "/docs/train_spec.md");
  const std::size_t begin = page.find("```json\n") + 8;
  const std::string json = page.substr(begin, page.find("```", begin) - begin);
  const TrainSpec documented = parse_train_spec(json, source + "/examples/churn");
  const TrainSpec churn = read_train_spec(source + "/examples/churn/churn.json");
  CHECK(documented.features == churn.features);
  CHECK(documented.streams == churn.streams);

  const Definition definition = Definition::parse(read_file(churn.features));
  const Label label = parse_label(definition, churn.label);
  CHECK(label.horizon == 90 * kMicrosPerDay);
  CHECK(churn.train_as_of.back() + label.horizon <= churn.test_as_of.front());
}

TEST_CASE("train spec: what is wrong is refused, and the message names the field") {
  struct Case {
    const char* name;
    std::string json;
    Code code;
    const char* part;  // of the message
  };
  const Code bad = Code::invalid_argument;
  const Case cases[] = {
      {"empty", "", bad, "ends early"},
      {"not an object", "[]", bad, "expected an object"},
      {"cut off", std::string(kSpec.substr(0, 200)), bad, "JSON line"},
      {"bytes after it", std::string(kSpec) + "{}", bad, "JSON line"},
      {"an unknown field", with("\"name\"", "\"nmae\""), bad, "unknown field \"nmae\""},
      {"an unknown field of the split", with("\"train\":", "\"valid\":"), bad, "\"split.valid\""},
      {"an unknown field of the model", with("rounds", "round"), bad, "\"model.round\""},
      {"an unknown field of the spine", with("population", "pop"), bad, "\"spine.pop\""},
      {"a field twice", with("\"fit_rows\": \"train\"", "\"data_end\": \"1998-07-01\""), bad,
       "data_end"},
      {"no label", with("\"label\": \"count() over orders next 90d == 0\",", ""), bad,
       "\"label\" is missing"},
      {"no library", with("\"library\": \"xgboost\",", ""), bad, "\"model.library\" is missing"},
      {"no test dates", with(", \"test\": [\"1998-01-01\"]", ""), bad, "\"split.test\" is missing"},
      {"an empty name", with("\"churn\"", "\"\""), bad, "name: expected text"},
      {"a name that is a number", with("\"churn\"", "7"), bad, "name: expected a string"},
      {"another library", with("xgboost", "lightgbm"), bad, "found \"lightgbm\""},
      {"no stream", with("\"orders\": \"data/orders.csv\"", ""), bad, "at least one stream"},
      {"a date that is none", with("1998-07-01", "1998-02-30"), bad, "found \"1998-02-30\""},
      {"a date as a number", with("\"1998-07-01\"", "899251200"), bad,
       "data_end: expected a string"},
      {"dates as a string", with("[\"1998-01-01\"]}", "\"1998-01-01\"}"), bad, "array of dates"},
      {"no dates", with("\"test\": [\"1998-01-01\"]", "\"test\": []"), bad, "found none"},
      {"a date twice",
       with("\"test\": [\"1998-01-01\"]", "\"test\": [\"1998-01-01\", \"1998-01-01T00:00:00Z\"]"),
       bad, "is there twice"},
      {"a spine date in no split",
       with("\"1998-01-01\"], \"pop", "\"1998-01-01\", \"1998-02-01\"], \"pop"), bad,
       "neither in split.train nor in split.test"},
      {"a split date outside the spine",
       with("\"test\": [\"1998-01-01\"]", "\"test\": [\"1998-03-01\"]"), bad, "split.t"},
      {"other fit rows", with("\"fit_rows\": \"train\"", "\"fit_rows\": \"all\""), bad,
       "found \"all\""},
      {"no round", with("\"rounds\": 50", "\"rounds\": 0"), bad,
       "expected 1 to 2147483647, found 0"},
      {"a fraction of a round", with("\"rounds\": 50", "\"rounds\": 1.5"), bad, "JSON line"},
      {"rounds past int32", with("\"rounds\": 50", "\"rounds\": 2147483648"), bad, "2147483648"},
      {"a seed as text", with("\"seed\": 7", "\"seed\": \"7\""), bad, "model.seed"},
      {"a parameter that is an array", with("\"max_depth\": 4", "\"max_depth\": [4]"), bad,
       "model.params.max_depth"},
      {"an alias", with("\"fit_rows\"", "\"alias\": \"champion\", \"fit_rows\""),
       Code::unimplemented, "\"alias\""},
      {"a spine in a file", with("\"population\": \"orders\"", "\"csv\": \"spine.csv\""),
       Code::unimplemented, "\"spine.csv\""},
  };
  for (const Case& test : cases) {
    CAPTURE(test.name);
    const Error error = error_of(test.json);
    CAPTURE(error.message());
    CHECK(error.code() == test.code);
    CHECK(error.reason() == Reason::malformed_spec);
    CHECK(error.message().find(test.part) != std::string::npos);
  }
}
