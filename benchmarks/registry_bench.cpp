// SPDX-License-Identifier: Apache-2.0
// Cases registry/…: a registry in the folder for temporary files (TMPDIR), on whose disk they wait.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <random>
#include <stdexcept>

#include "mlcore/predict/proof.hpp"
#include "mlcore/registry/registry.hpp"

namespace mlcore::bench {
namespace {

namespace fs = std::filesystem;

struct Scratch {
  Scratch() : path((fs::temp_directory_path() / "mlcore-bench-XXXXXX").string()) {
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp " + path);
  }
  ~Scratch() { fs::remove_all(path); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::string path;
};

/// One full tree of depth 6, its nodes in breadth-first order.
void append_tree(TreeEnsemble& model, std::mt19937& random) {
  constexpr std::uint32_t kSplits = 63;
  const auto first = static_cast<std::uint32_t>(model.left.size());
  for (std::uint32_t node = 0; node < 2 * kSplits + 1; ++node) {
    const bool is_leaf = node >= kSplits;
    model.left.push_back(is_leaf ? TreeEnsemble::kLeaf : first + 2 * node + 1);
    model.feature.push_back(0);
    model.value.push_back(static_cast<float>(random() % 100'000) / 1000.0f);
    model.default_left.push_back(is_leaf ? 0 : static_cast<std::uint8_t>(node % 2));
    model.node_id.push_back(node);
  }
  model.tree_begin.push_back(static_cast<std::uint32_t>(model.left.size()));
  model.tree_output.push_back(0);
  model.round_begin.push_back(static_cast<std::uint32_t>(model.tree_output.size()));
}

/// Random trees over one number. Another `seed`: other bytes.
Bytes file_of(std::size_t trees, std::uint32_t seed) {
  std::mt19937 random(seed);
  Artifact artifact;
  artifact.name = "generated";
  artifact.definition =
      Definition::parse("features generated version 1\ninput x: f64\nf = x\noutput [f]\n");
  TreeEnsemble model;
  model.framework = "generated";
  model.framework_version = "0";
  model.objective = "reg:squarederror";
  model.feature_count = 1;
  model.base_margins = {0.5f};
  model.tree_begin = {0};
  model.round_begin = {0};
  for (std::size_t tree = 0; tree < trees; ++tree) append_tree(model, random);
  artifact.model = std::move(model);
  artifact.proof_rows = make_proof_rows(artifact, 64, 7);
  return write_artifact(artifact);
}

void publish(benchmark::State& state) {
  const Scratch scratch;
  const Registry registry = Registry::create(scratch.path);
  std::uint32_t seed = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const Bytes file = file_of(static_cast<std::size_t>(state.range(0)), ++seed);
    bytes = file.size();
    state.ResumeTiming();
    registry.publish(file, {});
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}

/// Two versions of 1 tree, or what `state` asks for.
void fill(const Registry& registry, int versions) {
  for (int i = 1; i <= versions; ++i)
    registry.publish(file_of(1, static_cast<std::uint32_t>(i)), {});
}

void promote(benchmark::State& state) {
  const Scratch scratch;
  const Registry registry = Registry::create(scratch.path);
  fill(registry, 2);
  std::int64_t version = 1;
  for (auto _ : state) {
    registry.promote("champion", version);
    version = 3 - version;
  }
}

void rollback(benchmark::State& state) {
  const Scratch scratch;
  const Registry registry = Registry::create(scratch.path);
  fill(registry, 2);
  registry.promote("champion", 1);
  for (auto _ : state) {
    state.PauseTiming();
    registry.promote("champion", 2);
    state.ResumeTiming();
    registry.rollback("champion");
  }
}

void list(benchmark::State& state) {
  static const Scratch scratch;  // filled once for all repetitions
  const Registry registry = Registry::create(scratch.path);
  if (registry.versions().empty()) fill(registry, static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(registry.list().size());
}

BENCHMARK(publish)
    ->Name("registry/publish")
    ->Arg(1)
    ->Arg(4600)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(promote)->Name("registry/promote")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(rollback)->Name("registry/rollback")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(list)->Name("registry/list")->Arg(10'000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace mlcore::bench
