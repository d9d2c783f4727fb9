// SPDX-License-Identifier: Apache-2.0
// tree_kernel.cpp uses kAvx512Kernels. Compiled for AVX-512 F, BW, DQ, VL and VBMI, BMI2 and
// POPCNT: no code of std or Eigen in here.
#if defined(__x86_64__)
#include <immintrin.h>

#include "predict/blend_kernel_body.hpp"
#include "predict/turn_kernel_avx512.hpp"

namespace mlcore {
namespace {

struct alignas(64) LineBytes {
  uint8_t bytes[64];
};

/// What a leaf's jump is: 64 to 127.
constexpr LineBytes stay_bytes() {
  LineBytes line{};
  for (uint32_t i = 0; i < 64; ++i) line.bytes[i] = static_cast<uint8_t>(64 + i);
  return line;
}
constexpr LineBytes kStay = stay_bytes();

/// The left child of each node of complete trees of kTop levels, which stand side by side in heap
/// order; a right one comes after it.
template <uint32_t kTop>
constexpr LineBytes left_bytes() {
  constexpr uint32_t kWidth = 1u << kTop;
  LineBytes line{};
  for (uint32_t i = 0; i < 64; ++i) {
    const uint32_t tree = i / kWidth * kWidth;
    const uint32_t left = 2 * (i - tree);
    line.bytes[i] = static_cast<uint8_t>(tree + (left < kWidth ? left : 64 + left - kWidth));
  }
  return line;
}
template <uint32_t kTop>
constexpr LineBytes kLefts = left_bytes<kTop>();

struct Avx512 {
  static constexpr uint32_t kRows = 64;
  static constexpr bool kJumps = true;
  static constexpr bool kTurns = true;
  static constexpr uint32_t kLeastRows = 20;
  static constexpr uint32_t kLeastRowsOfLarge = 32;
  static constexpr uint32_t kLeastRowsOfTurned = 16;
  static constexpr bool kLeavesInRegisters = true;
  static constexpr uint8_t kBias = 0;
  using Bytes = __m512i;
  using Mask = __mmask64;

  static inline Bytes load(const uint8_t* from) { return _mm512_load_si512(from); }
  static inline void store(Bytes bytes, uint8_t* to) { _mm512_store_si512(to, bytes); }
  static inline Bytes fill(uint8_t byte) { return _mm512_set1_epi8(static_cast<char>(byte)); }
  static inline Mask above(Bytes column, uint8_t k) {
    return _mm512_cmpgt_epu8_mask(column, fill(k));
  }
  static inline Bytes plus_one(Bytes a, Mask mask) {
    return _mm512_mask_add_epi8(a, mask, a, fill(1));
  }
  static inline Bytes select(Mask mask, Bytes a, Bytes b) {
    return _mm512_mask_blend_epi8(mask, a, b);
  }
  static inline Bytes add(Bytes a, Bytes b) { return _mm512_add_epi8(a, b); }

  /// 16 of up to 256 values, by the lowest kDepth bits of a place; the table is in registers.
  template <uint32_t kDepth>
  static inline __m512 values_at(const __m512* table, __m512i at) {
    if constexpr (kDepth <= 4) {
      return _mm512_permutexvar_ps(at, table[0]);
    } else if constexpr (kDepth == 5) {
      return _mm512_permutex2var_ps(table[0], at, table[1]);
    } else {
      constexpr uint32_t kHalf = 1u << (kDepth - 1);
      return _mm512_mask_blend_ps(_mm512_test_epi32_mask(at, _mm512_set1_epi32(kHalf)),
                                  values_at<kDepth - 1>(table, at),
                                  values_at<kDepth - 1>(table + kHalf / 16, at));
    }
  }

