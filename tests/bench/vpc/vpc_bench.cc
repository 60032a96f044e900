// How fast blocks are allocated, claimed and freed: ./nubo bench vpc [BLOCKS], a million by default.
//
// /29 blocks of a /8, all of one length, fragmented (twice as many, of which every other one was freed at random), and
// of mixed lengths; beside the same calls to a buddy allocator of std::set, to a sorted list that is searched from its
// begin (as go-ipam and many tools have it), and to Python's ipaddress. Each call is timed by itself, in random order
// of blocks; the best of kRuns runs is shown, since what else the machine does is not the allocator's doing.
#include <malloc.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "nubo/net/ip_address.h"
#include "nubo/vpc/cidr_pool.h"

namespace {

namespace net = nubo::net;
namespace vpc = nubo::vpc;

constexpr int kRuns = 3;
constexpr size_t kOperationsMax = 1'000'000;

// What malloc has out, with what it keeps for itself, for those that allocate.
size_t allocated_bytes = 0;
constexpr size_t kMallocOwn = sizeof(size_t);

}  // namespace

void* operator new(size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  allocated_bytes += malloc_usable_size(memory) + kMallocOwn;
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) allocated_bytes -= malloc_usable_size(memory) + kMallocOwn;
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept { operator delete(memory); }

namespace {

net::Prefix At(uint32_t address, int length) { return *net::Prefix::Make(net::IpAddress::V4(address), length); }

class Ours {
 public:
  explicit Ours(const net::Prefix& block) : pool_(block) {}
  bool Allocate(int length, net::Prefix& given) {
    const auto block = pool_.Allocate(length);
    if (!block.ok()) return false;
    given = *block;
    return true;
  }
  bool Claim(const net::Prefix& block) { return pool_.AllocateExact(block).ok(); }
  bool Free(const net::Prefix& block) { return pool_.Free(block).ok(); }
  size_t bytes() const { return pool_.bytes(); }

 private:
  vpc::CidrPool pool_;
};

// What CidrPool was at first.
class Sets {
 public:
  explicit Sets(const net::Prefix& block) : block_(block), before_(allocated_bytes) {
    free_[block.length()].insert(block);
  }
  bool Allocate(int length, net::Prefix& given) {
    for (int larger = length; larger >= block_.length(); --larger) {
      if (free_[larger].empty()) continue;
      const net::Prefix from = *free_[larger].begin();
      given = At(from.first().v4(), length);
      Carve(from, given);
      return true;
    }
    return false;
  }
  bool Claim(const net::Prefix& block) {
    for (int length = block.length(); length >= block_.length(); --length) {
      const net::Prefix around = At(block.first().v4(), length);
      if (free_[length].count(around) == 0) continue;
      Carve(around, block);
      return true;
    }
    return false;
  }
  bool Free(net::Prefix block) {
    if (taken_.erase(block) == 0) return false;
    while (block.length() > block_.length() && free_[block.length()].erase(Buddy(block)) > 0) {
      block = At(block.first().v4(), block.length() - 1);
    }
    free_[block.length()].insert(block);
    return true;
  }
  size_t bytes() const { return allocated_bytes - before_; }

 private:
  static net::Prefix Buddy(const net::Prefix& block) {
    return At(block.first().v4() ^ (uint32_t{1} << (32 - block.length())), block.length());
  }
  void Carve(net::Prefix from, const net::Prefix& wanted) {
    free_[from.length()].erase(from);
    while (from.length() < wanted.length()) {
      from = At(wanted.first().v4(), from.length() + 1);
      free_[from.length()].insert(Buddy(from));
    }
    taken_.insert(wanted);
  }

  net::Prefix block_;
  size_t before_;
  std::array<std::set<net::Prefix>, 33> free_;
  std::set<net::Prefix> taken_;
};

// All that is taken, in order, searched for the first gap from the begin.
class List {
 public:
  explicit List(const net::Prefix& block) : block_(block) {}
  bool Allocate(int length, net::Prefix& given) {
    const uint64_t size = uint64_t{1} << (32 - length);
    uint64_t at = block_.first().v4();
    for (size_t i = 0; i <= taken_.size(); ++i) {
      const uint64_t next = i < taken_.size() ? taken_[i].first().v4() : uint64_t{block_.last().v4()} + 1;
      at = (at + size - 1) / size * size;
      if (at + size <= next) {
        given = At(static_cast<uint32_t>(at), length);
        taken_.insert(taken_.begin() + static_cast<std::ptrdiff_t>(i), given);
        return true;
      }
      if (i < taken_.size()) at = uint64_t{taken_[i].last().v4()} + 1;
    }
    return false;
  }
  bool Claim(const net::Prefix& block) {
    for (const net::Prefix& other : taken_) {
      if (other.Overlaps(block)) return false;
    }
    taken_.insert(std::lower_bound(taken_.begin(), taken_.end(), block), block);
    return true;
  }
  bool Free(const net::Prefix& block) {
    const auto found = std::find(taken_.begin(), taken_.end(), block);
    if (found == taken_.end()) return false;
    taken_.erase(found);
    return true;
  }
  size_t bytes() const { return taken_.capacity() * sizeof(net::Prefix); }

