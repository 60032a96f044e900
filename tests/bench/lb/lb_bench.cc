// How fast policies pick, and build their snapshots: ./nubo bench lb [POLICY...].
//
// One row for a policy and a number of endpoints. Picks are timed alone (one thread, then two at once on one picker),
// and together with the Call that feeds the load back. All figures are medians of kRuns runs. Threads are timed by
// their own processor time too: on a machine with other work, nanoseconds a pick are the figure to compare.
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/strings/str_cat.h"
#include "nubo/lb/load.h"
#include "nubo/lb/policy_registry.h"

namespace {

namespace lb = nubo::lb;

constexpr int kRuns = 5;
constexpr int kBatch = 256;
constexpr double kRunSeconds = 0.1;
constexpr size_t kSizes[] = {10, 1000, 100000};

double ThreadCpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double Seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

lb::EndpointList MakeEndpoints(size_t count) {
  lb::EndpointList endpoints;
  for (size_t i = 0; i < count; ++i) {
    auto endpoint = std::make_shared<lb::Endpoint>();
    endpoint->id = absl::StrCat("i-", i);
    endpoint->address = {nubo::net::IpAddress::V4(0x0a000000 + static_cast<uint32_t>(i)), 80};
    endpoint->zone = absl::StrCat("us-east-1", i % 3 == 0 ? "a" : "b");
    endpoint->weight = 1 + static_cast<double>(i % 4);
    endpoint->load = std::make_shared<lb::Load>();
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

// SplitMix64: randomness that costs next to nothing, so that what is timed is the policy.
class QuickBits {
 public:
  using result_type = uint64_t;
  explicit QuickBits(uint64_t seed) : state_(seed) {}
  static constexpr uint64_t min() { return 0; }
  static constexpr uint64_t max() { return UINT64_MAX; }
  uint64_t operator()() {
    uint64_t bits = state_ += 0x9e3779b97f4a7c15;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    return bits ^ (bits >> 31);
  }

 private:
  uint64_t state_;
};

// The compiler must have it, and nobody needs to look at it.
void KeepAlive(const void* pointer) { asm volatile("" : : "r"(pointer) : "memory"); }

// What one thread did.
struct Work {
  double picks = 0;
  double cpu_seconds = 0;
};

// Picks until `stop`, from random keys; with `calls` each pick becomes a request that begins and ends.
Work PickUntil(const lb::Picker& picker, const std::atomic<bool>& stop, bool calls) {
  QuickBits rng(std::hash<std::thread::id>()(std::this_thread::get_id()));
  // As a program has it that was handed one: not made anew for each pick.
  absl::BitGenRef bits(rng);
  KeepAlive(&bits);
  Work work;
  const double began = ThreadCpuSeconds();
  const absl::Time now = absl::Now();
  while (!stop.load(std::memory_order_relaxed)) {
    for (int i = 0; i < kBatch; ++i) {
      const lb::PickRequest request{.hash = rng(), .now = now};
      if (!calls) {
        KeepAlive(picker.Pick(request, bits).Peek());
        continue;
      }
      lb::Call call(picker.Pick(request, bits).Peek()->load, now);
      call.Finish(lb::Call::Outcome::kSuccess, now + absl::Milliseconds(1));
    }
    work.picks += kBatch;
  }
  work.cpu_seconds = ThreadCpuSeconds() - began;
  return work;
}

struct Rate {
  double per_second = 0;
  double cpu_ns = 0;  // each
};

Rate Run(const lb::Picker& picker, int threads, bool calls) {
  std::atomic<bool> stop{false};
  std::vector<Work> works(static_cast<size_t>(threads));
  std::vector<std::thread> running;
  const double began = Seconds();
  for (Work& work : works) running.emplace_back([&] { work = PickUntil(picker, stop, calls); });
  std::this_thread::sleep_for(std::chrono::duration<double>(kRunSeconds));
  stop = true;
  for (std::thread& thread : running) thread.join();
  const double seconds = Seconds() - began;
  Work all;
  for (const Work& work : works) {
    all.picks += work.picks;
    all.cpu_seconds += work.cpu_seconds;
  }
  return {all.picks / seconds, all.cpu_seconds / all.picks * 1e9};
}

Rate MedianRate(const lb::Picker& picker, int threads, bool calls) {
  std::vector<double> per_second, cpu_ns;
  for (int i = 0; i < kRuns; ++i) {
    const Rate rate = Run(picker, threads, calls);
    per_second.push_back(rate.per_second);
    cpu_ns.push_back(rate.cpu_ns);
  }
  return {Median(per_second), Median(cpu_ns)};
}

// Milliseconds of processor time for one snapshot.
double BuildMs(lb::Policy& policy, const lb::EndpointList& endpoints) {
  std::vector<double> ms;
  for (int i = 0; i < kRuns; ++i) {
    const double began = ThreadCpuSeconds();
    if (!policy.Build(endpoints).ok()) return -1;
    ms.push_back((ThreadCpuSeconds() - began) * 1e3);
  }
  return Median(ms);
}

void PrintRow(const std::string& label, lb::Policy& policy, size_t size) {
  const lb::EndpointList endpoints = MakeEndpoints(size);
  auto picker = policy.Build(endpoints);
  if (!picker.ok()) {
    std::printf("%-32s %9zu  %s\n", label.c_str(), size, std::string(picker.status().message()).c_str());
    return;
  }
  const Rate one = MedianRate(**picker, 1, false);
  const Rate two = MedianRate(**picker, 2, false);
  const Rate call = MedianRate(**picker, 1, true);
  std::printf("%-32s %9zu %9.1f %9.1f %9.2f %9.1f %10.1f %12.4f\n", label.c_str(), size, one.per_second / 1e6,
              two.per_second / 1e6, two.per_second / one.per_second, one.cpu_ns, call.cpu_ns,
              BuildMs(policy, endpoints));
  std::fflush(stdout);
}

struct Variant {
  std::string policy;
  lb::PolicyOptions options;
  std::string label;
};

std::vector<Variant> Variants(const lb::PolicyRegistry& registry) {
  std::vector<Variant> variants;
  for (const std::string& name : registry.names()) {
    // A subset is of somebody's.
    variants.push_back({name, name == "subset" ? lb::PolicyOptions{{"seed", "1"}} : lb::PolicyOptions(), name});
    if (name == "ring_hash") variants.push_back({name, {{"load_bound", "1.25"}}, "ring_hash, load_bound 1.25"});
    // A table has room for each endpoint.
    if (name == "maglev") variants.push_back({name, {{"table_size", "5000011"}}, "maglev, table_size 5000011"});
    if (name == "least_outstanding_requests") {
      variants.push_back({name, {{"full_scan_max", "0"}}, "power of two choices"});
      variants.push_back({name, {{"full_scan_max", "1000000"}}, "full scan"});
    }
  }
  return variants;
}

}  // namespace

int main(int argc, char** argv) {
  const lb::PolicyRegistry registry = lb::PolicyRegistry::Builder().AddBuiltins().Build();
  const std::vector<std::string> wanted(argv + 1, argv + argc);
  const std::vector<std::string> names = registry.names();
  for (const std::string& name : wanted) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    std::fprintf(stderr, "lb_bench: %s\n", std::string(registry.Create(name).status().message()).c_str());
    return 2;
  }
  std::printf("%-32s %9s %9s %9s %9s %9s %10s %12s\n", "POLICY", "ENDPOINTS", "M/S, ONE", "M/S, TWO", "TWO/ONE",
              "NS/PICK", "NS/REQUEST", "MS/SNAPSHOT");
  for (const Variant& variant : Variants(registry)) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), variant.policy) == wanted.end()) continue;
    for (const size_t size : kSizes) {
      auto policy = registry.Create(variant.policy, variant.options);
      PrintRow(variant.label, **policy, size);
    }
  }
  return 0;
}
