// SPDX-License-Identifier: Apache-2.0
// TreeEngine uses tree_kernels; its callers choose with runnable_simd_targets.
#include "predict/tree_kernel.hpp"

#include "mlcore/predict/tree_engine.hpp"

namespace mlcore {

extern const TreeKernels kScalarKernels;
#if defined(__x86_64__)
extern const TreeKernels kSse41Kernels;
extern const TreeKernels kAvx2Kernels;
extern const TreeKernels kAvx512Kernels;

const TreeKernels& tree_kernels(SimdTarget target) noexcept {
  switch (target) {
    case SimdTarget::scalar: break;
    case SimdTarget::sse41: return kSse41Kernels;
    case SimdTarget::avx2: return kAvx2Kernels;
    case SimdTarget::avx512: return kAvx512Kernels;
  }
  return kScalarKernels;
}

/// The compiler's run-time asks the operating system too whether it keeps the wide registers.
std::vector<SimdTarget> runnable_simd_targets() {
  __builtin_cpu_init();
  std::vector<SimdTarget> targets{SimdTarget::scalar};
  if (__builtin_cpu_supports("sse4.1")) targets.push_back(SimdTarget::sse41);
  const bool has_bmi2 = __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
  if (!has_bmi2 || !__builtin_cpu_supports("avx2")) return targets;
  targets.push_back(SimdTarget::avx2);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512vbmi")) {
    targets.push_back(SimdTarget::avx512);
  }
  return targets;
}
#else
const TreeKernels& tree_kernels(SimdTarget) noexcept { return kScalarKernels; }

std::vector<SimdTarget> runnable_simd_targets() { return {SimdTarget::scalar}; }
#endif

}  // namespace mlcore
