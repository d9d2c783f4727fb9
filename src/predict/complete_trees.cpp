// SPDX-License-Identifier: Apache-2.0
// TreeEngine uses CompleteTrees.
#include "predict/complete_trees.hpp"

#include <utility>

#include "predict/tree_values.hpp"

namespace mlcore {
namespace {

constexpr std::size_t kVectorBytes = 64;

}  // namespace

template <typename Number>
std::size_t CompleteTrees<Number>::add(const TreeEnsemble& model, const RankTable<Number>& ranks,
                                       std::uint32_t begin, std::uint32_t end,
                                       std::uint32_t depth) {
  const std::size_t start = ks_.size();
  const std::size_t width = std::size_t{1} << depth;
  column_count_ = static_cast<std::uint32_t>(ranks.column_count());
  const bool is_wide = column_count_ > kByteColumns;
  const std::size_t size = start + (end - begin) * width;
  ks_.resize(size, kAlwaysLeft);
  leaves_.resize(size);
  leaf_ids_.resize(size);
  if (is_wide) {
    wide_columns_.resize(size);
  } else {
    columns_.resize(size);
  }
  std::vector<std::pair<std::uint32_t, std::size_t>> nodes;  // with their place in the heap
  for (std::uint32_t tree = begin; tree < end; ++tree) {
    const std::size_t root = start + (tree - begin) * width;
    nodes.assign(1, {model.tree_begin[tree], 1});
    while (!nodes.empty()) {
      auto [node, place] = nodes.back();
      nodes.pop_back();
      if (model.left[node] == TreeEnsemble::kLeaf) {
        while (place < width) place *= 2;  // through padding, which always goes left
        const std::size_t leaf = root + place - width;
        leaves_[leaf] = value_of<Number>(model, node);
        leaf_ids_[leaf] = id_of(model, tree, node);
        continue;
      }
      const RankPlace test = ranks.place(model, node);
      ks_[root + place] = test.k;
      if (is_wide) {
        wide_columns_[root + place] = static_cast<std::uint16_t>(test.column);
      } else {
        columns_[root + place] = static_cast<std::uint8_t>(test.column);
      }
      nodes.emplace_back(model.left[node], 2 * place);
      nodes.emplace_back(model.left[node] + 1, 2 * place + 1);
    }
  }
  return start;
}

template <typename Number>
void CompleteTrees<Number>::finish() {
  const auto pad = [](auto& values, std::size_t more, auto value) {
    values.resize(values.size() + more, value);
    values.shrink_to_fit();
  };
  pad(ks_, kVectorBytes, kAlwaysLeft);
  pad(leaves_, kVectorBytes / sizeof(Number), Number{0});
  pad(leaf_ids_, 0, 0u);
  if (wide_columns_.empty()) {
    pad(columns_, kVectorBytes, std::uint8_t{0});
  } else {
    pad(wide_columns_, kVectorBytes, std::uint16_t{0});
  }
}

template <typename Number>
std::uint32_t CompleteTrees<Number>::leaf_id(std::size_t place, std::uint32_t depth,
                                             const std::uint8_t* ranks) const noexcept {
  std::size_t at = 1;
  for (std::uint32_t step = 0; step < depth; ++step) {
    const std::size_t node = place + at;
    const std::size_t column = wide_columns_.empty() ? columns_[node] : wide_columns_[node];
    at = 2 * at + (ranks[column] > ks_[node] ? 1 : 0);
  }
  return leaf_ids_[place + at - (std::size_t{1} << depth)];
}

template <typename Number>
CompleteView<Number> CompleteTrees<Number>::view(std::size_t place,
                                                 std::uint32_t depth) const noexcept {
  const bool is_wide = !wide_columns_.empty();
  const void* columns = is_wide ? static_cast<const void*>(wide_columns_.data() + place)
                                : static_cast<const void*>(columns_.data() + place);
  return {columns, ks_.data() + place, leaves_.data() + place, depth, column_count_};
}

template class CompleteTrees<float>;
template class CompleteTrees<double>;

}  // namespace mlcore
