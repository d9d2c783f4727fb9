// SPDX-License-Identifier: Apache-2.0
#pragma once

// Complete trees level by level, 64 trees for 64 rows. Blending evaluates every node of a tree, and
// half of them are the lowest; here a level costs the same however many nodes it has. Of each row's
// node a byte permute finds the column and k, as the trees stand side by side in registers of 64
// rows; the rank of that column is found by another permute, among a row's ranks, for which the
// bytes are turned into registers of 64 trees and back.
//
//   TurnedRanks<Avx512, 2> ranks;  // 2 registers a row, of 64 columns each
//   ranks.fill(tile);
//   TurnedTrees<Avx512, 8, 2> trees(columns, ks, ranks);
//   trees.find(tile);  // places[tree]: the leaves of 64 rows
//
// Part of tree_kernel_avx512.cpp: no code of std or Eigen in here, and V, its vectors, in the name
// of all that is not inlined, as check_simd.py wants.

#include <immintrin.h>

#include "predict/tree_kernel_body.hpp"

namespace mlcore {
namespace {

/// Qword i of register j becomes qword j of register i.
[[gnu::always_inline]] inline void turn_qwords(__m512i (&r)[8]) {
  __m512i t[8];
#pragma GCC unroll 4
  for (uint32_t i = 0; i < 8; i += 2) {
    t[i] = _mm512_unpacklo_epi64(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi64(r[i], r[i + 1]);
  }
  __m512i m[8];
#pragma GCC unroll 2
  for (uint32_t i = 0; i < 8; i += 4) {
    m[i] = _mm512_shuffle_i64x2(t[i], t[i + 2], 0x88);
    m[i + 1] = _mm512_shuffle_i64x2(t[i + 1], t[i + 3], 0x88);
    m[i + 2] = _mm512_shuffle_i64x2(t[i], t[i + 2], 0xdd);
    m[i + 3] = _mm512_shuffle_i64x2(t[i + 1], t[i + 3], 0xdd);
  }
#pragma GCC unroll 4
  for (uint32_t i = 0; i < 4; ++i) {
    r[i] = _mm512_shuffle_i64x2(m[i], m[i + 4], 0x88);
    r[i + 4] = _mm512_shuffle_i64x2(m[i], m[i + 4], 0xdd);
  }
}

struct alignas(64) TurnOrder {
  uint8_t bytes[64];
};
constexpr TurnOrder turn_order() {
  TurnOrder order{};
  for (uint32_t i = 0; i < 64; ++i) order.bytes[i] = static_cast<uint8_t>(i % 8 * 8 + i / 8);
  return order;
}
constexpr TurnOrder kTurnOrder = turn_order();

/// Byte i of qword j becomes byte j of qword i.
[[gnu::always_inline]] inline __m512i turn_bytes(__m512i bytes) {
  return _mm512_permutexvar_epi8(_mm512_load_si512(kTurnOrder.bytes), bytes);
}

/// Byte tables of 64 rows, kTables registers a row.
template <typename V, uint32_t kTables>
struct TurnedRanks {
  __m512i of[64][kTables];

  /// From columns of a tile, kTileRows bytes each. Reads kTables * 64 of them.
  void fill(const uint8_t* tile) {
    for (uint32_t table = 0; table < kTables; ++table) {
      __m512i half[64];
      for (uint32_t high = 0; high < 8; ++high) {
        __m512i r[8];
        for (uint32_t low = 0; low < 8; ++low) {
          r[low] = _mm512_load_si512(tile + (64 * table + 8 * high + low) * size_t{kTileRows});
        }
        turn_qwords(r);
        for (uint32_t low = 0; low < 8; ++low) half[8 * low + high] = r[low];
      }
      for (uint32_t high = 0; high < 8; ++high) {
        __m512i r[8];
        for (uint32_t low = 0; low < 8; ++low) r[low] = turn_bytes(half[8 * high + low]);
        turn_qwords(r);
        for (uint32_t low = 0; low < 8; ++low) of[8 * high + low][table] = r[low];
      }
    }
  }

  inline __m512i at(uint32_t row, __m512i columns) const {
    const __m512i* table = of[row];
    const __m512i low = _mm512_permutex2var_epi8(table[0], columns, table[1]);
    if constexpr (kTables == 2) return low;
    const __m512i high = _mm512_permutex2var_epi8(table[2 % kTables], columns, table[3 % kTables]);
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(columns), low, high);
  }
};

/// 64 trees of a depth, 64 rows.
template <typename V, uint32_t kDepth, uint32_t kTables>
struct TurnedTrees {
  static constexpr uint32_t kTop = 4;  // levels that are blended
  const uint8_t* columns;              // of the first tree
  const uint8_t* ks;
  const TurnedRanks<V, kTables>& ranks;
  __m512i places[64];  // [tree]: each row's node among those of a level, in the end its leaf
  __m512i turned[64];  // between two passes: [row / 8][tree / 8], of 8 rows and 8 trees

