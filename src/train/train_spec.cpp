// SPDX-License-Identifier: Apache-2.0
// Outside code uses parse_train_spec and read_train_spec.
#include "mlcore/train/train_spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>
#include <utility>

#include "mlcore/base/error.hpp"
#include "mlcore/base/file.hpp"
#include "mlcore/base/json.hpp"
#include "mlcore/base/time.hpp"

namespace mlcore {
namespace {

[[noreturn]] void refuse(std::string message) {
  throw Error(Code::invalid_argument, Reason::malformed_spec, std::move(message));
}

[[noreturn]] void not_yet(std::string message) {
  throw Error(Code::unimplemented, Reason::malformed_spec, std::move(message));
}

/// Reads the members of the spec; a path like `model.rounds` names a field in messages.
class SpecReader {
 public:
  SpecReader(std::string_view json, std::string folder) : json_(json), folder_(std::move(folder)) {}

  TrainSpec read() {
    object("the spec", "", [&](const std::string& field) { return member(field); });
    json_.finish();
    for (const char* field :
         {"name", "features", "streams", "label", "split", "model", "registry"}) {
      if (!seen_.contains(field)) refuse(fmt::format("field \"{}\" is missing", field));
    }
    check_spine();
    return std::move(spec_);
  }

 private:
  /// Hands each member to `read`, which says whether the field is known.
  template <typename Read>
  void object(const char* what, const std::string& prefix, Read read) {
    if (json_.peek() != JsonReader::Kind::object) {
      json_.fail(fmt::format("{}: expected an object", what));
    }
    json_.begin_object();
    while (const auto next = json_.next_member()) {
      const std::string field(*next);
      if (read(field)) continue;
      json_.fail(fmt::format("unknown field \"{}{}\"; known: {}", prefix, field, known_));
    }
  }

  bool member(const std::string& field) {
    known_ = "name, features, streams, spine, label, split, data_end, fit_rows, model, registry";
    seen_.insert(field);
    if (field == "name") {
      spec_.name = text(field);
    } else if (field == "features") {
      spec_.features = path(field);
    } else if (field == "streams") {
      streams();
    } else if (field == "spine") {
      spine();
    } else if (field == "label") {
      spec_.label = text(field);
    } else if (field == "split") {
      split();
    } else if (field == "data_end") {
      spec_.data_end = time(field);
    } else if (field == "fit_rows") {
      fit_rows();
    } else if (field == "model") {
      model();
    } else if (field == "registry") {
      spec_.registry = path(field);
    } else if (field == "alias") {
      not_yet("field \"alias\": this version writes v1/ and no alias; remove the field");
    } else {
      return false;
    }
    return true;
  }

  std::string text(std::string_view field) {
    if (json_.peek() != JsonReader::Kind::string) {
      json_.fail(fmt::format("{}: expected a string", field));
    }
    std::string value(json_.string());
    if (value.empty()) json_.fail(fmt::format("{}: expected text, found \"\"", field));
    return value;
  }

  std::string path(std::string_view field) {
    const std::filesystem::path value = text(field);
    if (folder_.empty() || value.is_absolute()) return value.string();
    return (std::filesystem::path(folder_) / value).lexically_normal().string();
  }

  std::int64_t time(std::string_view field) {
    const std::string value = text(field);
    const auto parsed = parse_timestamp(value);
    if (!parsed) {
      json_.fail(
          fmt::format("{}: expected a date like \"1998-01-01\", found \"{}\"", field, value));
    }
    return *parsed;
  }

  /// Ascending and distinct; at least one.
  std::vector<std::int64_t> times(std::string_view field) {
    if (json_.peek() != JsonReader::Kind::array) {
      json_.fail(fmt::format("{}: expected an array of dates", field));
    }
    std::vector<std::int64_t> values;
    json_.begin_array();
    while (json_.next_element()) values.push_back(time(field));
    if (values.empty())
      json_.fail(fmt::format("{}: expected at least one date, found none", field));
    std::sort(values.begin(), values.end());
    const auto twice = std::adjacent_find(values.begin(), values.end());
    if (twice != values.end()) {
      json_.fail(fmt::format("{}: {} is there twice", field, format_timestamp(*twice)));
    }
    return values;
  }

  void streams() {
    object("streams", "streams.", [&](const std::string& stream) {
      spec_.streams.emplace(stream, path(fmt::format("streams.{}", stream)));
      return true;
    });
    if (spec_.streams.empty()) json_.fail("streams: expected at least one stream, found none");
  }

