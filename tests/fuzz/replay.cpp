// SPDX-License-Identifier: Apache-2.0
// Stands in for libFuzzer where the compiler has none: runs a fuzz target on the empty input, every
// seed of a folder, and copies of each seed cut short or with one byte changed, chosen by a fixed
// generator, so that every build runs the same inputs.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::uint64_t kSeed = 20250101;
constexpr int kCopiesPerSeed = 200;

using Input = std::vector<std::uint8_t>;

std::size_t run(const Input& input) {
  LLVMFuzzerTestOneInput(input.data(), input.size());
  return 1;
}

std::size_t run_mutilated(const Input& seed, std::mt19937_64& generator) {
  if (seed.empty()) return 0;
  for (int copy = 0; copy < kCopiesPerSeed; ++copy) {
    Input input = seed;
    const std::size_t position = generator() % input.size();
    if (copy % 2 == 0) {
      input.resize(position);
    } else {
      input[position] = static_cast<std::uint8_t>(generator());
    }
    run(input);
  }
  return kCopiesPerSeed;
}

}  // namespace

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!fs::is_directory(argv[i])) {
      std::fprintf(stderr, "%s: no such folder of seeds\n", argv[i]);
      return 1;
    }
    for (const auto& entry : fs::directory_iterator(argv[i])) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::mt19937_64 generator(kSeed);
  std::size_t runs = run({});
  for (const fs::path& path : files) {
    std::ifstream stream(path, std::ios::binary);
    const Input seed{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    runs += run(seed);
    runs += run_mutilated(seed, generator);
  }
  std::printf("%zu inputs from %zu seeds (generator seed %llu)\n", runs, files.size(),
              static_cast<unsigned long long>(kSeed));
  return 0;
}
