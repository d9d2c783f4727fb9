// SPDX-License-Identifier: Apache-2.0
// tree_kernel.cpp uses kScalarKernels: the kernels in what every machine has. The compiler makes
// of 16-byte vectors what the machine offers.
#include "predict/blend_kernel_body.hpp"

namespace mlcore {
namespace {

struct Scalar {
  static constexpr uint32_t kRows = 16;
  static constexpr bool kJumps = false;
  static constexpr bool kTurns = false;
  static constexpr uint32_t kLeastRows = 16;
  static constexpr uint32_t kLeastRowsOfLarge = 16;
  static constexpr uint32_t kLeastRowsOfTurned = 0;
  static constexpr bool kLeavesInRegisters = false;
  static constexpr uint8_t kBias = 0x80;  // a signed comparison is the one that SSE2 has
  typedef uint8_t Bytes __attribute__((vector_size(16)));  // sums may wrap
  typedef int8_t Signed __attribute__((vector_size(16)));
  typedef float Floats __attribute__((vector_size(16)));
  typedef int32_t Ints __attribute__((vector_size(16)));
  typedef double Doubles __attribute__((vector_size(16)));
  typedef int64_t Longs __attribute__((vector_size(16)));
  using Mask = Bytes;

  static inline Bytes load(const uint8_t* from) {
    Bytes bytes;
    __builtin_memcpy(&bytes, from, sizeof bytes);
    return bytes;
  }
  static inline void store(Bytes bytes, uint8_t* to) { __builtin_memcpy(to, &bytes, sizeof bytes); }
  static inline Bytes fill(uint8_t byte) { return Bytes{} + byte; }
  static inline Mask above(Bytes column, uint8_t k) {
    return reinterpret_cast<Mask>(reinterpret_cast<Signed>(column) >
                                  reinterpret_cast<Signed>(fill(k ^ kBias)));
  }
  static inline Bytes plus_one(Bytes a, Mask mask) { return a - mask; }
  static inline Bytes select(Mask mask, Bytes a, Bytes b) { return (b & mask) | (a & ~mask); }
  static inline Bytes add(Bytes a, Bytes b) { return a + b; }

  template <uint32_t kDepth, typename Sum>
  static inline void add_leaves(Bytes leaf, const Sum* values, Sum* sums) {
    uint8_t places[kRows];
    __builtin_memcpy(places, &leaf, sizeof places);
    for (uint32_t row = 0; row < kRows; ++row) sums[row] += values[places[row]];
  }

  static inline void write_group(const uint16_t* ranks, uint16_t base, uint8_t bias, uint8_t* out) {
    for (uint32_t i = 0; i < kGroup; ++i) {
      const uint32_t above = (ranks[i] > base ? ranks[i] : base) - base;
      out[i] = static_cast<uint8_t>(above < kChunk ? above : kChunk) ^ bias;
    }
  }

  // Vectors said outright: g++ 12 for aarch64, left to find them, adds a comparison that holds as
  // -1 and leaves the sum negative (-O3, by its pass -ftree-slp-vectorize).
  static inline uint32_t count_passed(const float* group, float x) {
    const Floats all = {x, x, x, x};
    Ints counts = {};
    for (uint32_t i = 0; i < kGroup; i += 4) {
      Floats part;
      __builtin_memcpy(&part, group + i, sizeof part);
      counts -= part <= all;
    }
    return static_cast<uint32_t>(counts[0] + counts[1] + counts[2] + counts[3]);
  }
  static inline uint32_t count_passed(const double* group, double x) {
    const Doubles all = {x, x};
    Longs counts = {};
    for (uint32_t i = 0; i < kGroup; i += 2) {
      Doubles part;
      __builtin_memcpy(&part, group + i, sizeof part);
      counts -= part < all;
    }
    return static_cast<uint32_t>(counts[0] + counts[1]);
  }

  template <uint32_t kDepth, typename Column, typename Sum, typename Sink>
  static inline void walk_trees(const CompleteView<Sum>& trees, uint32_t first, uint32_t count,
                                const uint8_t* ranks, Sink& sink) {
    KernelBody<Scalar>::walk_trees<kDepth, Column>(trees, first, count, ranks, sink);
  }

  template <typename Sum, typename Sink>
  static inline void walk_blended(const BlendView<Sum>& trees, const BlendTree* tree,
                                  uint32_t count, const uint8_t* ranks, Sink& sink) {
    BlendBody<Scalar>::walk_trees(trees, tree, count, ranks, sink);
  }
};

}  // namespace

extern const TreeKernels kScalarKernels;
const TreeKernels kScalarKernels = kKernelTable<Scalar>;

}  // namespace mlcore
