// What Prometheus reads of a region.
#include "nubo/region/metrics/region_metrics.h"

#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/str_split.h"
#include "nubo/base/id_source.h"
#include "nubo/fabrics/loopback_fabric.h"
#include "nubo/region/loop/control_loop.h"
#include "nubo/store/memory_store.h"
#include "nubo/testing/simulated_clock.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

// The value of the one series that begins so; nothing if there is none, or there are several.
std::optional<std::string> ValueOf(const Context& context, const std::string& series) {
  std::optional<std::string> value;
  for (const absl::string_view line : absl::StrSplit(RegionMetrics(context), '\n')) {
    if (!absl::StartsWith(line, series)) continue;
    if (value.has_value()) return std::nullopt;
    value = std::string(line.substr(line.rfind(' ') + 1));
  }
  return value;
}

BOOST_FIXTURE_TEST_CASE(a_region_without_anything_shows_every_state_of_instances, World) {
  for (const char* state : {"pending", "running", "shutting-down", "terminated", "stopping", "stopped"}) {
    BOOST_TEST(ValueOf(context, absl::StrCat("nubo_instances{state=\"", state, "\"}")).value_or("") == "0", state);
  }
  BOOST_TEST(!ValueOf(context, "nubo_stacks").has_value());
  BOOST_TEST(ValueOf(context, "nubo_events_total ").value_or("") == "0");
  BOOST_TEST(ValueOf(context, "nubo_metrics_refused_series ").value_or("") == "0");
}

BOOST_FIXTURE_TEST_CASE(what_there_is_is_counted, Shop) {
  BOOST_TEST(ValueOf(context, "nubo_instances{state=\"running\"}").value_or("") == "2");
  BOOST_TEST(ValueOf(context, "nubo_stacks{status=\"CREATE_COMPLETE\"}").value_or("") == "1");
  BOOST_TEST(ValueOf(context, "nubo_targets{state=\"healthy\",target_group=").value_or("") == "2");
  BOOST_TEST(ValueOf(context, "nubo_targets{state=\"unhealthy\",target_group=").value_or("") == "0");
  const size_t events = AllEvents().size();
  BOOST_TEST(ValueOf(context, "nubo_events_total ").value_or("") == absl::StrCat(events));
}

BOOST_FIXTURE_TEST_CASE(targets_that_fail_are_counted_so, Shop) {
  unhealthy.insert(Alive().front());
  PlayDataPlane();
  BOOST_TEST(ValueOf(context, "nubo_targets{state=\"healthy\",target_group=").value_or("") == "1");
  BOOST_TEST(ValueOf(context, "nubo_targets{state=\"unhealthy\",target_group=").value_or("") == "1");
}

BOOST_FIXTURE_TEST_CASE(services_are_up_or_down_and_their_restarts_counted, Shop) {
  const std::string arn = context.model.load_balancers.begin()->first;
  const std::string id = BalancerServiceId(arn);
  const std::string labels = absl::StrCat(
      "{kind=\"proxy\",name=\"", context.model.load_balancers.begin()->second.name(), "\",service=\"", id, "\"}");
  BOOST_TEST(ValueOf(context, "nubo_service_up" + labels).value_or("") == "1");
  BOOST_TEST(ValueOf(context, "nubo_service_restarts_total" + labels).value_or("") == "0");
  Exits(id, process::End::Signaled(9));
  BOOST_TEST(ValueOf(context, "nubo_service_up" + labels).value_or("") == "0");
  Settle(absl::Seconds(1));
  BOOST_TEST(ValueOf(context, "nubo_service_up" + labels).value_or("") == "1");
  BOOST_TEST(ValueOf(context, "nubo_service_restarts_total" + labels).value_or("") == "1");
  BOOST_TEST(ValueOf(context, "nubo_service_up{kind=\"dns\",name=\"dns\",service=\"dns\"}").value_or("") == "1");
}