  template <uint32_t kDepth>
  static inline void add_leaves(Bytes leaf, const float* values, float* sums) {
    constexpr uint32_t kVectors = kDepth <= 4 ? 1 : 1u << (kDepth - 4);
    __m512 table[kVectors];
    for (uint32_t i = 0; i < kVectors; ++i) table[i] = _mm512_loadu_ps(values + 16 * i);
    const auto add_16 = [&](__m128i places, float* at) {
      const __m512 found = values_at<kDepth>(table, _mm512_cvtepu8_epi32(places));
      _mm512_storeu_ps(at, _mm512_add_ps(_mm512_loadu_ps(at), found));
    };
    add_16(_mm512_castsi512_si128(leaf), sums);
    add_16(_mm512_extracti32x4_epi32(leaf, 1), sums + 16);
    add_16(_mm512_extracti32x4_epi32(leaf, 2), sums + 32);
    add_16(_mm512_extracti32x4_epi32(leaf, 3), sums + 48);
  }

  /// 8 of up to 64 doubles.
  template <uint32_t kDepth>
  static inline __m512d values_at(const __m512d* table, const double* values, __m128i places) {
    if constexpr (kDepth > 6) {
      return _mm512_i32gather_pd(_mm256_cvtepu8_epi32(places), values, 8);
    } else {
      const __m512i at = _mm512_cvtepu8_epi64(places);
      if constexpr (kDepth <= 3) return _mm512_permutexvar_pd(at, table[0]);
      const auto pick = [&](uint32_t pair) {
        return _mm512_permutex2var_pd(table[2 * pair], at, table[2 * pair + 1]);
      };
      const auto either = [&](uint32_t pair) {
        const __mmask8 is_high = _mm512_test_epi64_mask(at, _mm512_set1_epi64(16));
        return _mm512_mask_blend_pd(is_high, pick(pair), pick(pair + 1));
      };
      if constexpr (kDepth == 4) {
        return pick(0);
      } else if constexpr (kDepth == 5) {
        return either(0);
      } else {
        const __mmask8 is_high = _mm512_test_epi64_mask(at, _mm512_set1_epi64(32));
        return _mm512_mask_blend_pd(is_high, either(0), either(2));
      }
    }
  }

  template <uint32_t kDepth>
  static inline void add_leaves(Bytes leaf, const double* values, double* sums) {
    __m512d table[8];
    if constexpr (kDepth <= 6) {
      constexpr uint32_t kVectors = kDepth <= 3 ? 1 : 1u << (kDepth - 3);
      for (uint32_t i = 0; i < kVectors; ++i) table[i] = _mm512_loadu_pd(values + 8 * i);
    }
    const auto add_16 = [&](__m128i places, double* at) {
      const __m512d low = values_at<kDepth>(table, values, places);
      const __m512d high = values_at<kDepth>(table, values, _mm_srli_si128(places, 8));
      _mm512_storeu_pd(at, _mm512_add_pd(_mm512_loadu_pd(at), low));
      _mm512_storeu_pd(at + 8, _mm512_add_pd(_mm512_loadu_pd(at + 8), high));
    };
    add_16(_mm512_castsi512_si128(leaf), sums);
    add_16(_mm512_extracti32x4_epi32(leaf, 1), sums + 16);
    add_16(_mm512_extracti32x4_epi32(leaf, 2), sums + 32);
    add_16(_mm512_extracti32x4_epi32(leaf, 3), sums + 48);
  }

  static inline void write_group(const uint16_t* ranks, uint16_t base, uint8_t bias, uint8_t* out) {
    const __m128i from = _mm_set1_epi16(static_cast<int16_t>(base));
    const auto* at = reinterpret_cast<const __m128i*>(ranks);
    const __m128i bytes = _mm_packus_epi16(_mm_subs_epu16(_mm_loadu_si128(at), from),
                                           _mm_subs_epu16(_mm_loadu_si128(at + 1), from));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out),
                     _mm_xor_si128(bytes, _mm_set1_epi8(static_cast<char>(bias))));
  }

