// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tree engine and its kernels say to each other: plain data and a table of functions, one
// table a SIMD target. A kernel's file is compiled for its target and includes nothing of std or
// Eigen: an inline function compiled there must never be linked elsewhere.
//
//   const TreeKernels& kernels = tree_kernels(best_simd_target());
//   kernels.f32.rank_row(ranks, features, columns);
//   kernels.f32.row(trees, 0, 500, columns, nullptr, &margin);

#include <stddef.h>
#include <stdint.h>

namespace mlcore {

enum class SimdTarget : int32_t;

inline constexpr uint32_t kTileRows = 128;     // rows that a batch kernel takes at a time
inline constexpr uint32_t kWideTileRows = 64;  // where columns are wide
inline constexpr uint32_t kGroup = 16;         // thresholds compared at once
inline constexpr uint32_t kMaxLevels = 4;      // of a search: 16 * 16 * 16 * 16 thresholds
inline constexpr uint32_t kChunk = 255;        // ranks that a column of bytes holds, 0 aside
inline constexpr uint32_t kByteColumns = 256;
inline constexpr uint32_t kFewColumns = 1024;               // whose tile is 64 KiB
inline constexpr uint32_t kStackColumns = 4096;             // 256 KiB; of more it is allocated
inline constexpr uint32_t kMaxColumns = 16384;              // of a row, and its inputs
inline constexpr uint32_t kMaxRank = kChunk * 128;          // below 2^15: kernels take it as signed
inline constexpr uint32_t kColumnBytes = kMaxColumns + 64;  // of a row, with room for whole vectors
inline constexpr uint32_t kMaxCompleteDepth = 8;
inline constexpr uint32_t kTurnDepth = 6;  // complete trees from this depth on, and so many of them
inline constexpr uint32_t kTurnTrees = 64;   // or more, are turned where a target does that
inline constexpr uint8_t kAlwaysLeft = 255;  // no byte is greater
inline constexpr uint32_t kBlendLeaves = 256;
inline constexpr uint32_t kBlendRows = 128;  // of an operand

/// Where one feature's thresholds stand: groups of kGroup, ascending, padded with NaN. A level
/// above holds the first threshold of each group but the first.
struct RankInput {
  uint32_t feature;
  uint32_t count;
  uint32_t levels[kMaxLevels];  // offsets into the thresholds, the top first
};

/// Columns of neighbouring inputs: a chunk of their ranks, missing low or high.
struct RankPlane {
  uint32_t column;  // of the first input
  uint32_t inputs;
  uint16_t base;  // a byte is clamp(rank - base, 0, kChunk)
  uint16_t is_high;
};

/// The rank of x is how many thresholds send it right: in float those <= x, in double those < x.
template <typename Number>
struct RankView {
  const Number* thresholds;
  const RankInput* inputs;         // most thresholds first
  uint32_t inputs_to[kMaxLevels];  // the inputs of 4 levels end here, those of 3, of 2, of 1
  const RankPlane* planes;
  uint32_t plane_count;
};

/// Rows in memory: a value is first[row * row_stride + column * column_stride].
template <typename Number>
struct RowsView {
  const Number* first;
  size_t row_stride;
  size_t column_stride;
};

/// Trees of one depth, each padded to a complete one. A tree takes 2^depth places; its inner nodes
/// stand in heap order from place 1: right iff the byte of the column is greater than k.
template <typename Number>
struct CompleteView {
  const void* columns;  // uint8_t, or uint16_t where column_count > kByteColumns
  const uint8_t* ks;
  const Number* leaves;
  uint32_t depth;
  uint32_t column_count;
};

/// A test of any tree: the byte of the column > k gives the operand `right`, else `left`. Operand
/// n < kBlendLeaves is leaf n of the tree, operand kBlendLeaves + n is what its node n gives.
/// Operands are kept times kBlendRows, as the offsets they are in a tile's memory.
struct BlendNode {
  uint16_t left;
  uint16_t right;
  uint16_t column;
  uint8_t k;
  uint8_t unused;
};

/// Its nodes, operands first, so that the last one is the root. Of the first `pairs` nodes, node n
/// has the leaves 2n and 2n + 1.
struct BlendTree {
  uint32_t node;
  uint32_t leaf;
  uint32_t jump;  // the cache line that its BlendJumps begin
  uint16_t nodes;
  uint16_t pairs;
  uint16_t leaves;
  uint16_t depth;
};

/// The same tree for a row whose ways are all found at once, from node 0: left or right of n is
/// where the row goes from n, to a node or to leaf kSize + n. kSize is jump_size of the tree.
template <uint32_t kSize>
struct alignas(64) BlendJumps {
  uint8_t ks[kSize];
  uint8_t columns[kSize];
  uint8_t left[kSize];
  uint8_t right[kSize];
};

/// 0: the tree has no BlendJumps, because it is so small that they would take more memory than they
/// are worth, or has too many leaves for a byte to number them beside its nodes.
constexpr uint32_t jump_size(uint32_t nodes) {
  return nodes < 15 ? 0 : nodes < 64 ? 64 : nodes < 128 ? 128 : 0;
}

template <typename Number>
struct BlendView {
  const BlendTree* trees;
  const BlendNode* nodes;
  const uint8_t* jumps;  // null: no tree has any
  const Number* leaves;
  uint32_t column_count;
  uint32_t doublings;  // of a jump, until it passes the deepest of the trees that have any
};

/// The rows add the leaves of trees [first, first + count) in order, each to the margin of its
/// output; without `outputs`, to the first.
template <typename Number>
struct NumberKernels {
  /// Byte columns of one row. Shape: columns[kColumnBytes].
  void (*rank_row)(const RankView<Number>& ranks, const Number* features, uint8_t* columns);
  /// Byte columns of a tile, `stride` rows each: tile_rows(columns).
  void (*rank_tile)(const RankView<Number>& ranks, const RowsView<Number>& features, uint32_t rows,
                    uint32_t stride, uint8_t* tile);

  void (*row)(const CompleteView<Number>& trees, uint32_t first, uint32_t count,
              const uint8_t* columns, const uint32_t* outputs, Number* margins);
  void (*blended_row)(const BlendView<Number>& trees, uint32_t first, uint32_t count,
                      const uint8_t* columns, const uint32_t* outputs, Number* margins);
  /// For the rows of a tile. Shape: sums[outputs][kTileRows].
  void (*tile)(const CompleteView<Number>& trees, uint32_t first, uint32_t count,
               const uint8_t* tile, uint32_t rows, const uint32_t* outputs, Number* sums);
  void (*blended_tile)(const BlendView<Number>& trees, uint32_t first, uint32_t count,
                       const uint8_t* tile, uint32_t rows, const uint32_t* outputs, Number* sums);
};

struct TreeKernels {
  NumberKernels<float> f32;
  NumberKernels<double> f64;
  uint8_t bias;                   // what a tile's bytes are xored with
  bool jumps;                     // blended_row takes BlendJumps
  uint32_t vector_rows;           // that a tile's kernels take at once
  uint32_t least_rows;            // fewer than these are faster one by one,
  uint32_t least_rows_of_large;   // of trees that are not complete ones of up to 6 levels,
  uint32_t least_rows_of_turned;  // of runs that `tile` turns: 0, it turns none
};

constexpr uint32_t tile_rows(size_t column_count) {
  return column_count > kByteColumns ? kWideTileRows : kTileRows;
}

/// Requires: a target of runnable_simd_targets().
[[nodiscard]] const TreeKernels& tree_kernels(SimdTarget target) noexcept;

}  // namespace mlcore
