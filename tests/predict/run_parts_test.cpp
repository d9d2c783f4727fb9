// SPDX-License-Identifier: Apache-2.0
#include "predict/run_parts.hpp"

#include <doctest/doctest.h>

#include "predict/random_trees.hpp"

using namespace mlcore;
using test::full_model;
using test::FullShape;

namespace {

TreeKernels kernels_that(bool turn) {
  TreeKernels kernels{};
  kernels.least_rows = 20;
  kernels.least_rows_of_large = 32;
  kernels.least_rows_of_turned = turn ? 16 : 0;
  return kernels;
}

TreePlan<float> plan_of(const FullShape& shape) {
  SampleRandom random(shape.trees);
  return TreePlan<float>(full_model(random, shape));
}

struct Part {
  std::uint32_t run;
  std::uint32_t first;
  std::uint32_t count;
  friend bool operator==(const Part&, const Part&) = default;
};

std::vector<Part> parts_of(const TreePlan<float>& plan, TreeRange trees) {
  std::vector<Part> parts;
  for_each_part(plan, trees, [&](const TreeRun& run, std::uint32_t first, std::uint32_t count) {
    parts.push_back({run.begin, first, count});
  });
  return parts;
}

}  // namespace

TEST_CASE("run parts: a range has the part of each run that lies in it") {
  TreePlan<float> plan = plan_of({.trees = 1, .depth = 1});
  plan.runs = {{TreeRunner::complete, 6, 0, 10, 0},
               {TreeRunner::blended, 9, 10, 11, 0},
               {TreeRunner::complete, 2, 11, 40, 0}};
  CHECK(parts_of(plan, {0, 0}).empty());
  CHECK(parts_of(plan, {40, 40}).empty());
  CHECK(parts_of(plan, {0, 1}) == std::vector<Part>{{0, 0, 1}});
  CHECK(parts_of(plan, {9, 11}) == std::vector<Part>{{0, 9, 1}, {10, 0, 1}});
  CHECK(parts_of(plan, {12, 40}) == std::vector<Part>{{11, 1, 28}});
  CHECK(parts_of(plan, {0, 40}) == std::vector<Part>{{0, 0, 10}, {10, 0, 1}, {11, 0, 29}});
}

TEST_CASE("run parts: few rows are a tile where the range's own trees are turned") {
  const TreePlan<float> deep = plan_of({.trees = 200, .depth = 7, .features = 9, .pruned = 0});
  REQUIRE(deep.runs.size() == 1);
  CHECK(least_rows(deep, kernels_that(true), {0, 200}) == 16);
  CHECK(least_rows(deep, kernels_that(true), {136, 200}) == 16);
  CHECK(least_rows(deep, kernels_that(true), {137, 200}) == 32);
  CHECK(least_rows(deep, kernels_that(true), {0, 63}) == 32);
  CHECK(least_rows(deep, kernels_that(true), {0, 0}) == 1);
  CHECK(least_rows(deep, kernels_that(false), {0, 200}) == 32);

  const TreePlan<float> small = plan_of({.trees = 100, .depth = 6, .features = 9, .pruned = 0});
  CHECK(least_rows(small, kernels_that(true), {0, 100}) == 16);
  CHECK(least_rows(small, kernels_that(true), {0, 63}) == 20);
}

TEST_CASE("run parts: many outputs, which come group by group, and wide columns turn no trees") {
  const TreePlan<float> few =
      plan_of({.trees = 200, .depth = 7, .features = 9, .outputs = 32, .pruned = 0});
  CHECK(least_rows(few, kernels_that(true), {0, 200}) == 16);
  const TreePlan<float> many =
      plan_of({.trees = 200, .depth = 7, .features = 9, .outputs = 33, .pruned = 0});
  CHECK(least_rows(many, kernels_that(true), {0, 200}) == 32);
  const TreePlan<float> wide = plan_of({.trees = 200, .depth = 7, .features = 200, .pruned = 0});
  REQUIRE(wide.ranks.column_count() > kByteColumns);
  CHECK(least_rows(wide, kernels_that(true), {0, 200}) == 32);
}
