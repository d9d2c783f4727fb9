// SPDX-License-Identifier: Apache-2.0
#pragma once

// The kernels' code, once for every target. All of it depends on V, the target's vectors, so that
// no symbol is shared between targets:
//
//   Bytes               kRows bytes, one a row
//   load, fill          from memory; one byte everywhere
//   above(column, k)    a Mask of the rows whose byte is greater than k
//   plus_one(a, mask)   a + 1 where the mask is set
//   select(mask, a, b)  b where the mask is set, else a
//   add(a, b)
//   store(bytes, to)
//   add_leaves<D>(leaf, values, sums)   sums[row] += values[leaf[row]], float or double; there may
//                       be 2^D values to load, and as many in sums as a vector has rows
//   count_passed(group, x)   how many of kGroup ascending thresholds are <= x, or in double < x
//   write_group(ranks, base, bias, out)   kGroup bytes clamp(rank - base, 0, kChunk) ^ bias
//   kBias               what tile bytes are xored with
//   kJumps              whether walk_blended takes BlendJumps
//   kTurns              whether there is turn_tile, which adds the first of a run's trees and tells
//                       how many
//   kLeastRows          fewer rows than these are faster one by one,
//   kLeastRowsOfLarge   of trees that are not complete ones of up to 6 levels,
//   kLeastRowsOfTurned  of runs that turn_tile takes

#include "predict/tree_kernel.hpp"

namespace mlcore {
namespace {

// Where the leaves of a row go.

template <typename Sum>
struct OneSum {  // in a register: through memory each addition takes 3 times as long
  Sum sum;
  inline void add(Sum value) { sum += value; }
};
template <typename Sum>
struct ManySums {
  const uint32_t* output;
  Sum* margins;
  inline void add(Sum value) { margins[*output++] += value; }
};

/// Hands `walk` the sink for the leaves of a row.
template <typename Sum, typename Walk>
inline void add_to(const uint32_t* outputs, Sum* margins, Walk walk) {
  if (outputs == nullptr) {
    OneSum<Sum> sink{margins[0]};
    walk(sink);
    margins[0] = sink.sum;
    return;
  }
  ManySums<Sum> sink{outputs, margins};
  walk(sink);
}

template <typename V>
struct KernelBody {
  using Bytes = typename V::Bytes;

  // ---- Ranks

  template <uint32_t kLevels, typename Number>
  static inline uint32_t rank(const Number* thresholds, const RankInput& input, Number x) {
    uint32_t group = 0;
    for (uint32_t level = 0; level < kLevels; ++level) {
      group =
          group * kGroup + V::count_passed(thresholds + input.levels[level] + group * kGroup, x);
    }
    return group;
  }

  /// Without a branch: a missing value, of rank 0, comes when it wants.
  template <typename Number>
  static inline uint16_t high_rank(const RankInput& input, Number x, uint32_t rank) {
    return static_cast<uint16_t>(rank + (input.count & (0u - static_cast<uint32_t>(x != x))));
  }

  /// Bytes of a chunk, kGroup at a time, so up to kGroup - 1 more than asked for.
  static inline void write_chunk(const uint16_t* ranks, uint16_t base, uint32_t count, uint8_t bias,
                                 uint8_t* out) {
    for (uint32_t i = 0; i < count; i += kGroup) V::write_group(ranks + i, base, bias, out + i);
  }

  template <uint32_t kLevels, typename Number>
  static inline void rank_inputs(const RankView<Number>& ranks, uint32_t begin,
                                 const Number* features, uint16_t* low, uint16_t* high) {
    for (uint32_t i = begin; i < ranks.inputs_to[kMaxLevels - kLevels]; ++i) {
      const RankInput& input = ranks.inputs[i];
      const Number x = features[input.feature];
      const uint32_t found = rank<kLevels>(ranks.thresholds, input, x);
      low[i] = static_cast<uint16_t>(found);
      high[i] = high_rank(input, x, found);
    }
  }

