// Runs a fuzz target as an ordinary test: every corpus file given as an argument, then a fixed number of
// mutations of them from a fixed seed. Under --config=fuzz libFuzzer brings its own main() and this one is left out.
#ifndef NUBO_LIBFUZZER
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr int kMutations = 20000;
constexpr size_t kSizeMax = 4096;

void Mutate(std::string& input, std::mt19937& rng) {
  const int edits = 1 + static_cast<int>(rng() % 4);
  for (int i = 0; i < edits; ++i) {
    const size_t at = input.empty() ? 0 : rng() % input.size();
    switch (rng() % 4) {
      case 0:
        input.insert(at, 1, static_cast<char>(rng()));
        break;
      case 1:
        if (!input.empty()) input.erase(at, 1 + rng() % 8);
        break;
      case 2:
        if (!input.empty()) input[at] = static_cast<char>(rng());
        break;
      case 3:
        input.insert(at, input.substr(at, rng() % 64));
        break;
    }
  }
  if (input.size() > kSizeMax) input.resize(kSizeMax);
}

void Run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> seeds = {""};
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  for (const std::string& seed : seeds) Run(seed);
  std::mt19937 rng(1);
  for (int i = 0; i < kMutations; ++i) {
    std::string input = seeds[rng() % seeds.size()];
    Mutate(input, rng);
    Run(input);
  }
  std::printf("%zu corpus inputs and %d mutations ran\n", seeds.size() - 1, kMutations);
}
#endif