 private:
  net::Prefix block_;
  std::vector<net::Prefix> taken_;
};

struct Times {
  std::vector<uint32_t> taken;
  uint32_t At(double share) {
    if (taken.empty()) return 0;
    std::sort(taken.begin(), taken.end());
    return taken[static_cast<size_t>(share * static_cast<double>(taken.size() - 1))];
  }
};

uint64_t Now() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

// What it costs to look at the clock.
uint64_t ClockCost() {
  Times times;
  for (int i = 0; i < 10000; ++i) {
    const uint64_t began = Now();
    times.taken.push_back(static_cast<uint32_t>(Now() - began));
  }
  return times.At(0.5);
}

struct Figures {
  uint32_t p50[3] = {}, p99[3] = {};  // allocate, claim, free
  double bytes = 0;
};

enum class Shape { kPlain, kFragmented, kMixed };

void Stop(const char* what) {
  std::fprintf(stderr, "the allocator refused to %s\n", what);
  std::exit(1);
}

template <typename Pool>
Figures Run(Shape shape, size_t blocks, uint64_t clock) {
  std::mt19937 rng(1);
  Pool pool(At(0x0a000000, 8));
  std::vector<net::Prefix> live(shape == Shape::kFragmented ? blocks * 19 / 10 : blocks);
  constexpr int kLengths[] = {29, 29, 29, 29, 28, 30, 31, 32};
  for (net::Prefix& block : live) {
    if (!pool.Allocate(shape == Shape::kMixed ? kLengths[rng() % 8] : 29, block)) Stop("allocate");
  }
  const size_t bytes = pool.bytes();
  std::shuffle(live.begin(), live.end(), rng);
  for (; live.size() > blocks; live.pop_back()) {
    if (!pool.Free(live.back())) Stop("free");
  }
  Times times[3];
  const auto timed = [&](int what, auto call) {
    const uint64_t began = Now();
    const bool done = call();
    const uint64_t took = Now() - began;
    if (!done) Stop("go on");
    times[what].taken.push_back(static_cast<uint32_t>(took > clock ? took - clock : 0));
  };
  // A list takes its time: fewer of them.
  const size_t operations = std::is_same_v<Pool, List> ? 400 : std::min(kOperationsMax, live.size());
  for (size_t i = 0; i < operations; ++i) {
    const net::Prefix block = live[i];
    timed(2, [&] { return pool.Free(block); });
    if (i % 2 == 0) {
      timed(1, [&] { return pool.Claim(block); });
    } else {
      timed(0, [&] { return pool.Allocate(block.length(), live[i]); });
    }
  }
  Figures figures;
  for (int what = 0; what < 3; ++what) {
    figures.p50[what] = times[what].At(0.5);
    figures.p99[what] = times[what].At(0.99);
  }
  figures.bytes = static_cast<double>(std::max(bytes, pool.bytes())) / static_cast<double>(blocks);
  return figures;
}

void Print(const char* who, const char* shape, const Figures& figures) {
  std::printf("%-22s %-11s", who, shape);
  for (int what = 0; what < 3; ++what) std::printf(" %9u %9u", figures.p50[what], figures.p99[what]);
  if (figures.bytes > 0) std::printf(" %9.1f", figures.bytes);
  std::printf("\n");
  std::fflush(stdout);
}

template <typename Pool>
void Show(const char* who, size_t blocks, uint64_t clock, bool all, int runs) {
  constexpr std::pair<Shape, const char*> kShapes[] = {
      {Shape::kPlain, "plain"}, {Shape::kFragmented, "fragmented"}, {Shape::kMixed, "mixed"}};
  for (const auto& [shape, name] : kShapes) {
    if (!all && shape != Shape::kPlain) continue;
    Figures best = Run<Pool>(shape, blocks, clock);
    for (int i = 1; i < runs; ++i) {
      const Figures again = Run<Pool>(shape, blocks, clock);
      for (int what = 0; what < 3; ++what) {
        best.p50[what] = std::min(best.p50[what], again.p50[what]);
        best.p99[what] = std::min(best.p99[what], again.p99[what]);
      }
    }
    Print(who, name, best);
  }
}

void ShowPython(const std::string& script, size_t blocks) {
  if (std::system("command -v python3 >/dev/null 2>&1") != 0) {
    std::printf("%-22s absent: there is no python3\n", "ipaddress (Python)");
    return;
  }
  FILE* lines = popen(("python3 '" + script + "' " + std::to_string(blocks)).c_str(), "r");
  Figures figures;
  char what[16];
  unsigned p50 = 0, p99 = 0;
  for (int i = 0; i < 3 && lines != nullptr && std::fscanf(lines, "%15s %u %u", what, &p50, &p99) == 3; ++i) {
    figures.p50[i] = p50;
    figures.p99[i] = p99;
  }
  if (lines != nullptr) pclose(lines);
  Print("ipaddress (Python)", "plain", figures);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t blocks = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  if (blocks < 1000 || blocks > 1'100'000) {
    std::fprintf(stderr, "usage: vpc_bench [BLOCKS], of 1000 to 1100000\n");
    return 2;
  }
  const uint64_t clock = ClockCost();
  std::printf("%zu live blocks of a /8; nanoseconds, less the clock's own %u\n", blocks, static_cast<unsigned>(clock));
  std::printf("%-22s %-11s %19s %19s %19s %9s\n", "", "", "allocate  p50   p99", "claim     p50   p99",
              "free      p50   p99", "bytes each");
  Show<Ours>("CidrPool", blocks, clock, true, kRuns);
  Show<Sets>("std::set buddies", blocks, clock, true, 1);
  constexpr size_t kListBlocks = 20000, kPythonBlocks = 50000;
  std::printf("and with fewer blocks (%zu, %zu), which the others need to end at all:\n", kListBlocks, kPythonBlocks);
  Show<List>("sorted list", std::min(blocks, kListBlocks), clock, false, 1);
  const char* place = std::getenv("NUBO_BENCH_SCRIPTS");
  ShowPython((place != nullptr ? std::string(place) : "tests/bench/vpc") + "/ipaddress_bench.py",
             std::min(blocks, kPythonBlocks));
}
