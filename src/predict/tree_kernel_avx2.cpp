// SPDX-License-Identifier: Apache-2.0
// tree_kernel.cpp uses kAvx2Kernels. Compiled for AVX2, BMI2 and POPCNT: no code of std or Eigen in
// here.
#if defined(__x86_64__)
#include <immintrin.h>

#include "predict/blend_kernel_body.hpp"

namespace mlcore {
namespace {

struct Avx2 {
  static constexpr uint32_t kRows = 32;
  static constexpr bool kJumps = false;
  static constexpr bool kTurns = false;
  static constexpr uint32_t kLeastRows = 16;
  static constexpr uint32_t kLeastRowsOfLarge = 16;
  static constexpr uint32_t kLeastRowsOfTurned = 0;
  static constexpr bool kLeavesInRegisters = false;
  static constexpr uint8_t kBias = 0x80;  // AVX2 compares signed bytes
  using Bytes = __m256i;
  using Mask = __m256i;

  static inline Bytes load(const uint8_t* from) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(from));
  }
  static inline void store(Bytes bytes, uint8_t* to) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(to), bytes);
  }
  static inline Bytes fill(uint8_t byte) { return _mm256_set1_epi8(static_cast<char>(byte)); }
  static inline Mask above(Bytes column, uint8_t k) {
    return _mm256_cmpgt_epi8(column, _mm256_xor_si256(fill(k), fill(kBias)));
  }
  static inline Bytes plus_one(Bytes a, Mask mask) { return _mm256_sub_epi8(a, mask); }
  static inline Bytes select(Mask mask, Bytes a, Bytes b) { return _mm256_blendv_epi8(a, b, mask); }
  static inline Bytes add(Bytes a, Bytes b) { return _mm256_add_epi8(a, b); }

  template <uint32_t kDepth>
  static inline void add_leaves(Bytes leaf, const float* values, float* sums) {
    alignas(32) uint8_t places[kRows];
    _mm256_store_si256(reinterpret_cast<__m256i*>(places), leaf);
    for (uint32_t row = 0; row < kRows; row += 8) {
      const __m256i at =
          _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(places + row)));
      const __m256 found = _mm256_i32gather_ps(values, at, 4);
      _mm256_storeu_ps(sums + row, _mm256_add_ps(_mm256_loadu_ps(sums + row), found));
    }
  }
  /// Loads one by one: a gather of doubles takes longer.
  template <uint32_t kDepth>
  static inline void add_leaves(Bytes leaf, const double* values, double* sums) {
    alignas(32) uint8_t places[kRows];
    _mm256_store_si256(reinterpret_cast<__m256i*>(places), leaf);
    for (uint32_t row = 0; row < kRows; row += 4) {
      const __m256d found = _mm256_setr_pd(values[places[row]], values[places[row + 1]],
                                           values[places[row + 2]], values[places[row + 3]]);
      _mm256_storeu_pd(sums + row, _mm256_add_pd(_mm256_loadu_pd(sums + row), found));
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
    const __m256 value = _mm256_set1_ps(x);
    const __m256 low = _mm256_cmp_ps(_mm256_loadu_ps(group), value, _CMP_LE_OQ);
    const __m256 high = _mm256_cmp_ps(_mm256_loadu_ps(group + 8), value, _CMP_LE_OQ);
    const int both = _mm256_movemask_ps(low) << 8 | _mm256_movemask_ps(high);
    return static_cast<uint32_t>(_mm_popcnt_u32(static_cast<uint32_t>(both)));
  }
  static inline uint32_t count_passed(const double* group, double x) {
    const __m256d value = _mm256_set1_pd(x);
    int passed = 0;
    for (uint32_t i = 0; i < kGroup; i += 4) {
      passed = passed << 4 |
               _mm256_movemask_pd(_mm256_cmp_pd(_mm256_loadu_pd(group + i), value, _CMP_LT_OQ));
    }
    return static_cast<uint32_t>(_mm_popcnt_u32(static_cast<uint32_t>(passed)));
  }

  template <uint32_t kDepth, typename Column, typename Sum, typename Sink>
  static inline void walk_trees(const CompleteView<Sum>& trees, uint32_t first, uint32_t count,
                                const uint8_t* ranks, Sink& sink) {
    KernelBody<Avx2>::walk_trees<kDepth, Column>(trees, first, count, ranks, sink);
  }

  template <typename Sum, typename Sink>
  static inline void walk_blended(const BlendView<Sum>& trees, const BlendTree* tree,
                                  uint32_t count, const uint8_t* ranks, Sink& sink) {
    BlendBody<Avx2>::walk_trees(trees, tree, count, ranks, sink);
  }
};

}  // namespace

extern const TreeKernels kAvx2Kernels;
const TreeKernels kAvx2Kernels = kKernelTable<Avx2>;

}  // namespace mlcore
#endif