  template <uint32_t kMost, typename Number>
  [[gnu::noinline]] static void rank_row_of(const RankView<Number>& ranks, const Number* features,
                                            uint8_t* columns) {
    uint16_t sides[2][kMost + kGroup];  // of the padding any
    rank_inputs<4>(ranks, 0, features, sides[0], sides[1]);
    rank_inputs<3>(ranks, ranks.inputs_to[0], features, sides[0], sides[1]);
    rank_inputs<2>(ranks, ranks.inputs_to[1], features, sides[0], sides[1]);
    rank_inputs<1>(ranks, ranks.inputs_to[2], features, sides[0], sides[1]);
    for (uint32_t p = 0; p < ranks.plane_count; ++p) {
      const RankPlane& plane = ranks.planes[p];
      write_chunk(sides[plane.is_high], plane.base, plane.inputs, 0, columns + plane.column);
    }
  }

  template <typename Number>
  static void rank_row(const RankView<Number>& ranks, const Number* features, uint8_t* columns) {
    if (ranks.inputs_to[kMaxLevels - 1] <= kFewColumns) {
      rank_row_of<kFewColumns>(ranks, features, columns);
    } else {
      rank_row_of<kMaxColumns>(ranks, features, columns);
    }
  }

  template <uint32_t kLevels, typename Number>
  static inline void rank_rows(const RankView<Number>& ranks, const RankInput& input,
                               const RowsView<Number>& features, uint32_t rows,
                               uint16_t (*sides)[kTileRows]) {
    const Number* first = features.first + input.feature * features.column_stride;
    for (uint32_t row = 0; row < rows; ++row) {
      const Number x = first[row * features.row_stride];
      const uint32_t found = rank<kLevels>(ranks.thresholds, input, x);
      sides[0][row] = static_cast<uint16_t>(found);
      sides[1][row] = high_rank(input, x, found);
    }
  }

  template <typename Number>
  static void rank_tile(const RankView<Number>& ranks, const RowsView<Number>& features,
                        uint32_t rows, uint32_t stride, uint8_t* tile) {
    uint16_t sides[2][kTileRows] = {};
    for (uint32_t i = 0; i < ranks.inputs_to[kMaxLevels - 1]; ++i) {
      const RankInput& input = ranks.inputs[i];
      if (i < ranks.inputs_to[0]) {
        rank_rows<4>(ranks, input, features, rows, sides);
      } else if (i < ranks.inputs_to[1]) {
        rank_rows<3>(ranks, input, features, rows, sides);
      } else if (i < ranks.inputs_to[2]) {
        rank_rows<2>(ranks, input, features, rows, sides);
      } else {
        rank_rows<1>(ranks, input, features, rows, sides);
      }
      for (uint32_t p = 0; p < ranks.plane_count; ++p) {
        const RankPlane& plane = ranks.planes[p];
        if (i >= plane.inputs) continue;
        uint8_t* out = tile + (plane.column + i) * size_t{stride};
        write_chunk(sides[plane.is_high], plane.base, stride, V::kBias, out);
      }
    }
  }

  // ---- A tile: each tree bottom-up across the rows

  template <typename Column>
  struct Tree {
    static constexpr size_t kStride = sizeof(Column) == 1 ? kTileRows : kWideTileRows;
    const Column* columns;
    const uint8_t* ks;
    const uint8_t* tile;

    inline typename V::Mask above(uint32_t node) const {
      return V::above(V::load(tile + size_t{columns[node]} * kStride), ks[node]);
    }
  };

  /// The leaf, from kFirst, that each row reaches below a node of a height. Compilers stop at the
  /// right half, which several depths share; called, it takes a sixth more instructions a tree.
  template <uint32_t kHeight, uint8_t kFirst, typename Column>
  [[gnu::always_inline]] static inline Bytes leaf_below(const Tree<Column>& tree, uint32_t node) {
    if constexpr (kHeight == 1) {
      return V::plus_one(V::fill(kFirst), tree.above(node));
    } else {
      constexpr uint8_t kRight = kFirst + (1u << (kHeight - 1));
      const Bytes left = leaf_below<kHeight - 1, kFirst>(tree, 2 * node);
      const Bytes right = leaf_below<kHeight - 1, kRight>(tree, 2 * node + 1);
      return V::select(tree.above(node), left, right);
    }
  }

