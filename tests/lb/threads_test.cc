// Eight threads pick, report and end calls while another one changes the set: for the thread sanitizer above all.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <mutex>
#include <thread>

#include "nubo/lb/hash.h"
#include "nubo/lb/policy_registry.h"
#include "tests/lb/endpoints.h"

namespace nubo::lb {
namespace {

constexpr int kThreads = 8;
constexpr int kPicks = 3000;
constexpr int kSwaps = 200;

// The current picker, swapped by one thread and taken by the others.
class Current {
 public:
  explicit Current(std::shared_ptr<const Picker> picker) : picker_(std::move(picker)) {}
  std::shared_ptr<const Picker> Get() const {
    std::lock_guard lock(mutex_);
    return picker_;
  }
  void Set(std::shared_ptr<const Picker> picker) {
    std::lock_guard lock(mutex_);
    picker_.swap(picker);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Picker> picker_;  // guarded by mutex_
};

void PickAndReport(const Current& current, uint64_t seed, std::atomic<int>& failed) {
  std::mt19937_64 rng(seed);
  for (int i = 0; i < kPicks; ++i) {
    const absl::Time now = absl::UnixEpoch() + absl::Milliseconds(i);
    const std::shared_ptr<const Picker> picker = current.Get();
    const Choice choice = picker->Pick({.hash = Hash(absl::StrCat(i)), .now = now}, rng);
    if (choice.endpoint() == nullptr) {
      failed.fetch_add(1);
      continue;
    }
    Load& load = *choice.endpoint()->load;
    Call call(choice.endpoint()->load, now);
    load.Report({.qps = 100.0 + i, .utilization = 0.5}, now);
    call.Finish(i % 10 == 0 ? Call::Outcome::kError : Call::Outcome::kSuccess, now + absl::Microseconds(i));
  }
}

BOOST_AUTO_TEST_CASE(picks_reports_and_swaps_at_once) {
  const PolicyRegistry registry = PolicyRegistry::Builder().AddBuiltins().Build();
  for (const std::string& name : registry.names()) {
    // A small table, so that swaps are many.
    PolicyOptions options;
    if (name == "maglev") options["table_size"] = "251";
    if (name == "subset") options["seed"] = "1";
    auto policy = *registry.Create(name, options);
    const EndpointList endpoints = MakeEndpoints(40);
    Current current(*policy->Build(endpoints));
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] { PickAndReport(current, static_cast<uint64_t>(i), failed); });
    }
    for (int i = 0; i < kSwaps; ++i) {
      current.Set(*policy->Build(EndpointList(endpoints.begin() + i % 20, endpoints.end())));
    }
    for (std::thread& thread : threads) thread.join();
    BOOST_TEST(failed.load() == 0, name);
    uint64_t calls = 0;
    for (const auto& endpoint : endpoints) {
      BOOST_TEST(endpoint->load->in_flight() == 0, name);
      calls += endpoint->load->calls();
    }
    BOOST_TEST(calls == uint64_t{kThreads} * kPicks, name);
  }
}

}  // namespace
}  // namespace nubo::lb