BOOST_FIXTURE_TEST_CASE(what_the_data_plane_says_is_shown_by_service, Shop) {
  const std::string id = BalancerServiceId(context.model.load_balancers.begin()->first);
  context.proxy_status[id].mutable_counters()->set_requests(42);
  context.dns_status.mutable_counters()->set_udp_queries(17);
  BOOST_TEST(ValueOf(context, absl::StrCat("nubo_proxy_requests_total{service=\"", id, "\"}")).value_or("") == "42");
  BOOST_TEST(ValueOf(context, "nubo_dns_queries_total{service=\"dns\",transport=\"udp\"}").value_or("") == "17");
  Exits(kDnsService, process::End::Signaled(9));
  BOOST_TEST(!ValueOf(context, "nubo_dns_queries_total{service=\"dns\",transport=\"udp\"}").has_value());
}

// Every word of it that is a metric's name.
std::set<std::string> NamesIn(const std::string& text) {
  std::set<std::string> names;
  for (size_t at = text.find("nubo_"); at != std::string::npos; at = text.find("nubo_", at + 1)) {
    const size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_", at);
    names.insert(text.substr(at, end - at));
  }
  return names;
}

BOOST_FIXTURE_TEST_CASE(the_guide_names_every_metric_and_no_other, Shop) {
  context.proxy_status.begin()->second.add_listeners();
  context.proxy_status.rbegin()->second.mutable_targets(0)->set_latency_us(1);
  context.dns_status.add_listeners();
  std::ifstream file("docs/metrics.md");
  const std::string guide((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  BOOST_TEST(NamesIn(guide) == NamesIn(RegionMetrics(context)), boost::test_tools::per_element());
}

// Says nothing, and is told nothing.
class NoDataPlane final : public DataPlane {
 public:
  void Connect(const std::set<std::string>&) override {}
  void Configure(const std::string&, std::string) override {}
  void AskReady(const ReadyQuestion&) override {}
  std::optional<uint64_t> DiskLeft() override { return std::nullopt; }
};

// Takes its time, and can be full.
class SlowStore final : public store::Store {
 public:
  explicit SlowStore(testing::SimulatedClock& clock) : clock_(clock) {}
  absl::StatusOr<store::Entry> Get(absl::string_view key) override { return memory_.Get(key); }
  absl::StatusOr<std::vector<store::Entry>> List(absl::string_view prefix) override { return memory_.List(prefix); }
  absl::StatusOr<int64_t> Apply(const store::Batch& batch) override {
    clock_.Advance(absl::Milliseconds(250));
    if (full) return absl::ResourceExhaustedError("no room");
    return memory_.Apply(batch);
  }
  bool full = false;

 private:
  testing::SimulatedClock& clock_;
  store::MemoryStore memory_;
};

BOOST_AUTO_TEST_CASE(the_control_loop_counts_what_it_does) {
  testing::SimulatedClock clock;
  base::SequentialIdSource ids;
  SlowStore store(clock);
  NoDataPlane data_plane;
  ControlLoopOptions options;
  options.paths = Paths{"/nowhere/state"};
  fabrics::LoopbackFabric fabric{{}};
  ControlLoop loop(options, store, clock, ids, fabric, data_plane);
  BOOST_REQUIRE(testing::IsOk(loop.Load({})));
  std::vector<Effect> effects;
  loop.Step(effects);
  BOOST_TEST(ValueOf(loop.context(), "nubo_control_loop_steps_total ").value_or("") == "1");
  BOOST_TEST(ValueOf(loop.context(), "nubo_control_loop_passes_total ").value_or("") == "1");
  BOOST_TEST(ValueOf(loop.context(), "nubo_control_loop_seconds_total ").value_or("") == "0.25");
  BOOST_TEST(ValueOf(loop.context(), "nubo_store_commits_total ").value_or("") == "1");
  BOOST_TEST(ValueOf(loop.context(), "nubo_store_commit_failures_total ").value_or("") == "0");
  store.full = true;
  const auto change = [](Context& context) {
    context.Tell({}, "x", "nubo::Test", "y", "z");
    return absl::OkStatus();
  };
  BOOST_TEST(!loop.Change(change).ok());
  BOOST_TEST(ValueOf(loop.context(), "nubo_store_commits_total ").value_or("") == "1");
  BOOST_TEST(ValueOf(loop.context(), "nubo_store_commit_failures_total ").value_or("") == "1");
  BOOST_TEST(ValueOf(loop.context(), "nubo_store_commit_seconds_total ").value_or("") == "0.5");
  BOOST_TEST(ValueOf(loop.context(), "nubo_control_loop_steps_total ").value_or("") == "1");
}

}  // namespace
}  // namespace nubo::region
