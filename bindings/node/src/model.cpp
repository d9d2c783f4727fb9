// SPDX-License-Identifier: Apache-2.0
// Models: opening, what they are, and the margins of features that the caller made.
#include <filesystem>
#include <memory>

#include "work.hpp"

namespace mlcore_node {
namespace {

/// Opens a file, or the bytes of one.
class Open final : public Work {
 public:
  Open(std::string text, bool is_path) : text_(std::move(text)), is_path_(is_path) {}

  void run() override {
    mlcore_model_t* model = nullptr;
    const auto size = static_cast<std::int64_t>(text_.size());
    file_size_ = is_path_ ? size_of_file() : size;
    if (is_path_) {
      check(mlcore_model_open, text_.data(), size, &model);
    } else {
      check(mlcore_model_open_bytes, static_cast<const void*>(text_.data()), size, &model);
    }
    model_ = {model, [](const mlcore_model_t* last) { mlcore_model_release(last); }};
  }

  napi_value finish(napi_env env) override {
    return new_external(env, Model{std::move(model_), file_size_});
  }

 private:
  [[nodiscard]] std::int64_t size_of_file() const {
    namespace fs = std::filesystem;
    std::error_code error;  // the library says what is wrong
    const fs::path path = text_;
    const auto size =
        fs::file_size(fs::is_directory(path, error) ? path / "model.mlc" : path, error);
    return error ? 0 : static_cast<std::int64_t>(size);
  }

  std::string text_;
  bool is_path_;
  std::int64_t file_size_ = 0;
  std::shared_ptr<const mlcore_model_t> model_;
};

/// openModel(path) => Promise<model>
napi_value open_model(Call& call) {
  return start(call.env(), std::make_unique<Open>(call.copied(0), true));
}

/// openModelBytes(artifact) => Promise<model>
napi_value open_model_bytes(Call& call) {
  return start(call.env(), std::make_unique<Open>(call.copied(0), false));
}

napi_value text_of(Call& call, decltype(&mlcore_model_name) ask) {
  const auto model = call.open<Model>(0);
  const char* text = nullptr;
  std::int64_t size = 0;
  check(ask, model.get(), &text, &size);
  return call.text(text, size);
}

napi_value model_name(Call& call) { return text_of(call, mlcore_model_name); }
napi_value model_digest(Call& call) { return text_of(call, mlcore_model_digest); }

/// modelVersion(model) => number
napi_value model_version(Call& call) {
  std::int64_t version = 0;
  check(mlcore_model_version, call.open<Model>(0).get(), &version);
  return call.number(static_cast<double>(version));
}

/// modelFeatures(model) => features, which keep the model
napi_value model_features(Call& call) {
  const auto model = call.open<Model>(0);
  const mlcore_features_t* borrowed = nullptr;
  check(mlcore_model_features, model.get(), &borrowed);
  return new_external(call.env(), Features{{model, borrowed}});
}

/// modelOutputCount(model, output) => number
napi_value model_output_count(Call& call) {
  const auto model = call.open<Model>(0);
  std::int64_t count = 0;
  check(mlcore_model_output_count, model.get(), call.int32(1), &count);
  return call.number(static_cast<double>(count));
}

/// modelDescribe(model) => JSON text
napi_value model_describe(Call& call) {
  const auto model = call.open<Model>(0);
  std::int64_t needed = 0;
  check(mlcore_model_describe, model.get(), nullptr, std::int64_t{0}, &needed);
  std::string json(static_cast<std::size_t>(needed), '\0');
  check(mlcore_model_describe, model.get(), json.data(), needed, &needed);
  return call.text(json.data(), needed);
}

/// closeModel(model)
napi_value close_model(Call& call) {
  call.handle<Model>(0).handle.reset();
  return call.undefined();
}

class Margins final : public Work {
 public:
  explicit Margins(const Call& call) : model_(call.open<Model>(0)), columns_(call.integer(2)) {
    const Numbers given = call.numbers(1);
    const std::size_t width = given.is_f32 ? sizeof(float) : sizeof(double);
    const auto* bytes = static_cast<const char*>(given.data);
    values_.assign(bytes, bytes + static_cast<std::size_t>(given.count) * width);
    is_f32_ = given.is_f32;
    rows_ = columns_ > 0 ? given.count / columns_ : 0;
    out_ = call.doubles(3, out_count_);
    keep(call.env(), call.value(3));
  }

  void run() override {
    if (is_f32_) {
      check(mlcore_model_margin_f32, model_.get(), reinterpret_cast<const float*>(values_.data()),
            rows_, columns_, columns_, out_, out_count_);
    } else {
      check(mlcore_model_margin_f64, model_.get(), reinterpret_cast<const double*>(values_.data()),
            rows_, columns_, columns_, out_, out_count_);
    }
  }

  napi_value finish(napi_env env) override { return kept(env, 0); }

 private:
  std::shared_ptr<const mlcore_model_t> model_;
  std::vector<char> values_;
  bool is_f32_ = false;
  std::int64_t rows_ = 0, columns_;
  double* out_ = nullptr;
  std::int64_t out_count_ = 0;
};

/// modelMargins(model, values, columns, out) => Promise<out>
napi_value model_margins(Call& call) { return start(call.env(), std::make_unique<Margins>(call)); }

constexpr Function kFunctions[] = {{"openModel", entry<open_model>},
                                   {"openModelBytes", entry<open_model_bytes>},
                                   {"modelName", entry<model_name>},
                                   {"modelDigest", entry<model_digest>},
                                   {"modelVersion", entry<model_version>},
                                   {"modelFeatures", entry<model_features>},
                                   {"modelOutputCount", entry<model_output_count>},
                                   {"modelDescribe", entry<model_describe>},
                                   {"modelMargins", entry<model_margins>},
                                   {"closeModel", entry<close_model>}};

}  // namespace

void add_model(napi_env env, napi_value exports) {
  add_functions(env, exports, kFunctions, std::size(kFunctions));
}

}  // namespace mlcore_node
