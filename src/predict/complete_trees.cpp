// SPDX-License-Identifier: Apache-2.0
// TreeEngine uses CompleteTrees.
#include "predict/complete_trees.hpp"

#include <array>
#include <bit>

#include "model/tree_nodes.hpp"
#include "predict/tree_values.hpp"

namespace mlcore {
namespace {

constexpr std::size_t kVectorBytes = 64;

}  // namespace

template <typename Number>
void CompleteTrees<Number>::reserve(std::size_t places, std::uint32_t column_count) {
  column_count_ = column_count;
  ks_.reserve(places + kVectorBytes);
  leaves_.reserve(places + kVectorBytes);
  leaf_ids_.reserve(places);
  if (is_wide()) {
    wide_columns_.reserve(places + kVectorBytes);
  } else {
    columns_.reserve(places + kVectorBytes);
  }
}

template <typename Number>
void CompleteTrees<Number>::resize(std::size_t places) {
  ks_.resize(places, kAlwaysLeft);
  leaves_.resize(places);
  if (is_wide()) {
    wide_columns_.resize(places);
  } else {
    columns_.resize(places);
  }
}

template <typename Number>
std::size_t CompleteTrees<Number>::add(const TreeEnsemble& model, const RankTable<Number>& ranks,
                                       std::uint32_t begin, std::uint32_t end,
                                       std::uint32_t depth) {
  const std::size_t start = leaf_ids_.size();
  const std::size_t size = start + (std::size_t{end - begin} << depth);
  resize(size);
  leaf_ids_.resize(size);
  for (std::uint32_t tree = begin; tree < end; ++tree) {
    add_tree(model, ranks, tree, depth, start + (std::size_t{tree - begin} << depth));
  }
  return start;
}

/// A parent comes before its children: their places in the heap are known in time.
template <typename Number>
void CompleteTrees<Number>::add_tree(const TreeEnsemble& model, const RankTable<Number>& ranks,
                                     std::uint32_t tree, std::uint32_t depth, std::size_t root) {
  const std::uint32_t first = model.tree_begin[tree];
  const std::uint32_t end = model.tree_begin[tree + 1];
  std::array<std::uint16_t, std::size_t{2} << kMaxCompleteDepth> places;  // [node - first]
  places[0] = 1;
  const std::uint32_t* lefts = model.left.data();
  std::uint8_t* ks = ks_.data() + root;
  std::uint8_t* columns = is_wide() ? nullptr : columns_.data() + root;
  std::uint16_t* wide_columns = is_wide() ? wide_columns_.data() + root : nullptr;
  for_each_inner(model, first, end, [&](std::uint32_t node) {
    const std::uint32_t place = places[node - first];
    const std::uint32_t left = lefts[node] - first;
    places[left] = static_cast<std::uint16_t>(2 * place);
    places[left + 1] = static_cast<std::uint16_t>(2 * place + 1);
    const RankPlace test = ranks.place(model, node);
    ks[place] = test.k;
    if (wide_columns != nullptr) {
      wide_columns[place] = static_cast<std::uint16_t>(test.column);
    } else {
      columns[place] = static_cast<std::uint8_t>(test.column);
    }
  });
  const Number* values = values_of<Number>(model);
  Number* leaves = leaves_.data() + root;
  for_each_leaf(model, first, end, [&](std::uint32_t node) {
    const std::uint32_t place = places[node - first];
    const auto level = static_cast<std::uint32_t>(std::bit_width(place)) - 1;
    // From there on through padding, which always goes left.
    const std::uint32_t leaf = (place << (depth - level)) - (1u << depth);
    leaves[leaf] = values[node];
    leaf_ids_.set(root + leaf, id_of(model, tree, node));
  });
}

template <typename Number>
void CompleteTrees<Number>::finish() {
  const std::size_t places = leaf_ids_.size();
  resize(places + kVectorBytes);
}

template <typename Number>
std::uint32_t CompleteTrees<Number>::leaf_id(std::size_t place, std::uint32_t depth,
                                             const std::uint8_t* ranks) const noexcept {
  std::size_t at = 1;
  for (std::uint32_t step = 0; step < depth; ++step) {
    const std::size_t node = place + at;
    const std::size_t column = is_wide() ? wide_columns_[node] : columns_[node];
    at = 2 * at + (ranks[column] > ks_[node] ? 1 : 0);
  }
  return leaf_ids_[place + at - (std::size_t{1} << depth)];
}

template <typename Number>
CompleteView<Number> CompleteTrees<Number>::view(std::size_t place,
                                                 std::uint32_t depth) const noexcept {
  const void* columns = is_wide() ? static_cast<const void*>(wide_columns_.data() + place)
                                  : static_cast<const void*>(columns_.data() + place);
  return {columns, ks_.data() + place, leaves_.data() + place, depth, column_count_};
}

template class CompleteTrees<float>;
template class CompleteTrees<double>;

}  // namespace mlcore