  static inline uint32_t count_passed(const float* group, float x) {
    const __mmask16 at_most =
        _mm512_cmp_ps_mask(_mm512_loadu_ps(group), _mm512_set1_ps(x), _CMP_LE_OQ);
    return static_cast<uint32_t>(_mm_popcnt_u32(at_most));
  }
  static inline uint32_t count_passed(const double* group, double x) {
    const __m512d value = _mm512_set1_pd(x);
    const uint32_t low = _mm512_cmp_pd_mask(_mm512_loadu_pd(group), value, _CMP_LT_OQ);
    const uint32_t high = _mm512_cmp_pd_mask(_mm512_loadu_pd(group + 8), value, _CMP_LT_OQ);
    return static_cast<uint32_t>(_mm_popcnt_u32(low << 8 | high));
  }

  // ---- A tile of deep complete trees, 64 at a time

  /// The fewest trees of a rest that are faster as 64, together with some that are done.
  static constexpr uint32_t least_rest(uint32_t depth) {
    return depth == 6 ? 40 : depth == 7 ? 28 : 16;
  }

  template <uint32_t kDepth, uint32_t kTables, typename Sum>
  static uint32_t turn_tile_of(const CompleteView<Sum>& trees, uint32_t first, uint32_t count,
                               const uint8_t* tile, uint32_t rows, const uint32_t* outputs,
                               Sum* sums) {
    TurnedRanks<Avx512, kTables> ranks[kTileRows / kRows];
    for (uint32_t row = 0; row < rows; row += kRows) ranks[row / kRows].fill(tile + row);
    uint32_t done = 0;
    while (count - done >= least_rest(kDepth)) {
      const uint32_t begin = count - done < kTurnTrees ? count - kTurnTrees : done;
      const size_t heap = size_t{first + begin} << kDepth;
      for (uint32_t row = 0; row < rows; row += kRows) {
        TurnedTrees<Avx512, kDepth, kTables> block(
            static_cast<const uint8_t*>(trees.columns) + heap, trees.ks + heap, ranks[row / kRows]);
        block.find(tile + row);
        for (uint32_t tree = done - begin; tree < kTurnTrees; ++tree) {
          Sum* own = outputs == nullptr ? sums : sums + size_t{outputs[begin + tree]} * kTileRows;
          add_leaves<kDepth>(block.places[tree], trees.leaves + heap + (size_t{tree} << kDepth),
                             own + row);
        }
      }
      done = begin + kTurnTrees;
    }
    return done;
  }

  /// The first trees of a range; returns how many.
  template <typename Sum>
  static uint32_t turn_tile(const CompleteView<Sum>& trees, uint32_t first, uint32_t count,
                            const uint8_t* tile, uint32_t rows, const uint32_t* outputs,
                            Sum* sums) {
    const auto turn = [&](auto of) { return of(trees, first, count, tile, rows, outputs, sums); };
    const bool is_big = trees.column_count > 128;
    switch (count < kTurnTrees ? 0 : trees.depth) {
      case kTurnDepth: return turn(is_big ? turn_tile_of<6, 4, Sum> : turn_tile_of<6, 2, Sum>);
      case 7: return turn(is_big ? turn_tile_of<7, 4, Sum> : turn_tile_of<7, 2, Sum>);
      case 8: return turn(is_big ? turn_tile_of<8, 4, Sum> : turn_tile_of<8, 2, Sum>);
    }
    return 0;
  }

  // ---- A row: a byte permute fetches the ranks of 64 nodes, a comparison tells where the row goes
  // from each of them; then again and again the jump of the jump, another permute, until a jump
  // from the root ends at a leaf. No branch, and few instructions in a chain, so that many trees
  // are under way at once. Leaf n of the 64 bytes is 64 + n, and stays there.

  template <bool kIsBig>
  static inline void load_ranks(const uint8_t* ranks, __m512i* table) {
    for (uint32_t i = 0; i < (kIsBig ? 4 : 2); ++i) table[i] = load(ranks + 64 * i);
  }

