#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes expected.hpp, what SciPy and numpy say about the samples of the drift tests.

    python3 -m venv /tmp/oracle && /tmp/oracle/bin/pip install numpy==2.4.6 scipy==1.17.1
    /tmp/oracle/bin/python tests/drift/make_expected.py > tests/drift/expected.hpp

Nothing of the library is used. Samples come from splitmix64, which the tests have too.
"""
import sys

import numpy as np
import scipy
from scipy import stats
from scipy.spatial import distance

MASK = (1 << 64) - 1


class SplitMix:
    """Source: Vigna, splitmix64.c."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def uniform(self):
        return (self.next() >> 11) * 2.0**-53


def sample(seed, count, shape):
    """Shapes are polynomials of uniforms, so that every language has the same bits."""
    random = SplitMix(seed)
    values = []
    for _ in range(count):
        u = random.uniform()
        if shape == "uniform":
            values.append(u)
        elif shape == "bell":
            values.append(u + random.uniform() + random.uniform() + random.uniform() - 2.0)
        elif shape == "skewed":
            values.append(1000.0 * u * u * u * u)
        elif shape == "tied":
            values.append(float(int(u * 8.0)))
    return np.array(values)


COUNTS = [
    ("two bins", [850, 150], [291, 9]),
    ("ten alike", [1000] * 10, [96, 104, 99, 110, 91, 100, 97, 103, 88, 112]),
    ("ten apart", [1000] * 10, [10, 20, 40, 80, 120, 150, 170, 180, 150, 80]),
    ("zeros on each side", [0, 120, 300, 0, 80, 500], [40, 0, 200, 60, 0, 300]),
    ("a zero on both", [100, 0, 200, 300], [30, 0, 20, 10]),
    ("disjoint", [500, 0], [0, 20]),
    ("large", [123456789, 987654321, 555555555], [2234567, 8876543, 5555555]),
    ("sixty-four", [(7919 * i) % 1009 + 3 for i in range(64)],
     [(104729 * i) % 211 + 1 for i in range(64)]),
]


def psi(r, c):
    r, c = np.array(r, float), np.array(c, float)
    r = (r + 0.5) / (r.sum() + 0.5 * len(r))
    c = (c + 0.5) / (c.sum() + 0.5 * len(c))
    return np.sum((c - r) * np.log(c / r))


def count_case(name, r, c):
    p, q = np.array(r) / np.sum(r), np.array(c) / np.sum(c)
    table = np.array([r, c])
    table = table[:, table.sum(axis=0) > 0]
    test = stats.chi2_contingency(table, correction=False)
    return [psi(r, c), distance.jensenshannon(p, q) ** 2, distance.jensenshannon(p, q),
            distance.jensenshannon(p, q, base=2), np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / np.sqrt(2),
            distance.cityblock(p, q) / 2, distance.chebyshev(p, q), test.statistic, test.dof,
            test.pvalue]


def wasserstein_at_edges(edges, r, c):
    """numpy's trapezoids over the edges and the zeros of the difference."""
    difference = (np.cumsum(c) / np.sum(c) - np.cumsum(r) / np.sum(r))[:-1]
    x, y = np.array(edges), difference
    at = np.nonzero(y[:-1] * y[1:] < 0)[0]
    zeros = x[at] + (x[at + 1] - x[at]) * y[at] / (y[at] - y[at + 1])
    x, y = np.concatenate([x, zeros]), np.concatenate([y, 0 * zeros])
    order = np.argsort(x, kind="stable")
    return np.trapezoid(np.abs(y[order]), x[order])


SAMPLES = [
    ("bell", 11, 500, "bell", 12, 300),
    ("uniform", 13, 2000, "uniform", 14, 2000),
    ("skewed", 15, 1500, "skewed", 16, 900),
    ("tied", 17, 400, "tied", 18, 250),
    ("bell", 19, 1, "bell", 20, 5),
    ("bell", 21, 800, "uniform", 22, 700),
]


def edges_of(values):
    """Nine edges: the tests bin by them, this does by numpy."""
    return np.unique(np.quantile(values, np.linspace(0, 1, 9), method="inverted_cdf"))


def number(value):
    value = float(value)
    return value.hex() if np.isfinite(value) else "kNan"


def row(values):
    return ", ".join(number(value) for value in values)


