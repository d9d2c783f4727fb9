// SPDX-License-Identifier: Apache-2.0
#pragma once

// The kernels of trees of any shape, and the table of all kernels of a target; of V what
// tree_kernel_body.hpp says.
//
//   extern const TreeKernels kAvx2Kernels;
//   const TreeKernels kAvx2Kernels = kKernelTable<Avx2>;

#include "predict/tree_kernel.hpp"
#include "predict/tree_kernel_body.hpp"

namespace mlcore {
namespace {

template <typename V>
struct BlendBody {
  using Bytes = typename V::Bytes;

  static constexpr uint32_t kFirstNode = kBlendLeaves * kBlendRows;  // as an operand

  // ---- A tile: operands are kBlendRows bytes in memory, those of leaves all the same

  static constexpr size_t kOperandBytes = size_t{2 * kBlendLeaves - 1} * kBlendRows;

  static inline void write_leaves(uint32_t count, uint8_t* operands) {
    for (uint32_t leaf = 0; leaf < count; ++leaf) {
      const Bytes bytes = V::fill(static_cast<uint8_t>(leaf));
      for (uint32_t row = 0; row < kBlendRows; row += V::kRows) {
        V::store(bytes, operands + leaf * kBlendRows + row);
      }
    }
  }

  /// Every node of a tree, for kVectors vectors of rows.
  template <uint32_t kVectors>
  static inline void blend(const BlendTree& tree, const BlendNode* nodes, const uint8_t* tile,
                           size_t stride, uint8_t* operands) {
    uint8_t* out = operands + kFirstNode;
    Bytes leaf = V::fill(0);
    const BlendNode* node = nodes + tree.node;
    for (const BlendNode* end = node + tree.pairs; node != end; ++node) {
      const uint8_t* column = tile + node->column * stride;
#pragma GCC unroll 4
      for (uint32_t i = 0; i < kVectors * V::kRows; i += V::kRows) {
        V::store(V::plus_one(leaf, V::above(V::load(column + i), node->k)), out + i);
      }
      leaf = V::add(leaf, V::fill(2));
      out += kBlendRows;
    }
    for (const BlendNode* end = nodes + tree.node + tree.nodes; node != end; ++node) {
      const uint8_t* column = tile + node->column * stride;
      const uint8_t* left = operands + node->left;
      const uint8_t* right = operands + node->right;
#pragma GCC unroll 4
      for (uint32_t i = 0; i < kVectors * V::kRows; i += V::kRows) {
        V::store(V::select(V::above(V::load(column + i), node->k), V::load(left + i),
                           V::load(right + i)),
                 out + i);
      }
      out += kBlendRows;
    }
  }

  template <uint32_t kDepth, typename Sum>
  static inline void add_leaves(const uint8_t* root, uint32_t rows, const Sum* leaves, Sum* sums) {
    for (uint32_t row = 0; row < rows; row += V::kRows) {
      V::template add_leaves<kDepth>(V::load(root + row), leaves, sums + row);
    }
  }

  /// Adds the leaves of the rows that blend has left at the root.
  template <typename Sum>
  static inline void add_found(const BlendTree& tree, const uint8_t* operands, uint32_t rows,
                               const Sum* leaves, Sum* sums) {
    const uint8_t* root = operands + kFirstNode + (tree.nodes - 1u) * kBlendRows;
    if (!V::kLeavesInRegisters || tree.leaves > 64) {
      add_leaves<kMaxCompleteDepth>(root, rows, leaves, sums);
    } else if (tree.leaves > 32) {
      add_leaves<6>(root, rows, leaves, sums);
    } else {
      add_leaves<5>(root, rows, leaves, sums);
    }
  }

  static constexpr uint32_t kMostVectors = kBlendRows / V::kRows;
  template <uint32_t kVectors>
  struct Vectors {
    static constexpr uint32_t kCount = kVectors < kMostVectors ? kVectors : kMostVectors;
  };

  template <uint32_t kVectors, typename Sum>
  static inline void add_rows(const BlendView<Sum>& trees, const BlendTree& tree,
                              const uint8_t* tile, size_t stride, uint8_t* operands, Sum* sums) {
    blend<kVectors>(tree, trees.nodes, tile, stride, operands);
    add_found(tree, operands, kVectors * V::kRows, trees.leaves + tree.leaf, sums);
  }

  template <typename Sum>
  static void add_tile(const BlendView<Sum>& trees, uint32_t first, uint32_t count,
                       const uint8_t* tile, uint32_t rows, const uint32_t* outputs, Sum* sums) {
    alignas(64) uint8_t operands[kOperandBytes];
    const size_t stride = tile_rows(trees.column_count);
    uint32_t written = 0;
    for (uint32_t i = 0; i < count; ++i) {
      const BlendTree& tree = trees.trees[first + i];
      if (tree.leaves > written) write_leaves(written = tree.leaves, operands);
      Sum* own = outputs == nullptr ? sums : sums + size_t{outputs[i]} * kTileRows;
      const auto add = [&](auto vectors, uint32_t row) {
        add_rows<vectors.kCount>(trees, tree, tile + row, stride, operands, own + row);
        return row + vectors.kCount * V::kRows;
      };
      for (uint32_t row = 0; row < rows;) {
        const uint32_t left = rows - row;
        if (kMostVectors >= 4 && left > 2 * V::kRows) {
          row = add(Vectors<4>{}, row);
        } else if (kMostVectors >= 2 && left > V::kRows) {
          row = add(Vectors<2>{}, row);
        } else {
          row = add(Vectors<1>{}, row);
        }
      }
    }
  }