  void spine() {
    object("spine", "spine.", [&](const std::string& field) {
      known_ = "as_of, population";
      if (field == "as_of") {
        spine_as_of_ = times("spine.as_of");
      } else if (field == "population") {
        spec_.population = text("spine.population");
      } else if (field == "csv") {
        not_yet(
            "field \"spine.csv\": this version takes its rows from spine.population; remove "
            "the field");
      } else {
        return false;
      }
      return true;
    });
  }

  void split() {
    object("split", "split.", [&](const std::string& field) {
      known_ = "train, test";
      if (field == "train") {
        spec_.train_as_of = times("split.train");
      } else if (field == "test") {
        spec_.test_as_of = times("split.test");
      } else {
        return false;
      }
      return true;
    });
    if (spec_.train_as_of.empty()) json_.fail("field \"split.train\" is missing");
    if (spec_.test_as_of.empty()) json_.fail("field \"split.test\" is missing");
  }

  void fit_rows() {
    const std::string value = text("fit_rows");
    if (value != "train") {
      json_.fail(fmt::format("fit_rows: expected \"train\", found \"{}\"", value));
    }
  }

  void model() {
    bool has_library = false;
    object("model", "model.", [&](const std::string& field) {
      known_ = "library, params, rounds, seed, threads";
      if (field == "library") {
        library();
        has_library = true;
      } else if (field == "params") {
        params();
      } else if (field == "rounds") {
        spec_.model.rounds = whole("model.rounds", 1);
      } else if (field == "seed") {
        spec_.model.seed = whole("model.seed", 0);
      } else if (field == "threads") {
        spec_.model.threads = whole("model.threads", 1);
      } else {
        return false;
      }
      return true;
    });
    if (!has_library) json_.fail("field \"model.library\" is missing");
  }

  void library() {
    const std::string value = text("model.library");
    if (value != "xgboost") {
      json_.fail(fmt::format("model.library: expected \"xgboost\", found \"{}\"", value));
    }
  }

  void params() {
    object("model.params", "model.params.", [&](const std::string& name) {
      spec_.model.parameters.emplace(name, parameter(name));
      return true;
    });
  }

  std::string parameter(std::string_view name) {
    switch (json_.peek()) {
      case JsonReader::Kind::string: return std::string(json_.string());
      case JsonReader::Kind::number: return std::string(json_.number());
      case JsonReader::Kind::boolean: return json_.boolean() ? "1" : "0";
      case JsonReader::Kind::object:
      case JsonReader::Kind::array:
      case JsonReader::Kind::null: break;
    }
    json_.fail(fmt::format("model.params.{}: expected a string, a number or a boolean", name));
  }

  std::int32_t whole(std::string_view field, std::int64_t least) {
    if (json_.peek() != JsonReader::Kind::number) {
      json_.fail(fmt::format("{}: expected a whole number", field));
    }
    const std::int64_t value = json_.i64();
    if (value < least || value > std::numeric_limits<std::int32_t>::max()) {
      json_.fail(fmt::format("{}: expected {} to {}, found {}", field, least,
                             std::numeric_limits<std::int32_t>::max(), value));
    }
    return static_cast<std::int32_t>(value);
  }

  /// The spine's dates, where given, are those of the split, each in one part.
  void check_spine() const {
    if (spine_as_of_.empty()) return;
    std::vector<std::int64_t> split = spec_.train_as_of;
    split.insert(split.end(), spec_.test_as_of.begin(), spec_.test_as_of.end());
    std::sort(split.begin(), split.end());
    for (const std::int64_t as_of : spine_as_of_) {
      if (std::binary_search(split.begin(), split.end(), as_of)) continue;
      refuse(fmt::format("spine.as_of: {} is neither in split.train nor in split.test",
                         format_timestamp(as_of)));
    }
    for (const std::int64_t as_of : split) {
      if (std::binary_search(spine_as_of_.begin(), spine_as_of_.end(), as_of)) continue;
      refuse(fmt::format("split: {} is not in spine.as_of", format_timestamp(as_of)));
    }
  }

  JsonReader json_;
  std::string folder_;
  TrainSpec spec_;
  std::vector<std::int64_t> spine_as_of_;
  std::set<std::string, std::less<>> seen_;
  const char* known_ = "";
};

}  // namespace

TrainSpec parse_train_spec(std::string_view json, const std::string& folder) {
  try {
    return SpecReader(json, folder).read();
  } catch (const Error& error) {
    if (error.reason() != Reason::malformed_json) throw;
    throw Error(Code::invalid_argument, Reason::malformed_spec, error.message());
  }
}

TrainSpec read_train_spec(const std::string& path) {
  const std::string json = read_file(path);
  try {
    return parse_train_spec(json, std::filesystem::path(path).parent_path().string());
  } catch (const Error& error) {
    throw Error(error.code(), error.reason(), fmt::format("{}: {}", path, error.message()));
  }
}

}  // namespace mlcore