  template <bool kIsBig>
  static inline __m512i ranks_at(const __m512i* table, __m512i columns) {
    const __m512i low = _mm512_permutex2var_epi8(table[0], columns, table[1]);
    if constexpr (!kIsBig) return low;
    const __m512i high = _mm512_permutex2var_epi8(table[2], columns, table[3]);
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(columns), low, high);
  }

  static inline uint32_t first_byte(__m512i bytes) {
    return static_cast<uint32_t>(_mm_cvtsi128_si32(_mm512_castsi512_si128(bytes))) & 255;
  }

  /// The child of a node of a heap that a bit for each says. Compilers do not find the carry.
  static inline uint64_t child(uint64_t at, uint64_t is_right) {
    __asm__("btq %[at], %[bits]\n\tadcq %[at], %[at]"
            : [at] "+r"(at)
            : [bits] "r"(is_right)
            : "cc");
    return at;
  }

  /// The levels of complete trees that 64 bytes hold, and the doublings of a jump to pass them; of
  /// 6 levels the last two are read off the bits, which waits longer but keeps the permutes free.
  template <uint32_t kDepth>
  static constexpr uint32_t kTop = kDepth < 6 ? kDepth : 6;
  template <uint32_t kDepth>
  static constexpr uint32_t kDoublings = kDepth == 1                  ? 0
                                         : kDepth == 2                ? 1
                                         : kDepth <= 4 || kDepth == 6 ? 2
                                                                      : 3;

  template <uint32_t kDepth, bool kIsBig, typename Sum, typename Sink>
  static inline void jump_complete(const CompleteView<Sum>& trees, uint32_t first, uint32_t count,
                                   const uint8_t* ranks, Sink& sink) {
    constexpr uint32_t kWidth = 1u << kTop<kDepth>;
    constexpr uint32_t kTrees = 64 / kWidth;
    const uint8_t* columns = static_cast<const uint8_t*>(trees.columns) + (size_t{first} << kDepth);
    const uint8_t* ks = trees.ks + (size_t{first} << kDepth);
    const Sum* leaves = trees.leaves + (size_t{first} << kDepth);
    const __m512i stay = _mm512_load_si512(kStay.bytes);
    const __m512i lefts = _mm512_load_si512(kLefts<kTop<kDepth>>.bytes);
    __m512i table[4];
    load_ranks<kIsBig>(ranks, table);
    while (count > 0) {
      const __mmask64 is_right = _mm512_cmpgt_epu8_mask(
          ranks_at<kIsBig>(table, _mm512_loadu_si512(columns)), _mm512_loadu_si512(ks));
      __m512i jump = plus_one(lefts, is_right);
#pragma GCC unroll 3
      for (uint32_t i = 0; i < kDoublings<kDepth>; ++i) {
        jump = _mm512_permutex2var_epi8(jump, jump, stay);
      }
      const uint32_t here = count < kTrees ? count : kTrees;
      alignas(64) uint8_t ends[64];
      if constexpr (kTrees > 1) store(jump, ends);
      for (uint32_t i = 0; i < here; ++i) {
        if constexpr (kTrees > 1) {
          sink.add(leaves[ends[i * kWidth + 1] - 64u]);
        } else {
          uint64_t at = first_byte(_mm512_bsrli_epi128(jump, 1));
          if constexpr (kDepth == 6) at = child(child(at, is_right), is_right);
          for (uint32_t step = kTop<kDepth>; step < kDepth; ++step) {
            at = at + at + (ks[at] < ranks[columns[at]] ? 1 : 0);
          }
          sink.add(leaves[at - (1u << kDepth)]);
        }
      }
      leaves += size_t{here} << kDepth;
      columns += size_t{here} << kDepth;
      ks += size_t{here} << kDepth;
      count -= here;
    }
  }

  template <uint32_t kDepth, typename Column, typename Sum, typename Sink>
  static inline void walk_trees(const CompleteView<Sum>& trees, uint32_t first, uint32_t count,
                                const uint8_t* ranks, Sink& sink) {
    if constexpr (sizeof(Column) > 1) {
      KernelBody<Avx512>::walk_trees<kDepth, Column>(trees, first, count, ranks, sink);
    } else if (trees.column_count > 128) {
      jump_complete<kDepth, true>(trees, first, count, ranks, sink);
    } else {
      jump_complete<kDepth, false>(trees, first, count, ranks, sink);
    }
  }

  // ---- A row of trees of any shape: their jumps from the root, node 0

  template <bool kIsBig>
  static inline __m512i jump_from(const __m512i* table, const uint8_t* columns, const uint8_t* ks,
                                  const uint8_t* left, const uint8_t* right) {
    const __m512i ranks = ranks_at<kIsBig>(table, _mm512_load_si512(columns));
    return _mm512_mask_blend_epi8(_mm512_cmpgt_epu8_mask(ranks, _mm512_load_si512(ks)),
                                  _mm512_load_si512(left), _mm512_load_si512(right));
  }

  /// Node n's jump stands in byte n; leaf n is 64 + n, and stays there.
  template <bool kIsBig>
  static inline uint32_t leaf_of(const BlendJumps<64>& tree, const __m512i* table,
                                 uint32_t doublings) {
    const __m512i stay = _mm512_load_si512(kStay.bytes);
    __m512i jump = jump_from<kIsBig>(table, tree.columns, tree.ks, tree.left, tree.right);
    for (uint32_t i = 0; i < doublings; ++i) jump = _mm512_permutex2var_epi8(jump, jump, stay);
    return first_byte(jump) - 64;
  }

  /// Where a jump's end is a node, the jump from there.
  static inline __m512i doubled(__m512i jump, __m512i low, __m512i high) {
    const __mmask64 is_leaf = _mm512_movepi8_mask(jump);
    return _mm512_mask2_permutex2var_epi8(low, jump, ~is_leaf, high);
  }

  /// Leaf n is 128 + n.
  template <bool kIsBig>
  static inline uint32_t leaf_of(const BlendJumps<128>& tree, const __m512i* table,
                                 uint32_t doublings) {
    __m512i low = jump_from<kIsBig>(table, tree.columns, tree.ks, tree.left, tree.right);
    __m512i high =
        jump_from<kIsBig>(table, tree.columns + 64, tree.ks + 64, tree.left + 64, tree.right + 64);
    for (uint32_t i = 0; i < doublings; ++i) {
      const __m512i next = doubled(low, low, high);
      high = doubled(high, low, high);
      low = next;
    }
    return first_byte(low) - 128;
  }

  template <bool kIsBig, typename Sum, typename Sink>
  static inline void jump_trees(const BlendView<Sum>& trees, const BlendTree* tree, uint32_t count,
                                const uint8_t* ranks, Sink& sink) {
    __m512i table[4];
    load_ranks<kIsBig>(ranks, table);
    for (const BlendTree* end = tree + count; tree != end;) {
      const uint8_t* jumps = trees.jumps + size_t{64} * tree->jump;
      const uint32_t size = jump_size(tree->nodes);
      if (size == 0) {
        const BlendTree* first = tree;
        while (tree != end && jump_size(tree->nodes) == 0) ++tree;
        BlendBody<Avx512>::walk_trees(trees, first, static_cast<uint32_t>(tree - first), ranks,
                                      sink);
        continue;
      }
      const uint32_t leaf = size == 64
                                ? leaf_of<kIsBig>(*reinterpret_cast<const BlendJumps<64>*>(jumps),
                                                  table, trees.doublings)
                                : leaf_of<kIsBig>(*reinterpret_cast<const BlendJumps<128>*>(jumps),
                                                  table, trees.doublings);
      sink.add(trees.leaves[tree->leaf + leaf]);
      ++tree;
    }
  }

  template <typename Sum, typename Sink>
  static inline void walk_blended(const BlendView<Sum>& trees, const BlendTree* tree,
                                  uint32_t count, const uint8_t* ranks, Sink& sink) {
    if (trees.jumps == nullptr) {
      BlendBody<Avx512>::walk_trees(trees, tree, count, ranks, sink);
    } else if (trees.column_count > 128) {
      jump_trees<true>(trees, tree, count, ranks, sink);
    } else {
      jump_trees<false>(trees, tree, count, ranks, sink);
    }
  }
};

}  // namespace

extern const TreeKernels kAvx512Kernels;
const TreeKernels kAvx512Kernels = kKernelTable<Avx512>;

}  // namespace mlcore
#endif