  /// Picks, below a node of a height, among the results of its lowest descendants.
  template <uint32_t kHeight, typename Column>
  static inline Bytes pick(const Tree<Column>& tree, uint32_t node, const Bytes* results) {
    if constexpr (kHeight == 0) {
      return *results;
    } else {
      const Bytes left = pick<kHeight - 1>(tree, 2 * node, results);
      const Bytes right = pick<kHeight - 1>(tree, 2 * node + 1, results + (1u << (kHeight - 1)));
      return V::select(tree.above(node), left, right);
    }
  }

  template <uint32_t kDepth, typename Column>
  static inline Bytes leaf_of(const Tree<Column>& tree) {
    if constexpr (kDepth <= 6) {
      return leaf_below<kDepth, 0>(tree, 1);
    } else {
      constexpr uint32_t kParts = 1u << (kDepth - 6);
      Bytes parts[kParts];
      for (uint32_t i = 0; i < kParts; ++i) {
        parts[i] =
            V::add(leaf_below<6, 0>(tree, kParts + i), V::fill(static_cast<uint8_t>(64 * i)));
      }
      return pick<kDepth - 6>(tree, 1, parts);
    }
  }

  template <uint32_t kDepth, typename Column, typename Sum>
  static void add_tile_of(const CompleteView<Sum>& trees, uint32_t first, uint32_t count,
                          const uint8_t* tile, uint32_t rows, const uint32_t* outputs, Sum* sums) {
    for (uint32_t i = 0; i < count; ++i) {
      const size_t place = size_t{first + i} << kDepth;
      Sum* own = outputs == nullptr ? sums : sums + size_t{outputs[i]} * kTileRows;
      for (uint32_t row = 0; row < rows; row += V::kRows) {
        const Tree<Column> tree{static_cast<const Column*>(trees.columns) + place, trees.ks + place,
                                tile + row};
        V::template add_leaves<kDepth>(leaf_of<kDepth>(tree), trees.leaves + place, own + row);
      }
    }
  }

  // ---- A row: kLanes trees in lockstep

  /// 2 * at + (*k < rank). In x86 the carry of the comparison is the summand, which compilers do
  /// not find.
  static inline uint64_t child(uint64_t at, const uint8_t* k, uint8_t rank) {
#if defined(__x86_64__)
    __asm__("cmpb %[rank], %[k]\n\tadcq %[at], %[at]"
            : [at] "+r"(at)
            : [rank] "q"(rank), [k] "m"(*k)
            : "cc");
    return at;
#else
    return at + at + (*k < rank ? 1 : 0);
#endif
  }

  /// The leaves stay in registers on their way to the sum: through an array they would be stored in
  /// halves and loaded whole, which stalls.
  template <uint32_t kDepth, uint32_t kLanes, typename Column, typename Sum, typename Sink>
  static inline void walk(const Column* columns, const uint8_t* ks, const Sum* leaves,
                          const uint8_t* ranks, Sink& sink) {
    uint64_t at[kLanes];
    for (uint32_t lane = 0; lane < kLanes; ++lane) at[lane] = 1;
#pragma GCC unroll 8
    for (uint32_t step = 0; step < kDepth; ++step) {
#pragma GCC unroll 8
      for (uint32_t lane = 0; lane < kLanes; ++lane) {
        const size_t node = (size_t{lane} << kDepth) + at[lane];
        at[lane] = child(at[lane], ks + node, ranks[columns[node]]);
      }
    }
#pragma GCC unroll 8
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      sink.add(leaves[(size_t{lane} << kDepth) + at[lane] - (1u << kDepth)]);
    }
  }

