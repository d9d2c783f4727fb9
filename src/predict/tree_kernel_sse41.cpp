// SPDX-License-Identifier: Apache-2.0
// tree_kernel.cpp uses kSse41Kernels. Compiled for SSE4.1: no code of std or Eigen in here.
#if defined(__x86_64__)
#include <immintrin.h>

#include "predict/blend_kernel_body.hpp"

namespace mlcore {
namespace {

struct Sse41 {
  static constexpr uint32_t kRows = 16;
  static constexpr bool kJumps = false;
  static constexpr bool kTurns = false;
  static constexpr uint32_t kLeastRows = 14;
  static constexpr uint32_t kLeastRowsOfLarge = 14;
  static constexpr uint32_t kLeastRowsOfTurned = 0;
  static constexpr bool kLeavesInRegisters = false;
  static constexpr uint8_t kBias = 0x80;
  using Bytes = __m128i;
  using Mask = __m128i;

  static inline Bytes load(const uint8_t* from) {
    return _mm_load_si128(reinterpret_cast<const __m128i*>(from));
  }
  static inline void store(Bytes bytes, uint8_t* to) {
    _mm_store_si128(reinterpret_cast<__m128i*>(to), bytes);
  }
  static inline Bytes fill(uint8_t byte) { return _mm_set1_epi8(static_cast<char>(byte)); }
  static inline Mask above(Bytes column, uint8_t k) {
    return _mm_cmpgt_epi8(column, fill(k ^ kBias));
  }
  static inline Bytes plus_one(Bytes a, Mask mask) { return _mm_sub_epi8(a, mask); }
  static inline Bytes select(Mask mask, Bytes a, Bytes b) { return _mm_blendv_epi8(a, b, mask); }
  static inline Bytes add(Bytes a, Bytes b) { return _mm_add_epi8(a, b); }

  template <uint32_t kDepth>
  static inline void add_leaves(Bytes leaf, const float* values, float* sums) {
    alignas(16) uint8_t places[kRows];
    _mm_store_si128(reinterpret_cast<__m128i*>(places), leaf);
    for (uint32_t row = 0; row < kRows; row += 4) {
      const __m128 found = _mm_setr_ps(values[places[row]], values[places[row + 1]],
                                       values[places[row + 2]], values[places[row + 3]]);
      _mm_storeu_ps(sums + row, _mm_add_ps(_mm_loadu_ps(sums + row), found));
    }
  }
  template <uint32_t kDepth>
  static inline void add_leaves(Bytes leaf, const double* values, double* sums) {
    alignas(16) uint8_t places[kRows];
    _mm_store_si128(reinterpret_cast<__m128i*>(places), leaf);
    for (uint32_t row = 0; row < kRows; row += 2) {
      const __m128d found = _mm_setr_pd(values[places[row]], values[places[row + 1]]);
      _mm_storeu_pd(sums + row, _mm_add_pd(_mm_loadu_pd(sums + row), found));
    }
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
    const __m128 value = _mm_set1_ps(x);
    const auto half = [=](const float* at) {
      return _mm_packs_epi32(_mm_castps_si128(_mm_cmple_ps(_mm_loadu_ps(at), value)),
                             _mm_castps_si128(_mm_cmple_ps(_mm_loadu_ps(at + 4), value)));
    };
    const int at_most = _mm_movemask_epi8(_mm_packs_epi16(half(group), half(group + 8)));
    return static_cast<uint32_t>(__builtin_ctz(~at_most));  // they ascend: the ones come first
  }
  static inline uint32_t count_passed(const double* group, double x) {
    const __m128d value = _mm_set1_pd(x);
    const auto four = [=](const double* at) {
      return _mm_packs_epi32(_mm_castpd_si128(_mm_cmplt_pd(_mm_loadu_pd(at), value)),
                             _mm_castpd_si128(_mm_cmplt_pd(_mm_loadu_pd(at + 2), value)));
    };
    const __m128i low = _mm_packs_epi32(four(group), four(group + 4));
    const __m128i high = _mm_packs_epi32(four(group + 8), four(group + 12));
    const int passed = _mm_movemask_epi8(_mm_packs_epi16(low, high));
    return static_cast<uint32_t>(__builtin_ctz(~passed));
  }

  template <uint32_t kDepth, typename Column, typename Sum, typename Sink>
  static inline void walk_trees(const CompleteView<Sum>& trees, uint32_t first, uint32_t count,
                                const uint8_t* ranks, Sink& sink) {
    KernelBody<Sse41>::walk_trees<kDepth, Column>(trees, first, count, ranks, sink);
  }

  template <typename Sum, typename Sink>
  static inline void walk_blended(const BlendView<Sum>& trees, const BlendTree* tree,
                                  uint32_t count, const uint8_t* ranks, Sink& sink) {
    BlendBody<Sse41>::walk_trees(trees, tree, count, ranks, sink);
  }
};

}  // namespace

extern const TreeKernels kSse41Kernels;
const TreeKernels kSse41Kernels = kKernelTable<Sse41>;

}  // namespace mlcore
#endif
