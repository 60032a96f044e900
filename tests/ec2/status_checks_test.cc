#include "nubo/ec2/status_checks.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

namespace nubo::ec2 {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

std::string Name(CheckStatus status) { return std::string(StatusName(status)); }
std::string Name(const CheckResult& result) { return Name(result.status); }

absl::Time At(double minutes) { return kStart + absl::Minutes(minutes); }

// A minute after another: what the checks saw ("+" passed, "-" failed, "." nothing), and the status after it.
struct Row {
  std::string seen;
  std::vector<std::string> statuses;
};

const std::vector<Row> kRows = {
    {"+", {"ok"}},
    {"++-", {"ok", "ok", "ok"}},
    {"+--", {"ok", "ok", "impaired"}},
    {"+--+", {"ok", "ok", "impaired", "ok"}},
    {"+-+-", {"ok", "ok", "ok", "ok"}},
    {"--+", {"initializing", "initializing", "ok"}},
    {"----+", {"initializing", "initializing", "impaired", "impaired", "ok"}},
    {"...+", {"initializing", "initializing", "insufficient-data", "ok"}},
    {"+......+", {"ok", "ok", "ok", "ok", "ok", "ok", "insufficient-data", "ok"}},
    {"+--......",
     {"ok", "ok", "impaired", "impaired", "impaired", "impaired", "impaired", "impaired", "insufficient-data"}},
};

BOOST_AUTO_TEST_CASE(what_is_seen_minute_by_minute_makes_the_status) {
  for (const Row& row : kRows) {
    StatusChecks checks;
    checks.OnState(InstanceState::kRunning, kStart);
    BOOST_TEST(Name(checks.System(kStart)) == "initializing");
    for (size_t i = 0; i < row.seen.size(); ++i) {
      const absl::Time now = At(static_cast<double>(i) + 1);
      if (row.seen[i] != '.') {
        checks.Observe({.system = row.seen[i] == '+', .instance = row.seen[i] == '+'}, now);
      } else {
        checks.Observe({}, now);
      }
      BOOST_TEST_INFO(row.seen << " at " << i);
      BOOST_TEST(Name(checks.System(now)) == row.statuses[i]);
      BOOST_TEST(Name(checks.Instance(now)) == row.statuses[i]);
      BOOST_TEST(Name(checks.Overall(now)) == row.statuses[i]);
      BOOST_TEST(Name(checks.Volumes(now)) == "not-applicable");
    }
  }
}

BOOST_AUTO_TEST_CASE(only_what_runs_is_checked) {
  for (InstanceState state : {InstanceState::kPending, InstanceState::kShuttingDown, InstanceState::kTerminated,
                              InstanceState::kStopping, InstanceState::kStopped}) {
    StatusChecks checks;
    checks.OnState(InstanceState::kRunning, kStart);
    checks.Observe({true, true, true}, At(1));
    checks.OnState(state, At(2));
    checks.Observe({false, false, false}, At(3));
    BOOST_TEST_INFO(std::string(StateName(state)));
    BOOST_TEST(Name(checks.System(At(3))) == "not-applicable");
    BOOST_TEST(Name(checks.Instance(At(3))) == "not-applicable");
    BOOST_TEST(Name(checks.Overall(At(3))) == "not-applicable");
    BOOST_TEST((checks.NextCheck() == absl::InfiniteFuture()));
    checks.OnState(InstanceState::kRunning, At(4));
    BOOST_TEST(Name(checks.Overall(At(4))) == "initializing");
  }
}

BOOST_AUTO_TEST_CASE(it_is_impaired_since_the_first_failure) {
  StatusChecks checks;
  checks.OnState(InstanceState::kRunning, kStart);
  checks.Observe({true, true, {}}, At(1));
  checks.Observe({true, false, {}}, At(2));
  checks.Observe({true, false, {}}, At(3));
  BOOST_TEST(Name(checks.System(At(3))) == "ok");
  BOOST_TEST((!checks.System(At(3)).impaired_since.has_value()));
  BOOST_TEST((checks.Instance(At(3)).impaired_since.value() == At(2)));
  BOOST_TEST(Name(checks.Overall(At(3))) == "impaired");
}

BOOST_AUTO_TEST_CASE(where_the_system_fails_so_does_the_instance) {
  StatusChecks checks;
  checks.OnState(InstanceState::kRunning, kStart);
  checks.Observe({true, true, {}}, At(1));
  checks.Observe({false, true, {}}, At(2));
  checks.Observe({false, true, {}}, At(3));
  BOOST_TEST(Name(checks.Instance(At(3))) == "impaired");
  BOOST_TEST((checks.Instance(At(3)).impaired_since.value() == At(2)));
}

BOOST_AUTO_TEST_CASE(a_reboot_begins_the_instances_check_anew) {
  StatusChecks checks;
  checks.OnReboot(kStart);
  BOOST_TEST(Name(checks.Instance(kStart)) == "not-applicable");
  checks.OnState(InstanceState::kRunning, kStart);
  checks.Observe({true, true, {}}, At(1));
  checks.OnReboot(At(2));
  BOOST_TEST(Name(checks.Instance(At(2))) == "initializing");
  BOOST_TEST(Name(checks.System(At(2))) == "ok");
  BOOST_TEST(Name(checks.Overall(At(2))) == "initializing");
  // Told again of what is so, nothing changes.
  checks.Observe({true, true, {}}, At(3));
  checks.OnState(InstanceState::kRunning, At(4));
  BOOST_TEST(Name(checks.Overall(At(4))) == "ok");
}

BOOST_AUTO_TEST_CASE(volumes_are_checked_where_there_are_any) {
  StatusChecks checks;
  checks.OnVolumes(1, kStart);
  BOOST_TEST(Name(checks.Volumes(kStart)) == "not-applicable");
  checks.OnState(InstanceState::kRunning, kStart);
  BOOST_TEST(Name(checks.Volumes(kStart)) == "initializing");
  checks.Observe({true, true, true}, At(1));
  BOOST_TEST(Name(checks.Volumes(At(1))) == "ok");
  checks.OnVolumes(2, At(1));
  BOOST_TEST(Name(checks.Volumes(At(1))) == "ok");
  checks.Observe({true, true, false}, At(2));
  checks.Observe({true, true, false}, At(3));
  BOOST_TEST(Name(checks.Volumes(At(3))) == "impaired");
  BOOST_TEST(Name(checks.Overall(At(3))) == "impaired");
  checks.OnVolumes(0, At(3));
  BOOST_TEST(Name(checks.Overall(At(3))) == "ok");
}

BOOST_AUTO_TEST_CASE(the_next_round_is_a_minute_after_the_last) {
  StatusChecks checks;
  BOOST_TEST((checks.NextCheck() == absl::InfiniteFuture()));
  checks.OnState(InstanceState::kRunning, kStart);
  BOOST_TEST((checks.NextCheck() == At(1)));
  checks.Observe({}, At(1.5));
  BOOST_TEST((checks.NextCheck() == At(2.5)));
}

BOOST_AUTO_TEST_CASE(reachability_has_awss_words) {
  BOOST_TEST(std::string(ReachabilityName(CheckStatus::kOk)) == "passed");
  BOOST_TEST(std::string(ReachabilityName(CheckStatus::kImpaired)) == "failed");
  BOOST_TEST(std::string(ReachabilityName(CheckStatus::kInitializing)) == "initializing");
}

}  // namespace
}  // namespace nubo::ec2