  /// Hands `sink` the leaf values of trees in order.
  template <uint32_t kDepth, typename Column, typename Sum, typename Sink>
  static inline void walk_trees(const CompleteView<Sum>& trees, uint32_t first, uint32_t count,
                                const uint8_t* ranks, Sink& sink) {
    constexpr uint32_t kLanes = 8;
    size_t place = size_t{first} << kDepth;
    const auto* columns = static_cast<const Column*>(trees.columns);
    for (; count >= kLanes; count -= kLanes) {
      walk<kDepth, kLanes>(columns + place, trees.ks + place, trees.leaves + place, ranks, sink);
      place += kLanes << kDepth;
    }
    for (; count > 0; --count) {
      walk<kDepth, 1>(columns + place, trees.ks + place, trees.leaves + place, ranks, sink);
      place += 1u << kDepth;
    }
  }

  template <uint32_t kDepth, typename Column, typename Sum>
  static void add_row_of(const CompleteView<Sum>& trees, uint32_t first, uint32_t count,
                         const uint8_t* ranks, const uint32_t* outputs, Sum* margins) {
    add_to(outputs, margins, [&](auto& sink) {
      V::template walk_trees<kDepth, Column>(trees, first, count, ranks, sink);
    });
  }

  // ---- The depth and the width of a column, once a call

  template <typename Column, typename Sum>
  static void add_row_as(const CompleteView<Sum>& trees, uint32_t first, uint32_t count,
                         const uint8_t* ranks, const uint32_t* outputs, Sum* margins) {
    switch (trees.depth) {
      case 1: return add_row_of<1, Column>(trees, first, count, ranks, outputs, margins);
      case 2: return add_row_of<2, Column>(trees, first, count, ranks, outputs, margins);
      case 3: return add_row_of<3, Column>(trees, first, count, ranks, outputs, margins);
      case 4: return add_row_of<4, Column>(trees, first, count, ranks, outputs, margins);
      case 5: return add_row_of<5, Column>(trees, first, count, ranks, outputs, margins);
      case 6: return add_row_of<6, Column>(trees, first, count, ranks, outputs, margins);
      case 7: return add_row_of<7, Column>(trees, first, count, ranks, outputs, margins);
      case 8: return add_row_of<8, Column>(trees, first, count, ranks, outputs, margins);
    }
  }

  template <typename Sum>
  static void add_row(const CompleteView<Sum>& trees, uint32_t first, uint32_t count,
                      const uint8_t* ranks, const uint32_t* outputs, Sum* margins) {
    if (trees.column_count > kByteColumns)
      return add_row_as<uint16_t>(trees, first, count, ranks, outputs, margins);
    add_row_as<uint8_t>(trees, first, count, ranks, outputs, margins);
  }

  template <typename Column, typename Sum>
  static void add_tile_as(const CompleteView<Sum>& trees, uint32_t first, uint32_t count,
                          const uint8_t* tile, uint32_t rows, const uint32_t* outputs, Sum* sums) {
    const auto add = [&](auto of) { of(trees, first, count, tile, rows, outputs, sums); };
    switch (trees.depth) {
      case 1: return add(add_tile_of<1, Column, Sum>);
      case 2: return add(add_tile_of<2, Column, Sum>);
      case 3: return add(add_tile_of<3, Column, Sum>);
      case 4: return add(add_tile_of<4, Column, Sum>);
      case 5: return add(add_tile_of<5, Column, Sum>);
      case 6: return add(add_tile_of<6, Column, Sum>);
      case 7: return add(add_tile_of<7, Column, Sum>);
      case 8: return add(add_tile_of<8, Column, Sum>);
    }
  }

  template <typename Sum>
  static void add_tile(const CompleteView<Sum>& trees, uint32_t first, uint32_t count,
                       const uint8_t* tile, uint32_t rows, const uint32_t* outputs, Sum* sums) {
    if (trees.column_count > kByteColumns) {
      return add_tile_as<uint16_t>(trees, first, count, tile, rows, outputs, sums);
    }
    if constexpr (V::kTurns) {
      const uint32_t done = V::turn_tile(trees, first, count, tile, rows, outputs, sums);
      first += done;
      count -= done;
      if (outputs != nullptr) outputs += done;
    }
    add_tile_as<uint8_t>(trees, first, count, tile, rows, outputs, sums);
  }
};

}  // namespace
}  // namespace mlcore