def main():
    out = []
    out.append(f"""// SPDX-License-Identifier: Apache-2.0
#pragma once

// Written by make_expected.py with numpy {np.__version__} and SciPy {scipy.__version__}.

#include <cstdint>
#include <limits>
#include <vector>

namespace mlcore::expected {{

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct CountCase {{
  const char* name;
  std::vector<std::uint64_t> reference, current;
  double psi, js_divergence_nats, js_distance_nats, js_distance_base2, hellinger, total_variation,
      l_infinity, chi_square, degrees_of_freedom, p_value;
}};
inline const CountCase kCounts[] = {{""")
    for name, r, c in COUNTS:
        out.append(f'    {{"{name}", {{{", ".join(map(str, r))}}}, {{{", ".join(map(str, c))}}}, '
                   f'{row(count_case(name, r, c))}}},')
    out.append("""};

struct SampleCase {
  const char* reference_shape;
  std::uint64_t reference_seed, reference_size;
  const char* current_shape;
  std::uint64_t current_seed, current_size;
  double ks, ks_limit_p, wasserstein, mean, standard_deviation, ks_at_edges, wasserstein_at_edges;
  std::vector<double> edges;
  std::vector<std::uint64_t> reference_bins, current_bins;
};
inline const SampleCase kSamples[] = {""")
    for shape_a, seed_a, n, shape_b, seed_b, m in SAMPLES:
        a, b = sample(seed_a, n, shape_a), sample(seed_b, m, shape_b)
        edges = edges_of(a)
        r = np.bincount(np.searchsorted(edges, a, side="left"), minlength=len(edges) + 1)
        c = np.bincount(np.searchsorted(edges, b, side="left"), minlength=len(edges) + 1)
        d = stats.ks_2samp(a, b, method="asymp").statistic
        at_edges = np.max(np.abs(np.cumsum(r) / n - np.cumsum(c) / m))
        w_edges = wasserstein_at_edges(edges, r, c) if len(edges) > 1 else np.nan
        values = [d, stats.kstwobign.sf(np.sqrt(n * m / (n + m)) * d),
                  stats.wasserstein_distance(a, b), a.mean(), a.std(), at_edges, w_edges]
        out.append(f'    {{"{shape_a}", {seed_a}, {n}, "{shape_b}", {seed_b}, {m}, {row(values)}, '
                   f'{{{row(edges)}}}, {{{", ".join(map(str, r))}}}, {{{", ".join(map(str, c))}}}}},')
    out.append("""};

/// scipy.stats.chi2.sf(x, df)
struct ChiSquareTail {
  double x;
  std::uint64_t degrees_of_freedom;
  double survival;
};
inline const ChiSquareTail kChiSquareTails[] = {""")
    for df in (1, 2, 3, 5, 9, 10, 18, 19, 20, 21, 40, 63, 200, 1001):
        for factor in (0.01, 0.5, 0.9, 1.0, 1.1, 1.5, 3.0, 10.0, 60.0):
            x = df * factor
            survival = stats.chi2.sf(x, df)
            if survival > 1e-280:
                out.append(f"    {{{number(x)}, {df}, {number(survival)}}},")
    out.append("""};

/// scipy.stats.chi2.isf(alpha, df)
struct ChiSquareQuantile {
  double alpha;
  std::uint64_t degrees_of_freedom;
  double x;
};
inline const ChiSquareQuantile kChiSquareQuantiles[] = {""")
    for df in (1, 2, 3, 9, 10, 20, 52, 500):
        for alpha in (0.9, 0.5, 0.05, 1e-3, 1e-5, 1e-9, 1e-100):
            out.append(f"    {{{number(alpha)}, {df}, {number(stats.chi2.isf(alpha, df))}}},")
    out.append("""};

/// scipy.stats.kstwobign.sf(x)
struct KolmogorovTail {
  double x, survival;
};
inline const KolmogorovTail kKolmogorovTails[] = {""")
    for x in (0.3, 0.5, 0.8, 0.99, 1.0, 1.01, 1.358, 2.0, 3.0, 5.0, 10.0):
        out.append(f"    {{{number(x)}, {number(stats.kstwobign.sf(x))}}},")
    out.append("""};

/// scipy.stats.kstwobign.isf(alpha)
struct KolmogorovQuantile {
  double alpha, x;
};
inline const KolmogorovQuantile kKolmogorovQuantiles[] = {""")
    for alpha in (1e-2, 1e-3, 1e-5, 1e-9):
        out.append(f"    {{{number(alpha)}, {number(stats.kstwobign.isf(alpha))}}},")
    out.append("""};

}  // namespace mlcore::expected""")
    print("\n".join(out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