  TurnedTrees(const uint8_t* columns_of, const uint8_t* ks_of,
              const TurnedRanks<V, kTables>& of_rows)
      : columns(columns_of), ks(ks_of), ranks(of_rows) {}

  /// Of each row's node, what a level's nodes have.
  template <uint32_t kLevel>
  static inline __m512i of_nodes(const uint8_t* heap, __m512i place) {
    const uint8_t* level = heap + (1u << kLevel);
    if constexpr (kLevel <= 6) {
      return _mm512_permutexvar_epi8(place, _mm512_loadu_si512(level));
    } else {
      static_assert(kLevel == 7);
      return _mm512_permutex2var_epi8(_mm512_loadu_si512(level), place,
                                      _mm512_loadu_si512(level + 64));
    }
  }

  inline void load_trees(uint32_t high, __m512i (&r)[8]) const {
    for (uint32_t low = 0; low < 8; ++low) r[low] = turned[8 * low + high];
  }
  inline void store_trees(uint32_t high, const __m512i (&r)[8]) {
    for (uint32_t low = 0; low < 8; ++low) turned[8 * low + high] = r[low];
  }

  /// Columns become ranks.
  void rank_columns() {
    for (uint32_t high = 0; high < 8; ++high) {
      __m512i r[8];
#pragma GCC unroll 8
      for (uint32_t low = 0; low < 8; ++low) r[low] = turn_bytes(turned[8 * high + low]);
      turn_qwords(r);
#pragma GCC unroll 8
      for (uint32_t low = 0; low < 8; ++low) r[low] = ranks.at(8 * high + low, r[low]);
      turn_qwords(r);
#pragma GCC unroll 8
      for (uint32_t low = 0; low < 8; ++low) turned[8 * high + low] = turn_bytes(r[low]);
    }
  }

  /// Blends the top of the trees and goes down from there.
  void find(const uint8_t* tile) {
    for (uint32_t high = 0; high < 8; ++high) {
      __m512i r[8];
      for (uint32_t low = 0; low < 8; ++low) {
        const uint32_t tree = 8 * high + low;
        const size_t heap = size_t{tree} << kDepth;
        using Body = KernelBody<V>;
        const typename Body::template Tree<uint8_t> own{columns + heap, ks + heap, tile};
        places[tree] = Body::template leaf_below<kTop, 0>(own, 1);
        r[low] = of_nodes<kTop>(columns + heap, places[tree]);
      }
      turn_qwords(r);
      store_trees(high, r);
    }
    rank_columns();
    step<kTop>();
  }

  /// From a level to the next: `kLevel` + 1 is one whose columns are wanted, or the leaves'.
  template <uint32_t kLevel>
  void step() {
    for (uint32_t high = 0; high < 8; ++high) {
      __m512i r[8];
      load_trees(high, r);
      turn_qwords(r);
#pragma GCC unroll 8
      for (uint32_t low = 0; low < 8; ++low) {
        const uint32_t tree = 8 * high + low;
        const size_t heap = size_t{tree} << kDepth;
        const __m512i place = places[tree];
        const __mmask64 is_right =
            _mm512_cmpgt_epu8_mask(r[low], of_nodes<kLevel>(ks + heap, place));
        const __m512i twice = _mm512_add_epi8(place, place);
        const __m512i next = _mm512_mask_add_epi8(twice, is_right, twice, _mm512_set1_epi8(1));
        places[tree] = next;
        if constexpr (kLevel + 1 < kDepth) r[low] = of_nodes<kLevel + 1>(columns + heap, next);
      }
      if constexpr (kLevel + 1 < kDepth) {
        turn_qwords(r);
        store_trees(high, r);
      }
    }
    if constexpr (kLevel + 1 < kDepth) {
      rank_columns();
      step<kLevel + 1>();
    }
  }
};

}  // namespace
}  // namespace mlcore