  // ---- A row: kLanes trees in lockstep

  /// The operand that a node gives for a row. Compilers make a branch of the choice, which then is
  /// guessed wrong at every other node.
  static inline uint64_t operand_of(const BlendNode* node, const uint8_t* ranks) {
    const uint8_t rank = ranks[node->column];
    uint64_t operand = node->left;
#if defined(__x86_64__)
    const uint64_t right = node->right;
    __asm__("cmpb %[rank], %[k]\n\tcmovbq %[right], %[operand]"
            : [operand] "+r"(operand)
            : [rank] "q"(rank), [k] "m"(node->k), [right] "r"(right)
            : "cc");
#else
    operand = rank > node->k ? node->right : operand;
#endif
    return operand;
  }

  /// The node of an operand lies where `nodes`, of its tree, says; a leaf stays.
  static inline uintptr_t next(uintptr_t node, uint64_t operand, uintptr_t nodes) {
    static_assert(kBlendRows % sizeof(BlendNode) == 0);
    const uintptr_t inner = nodes + operand / (kBlendRows / sizeof(BlendNode));
#if defined(__x86_64__)
    __asm__("cmpq %[first], %[operand]\n\tcmovaeq %[inner], %[node]"
            : [node] "+r"(node)
            : [operand] "r"(operand), [inner] "r"(inner), [first] "i"(kFirstNode)
            : "cc");
    return node;
#else
    return operand < kFirstNode ? node : inner;
#endif
  }

  /// A lane that has come to its leaf takes its last step again and again.
  template <uint32_t kLanes, typename Sum, typename Sink>
  static inline void walk(const BlendView<Sum>& trees, const BlendTree* own, const uint8_t* ranks,
                          Sink& sink) {
    uintptr_t nodes[kLanes];
    uintptr_t at[kLanes];
    uint32_t depth = 0;
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      const BlendNode* first = trees.nodes + own[lane].node;
      nodes[lane] = reinterpret_cast<uintptr_t>(first) - kBlendLeaves * sizeof(BlendNode);
      at[lane] = reinterpret_cast<uintptr_t>(first + own[lane].nodes - 1);
      if (own[lane].depth > depth) depth = own[lane].depth;
    }
    for (uint32_t level = 1; level < depth; ++level) {
      uint64_t any = 0;
#pragma GCC unroll 8
      for (uint32_t lane = 0; lane < kLanes; ++lane) {
        const uint64_t operand = operand_of(reinterpret_cast<const BlendNode*>(at[lane]), ranks);
        any |= operand;
        at[lane] = next(at[lane], operand, nodes[lane]);
      }
      if (any < kFirstNode) break;
    }
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      sink.add(trees.leaves[own[lane].leaf +
                            operand_of(reinterpret_cast<const BlendNode*>(at[lane]), ranks) /
                                kBlendRows]);
    }
  }

  template <typename Sum, typename Sink>
  static inline void walk_trees(const BlendView<Sum>& trees, const BlendTree* tree, uint32_t count,
                                const uint8_t* ranks, Sink& sink) {
    constexpr uint32_t kLanes = 8;
    for (; count >= kLanes; count -= kLanes, tree += kLanes) {
      walk<kLanes>(trees, tree, ranks, sink);
    }
    for (; count > 0; --count, ++tree) walk<1>(trees, tree, ranks, sink);
  }

  template <typename Sum>
  static void add_row(const BlendView<Sum>& trees, uint32_t first, uint32_t count,
                      const uint8_t* ranks, const uint32_t* outputs, Sum* margins) {
    add_to(outputs, margins,
           [&](auto& sink) { V::walk_blended(trees, trees.trees + first, count, ranks, sink); });
  }
};

template <typename V, typename Number>
constexpr NumberKernels<Number> kNumberKernels = {
    KernelBody<V>::template rank_row<Number>, KernelBody<V>::template rank_tile<Number>,
    KernelBody<V>::template add_row<Number>,  BlendBody<V>::template add_row<Number>,
    KernelBody<V>::template add_tile<Number>, BlendBody<V>::template add_tile<Number>};

template <typename V>
constexpr TreeKernels kKernelTable = {kNumberKernels<V, float>,
                                      kNumberKernels<V, double>,
                                      V::kBias,
                                      V::kJumps,
                                      V::kRows,
                                      V::kLeastRows,
                                      V::kLeastRowsOfLarge,
                                      V::kLeastRowsOfTurned};

}  // namespace
}  // namespace mlcore
