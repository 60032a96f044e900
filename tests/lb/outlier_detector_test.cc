#include "nubo/lb/outlier_detector.h"

#include <boost/test/unit_test.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::lb {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;
using Cause = OutlierDetector::Cause;

const absl::Time kStart = absl::FromUnixSeconds(1000);

// Endpoints e0, e1, … and a hand on the clock.
struct Fixture {
  explicit Fixture(int endpoints = 10, OutlierDetectionOptions options = {}) : detector(options) {
    for (int i = 0; i < endpoints; ++i) ids.push_back(absl::StrCat("e", i));
    detector.SetEndpoints(ids);
    detector.Advance(now);
  }
  void Report(int endpoint, int failures, int successes) {
    // Spread, so that failures are never in a row while there are enough successes.
    while (failures > 0 || successes > 0) {
      if (failures-- > 0) detector.Report(ids[static_cast<size_t>(endpoint)], false);
      for (int i = 0; i < 1 + successes / std::max(1, failures + 1) && successes > 0; ++i, --successes) {
        detector.Report(ids[static_cast<size_t>(endpoint)], true);
      }
    }
  }
  bool FailInARow(int endpoint, int times) {
    bool told = false;
    for (int i = 0; i < times; ++i) told |= detector.Report(ids[static_cast<size_t>(endpoint)], false);
    return told;
  }
  OutlierDetector::Step After(absl::Duration by) {
    now += by;
    return detector.Advance(now);
  }
  std::string EjectedAfter(absl::Duration by) {
    std::string text;
    for (const auto& ejection : After(by).ejected) {
      absl::StrAppend(&text, text.empty() ? "" : ", ", ejection.id, " ", CauseName(ejection.cause), " ",
                      absl::FormatDuration(ejection.until - now));
    }
    return text;
  }

  absl::Time now = kStart;
  std::vector<std::string> ids;
  OutlierDetector detector;
};

BOOST_FIXTURE_TEST_CASE(five_failures_in_a_row_eject_at_once_for_30_s, Fixture) {
  BOOST_TEST(!FailInARow(3, 4));
  BOOST_TEST(EjectedAfter(absl::Seconds(1)) == "");
  BOOST_TEST(FailInARow(3, 1));
  BOOST_TEST(EjectedAfter(absl::ZeroDuration()) == "e3 consecutive failures 30s");
  BOOST_TEST(detector.IsEjected("e3"));
  BOOST_TEST(After(absl::Seconds(29)).returned.empty());
  BOOST_TEST(After(absl::Seconds(1)).returned == std::vector<std::string>{"e3"}, boost::test_tools::per_element());
  BOOST_TEST(!detector.IsEjected("e3"));
}

BOOST_FIXTURE_TEST_CASE(a_success_begins_the_row_anew, Fixture) {
  FailInARow(3, 4);
  detector.Report("e3", true);
  FailInARow(3, 4);
  BOOST_TEST(EjectedAfter(absl::ZeroDuration()) == "");
}

BOOST_FIXTURE_TEST_CASE(what_an_ejected_endpoint_still_answers_counts_nothing, Fixture) {
  FailInARow(3, 5);
  After(absl::ZeroDuration());
  BOOST_TEST(!FailInARow(3, 50));
  After(absl::Seconds(30));
  BOOST_TEST(!FailInARow(3, 4));
  BOOST_TEST(!detector.IsEjected("e3"));
}

BOOST_FIXTURE_TEST_CASE(each_ejection_is_longer_up_to_300_s, Fixture) {
  std::string lengths;
  for (int i = 0; i < 12; ++i) {
    FailInARow(0, 5);
    const OutlierDetector::Step step = After(absl::ZeroDuration());
    BOOST_REQUIRE(step.ejected.size() == 1u);
    absl::StrAppend(&lengths, absl::FormatDuration(step.ejected[0].until - now), " ");
    // Returns between two sweeps, so that none forgives.
    now = step.ejected[0].until;
    detector.Advance(now);
  }
  BOOST_TEST(lengths.substr(0, 4) == "30s ");
  BOOST_TEST(absl::StrContains(lengths, "5m "));
  BOOST_TEST(!absl::StrContains(lengths, "5m30s"));
}

BOOST_FIXTURE_TEST_CASE(serving_well_shortens_the_next_ejection_again, Fixture) {
  FailInARow(0, 5);
  After(absl::ZeroDuration());
  After(absl::Seconds(30));
  for (int i = 0; i < 3; ++i) After(absl::Seconds(10));
  FailInARow(0, 5);
  BOOST_TEST(EjectedAfter(absl::ZeroDuration()) == "e0 consecutive failures 30s");
}

BOOST_AUTO_TEST_CASE(at_most_a_tenth_is_ejected_but_one_may_always_be) {
  struct Case {
    int endpoints;
    size_t ejected;
  };
  for (const Case& c : {Case{1, 0}, Case{2, 1}, Case{5, 1}, Case{10, 1}, Case{19, 1}, Case{20, 2}, Case{100, 10}}) {
    Fixture f(c.endpoints);
    for (int i = 0; i < c.endpoints; ++i) f.FailInARow(i, 5);
    BOOST_TEST(f.After(absl::ZeroDuration()).ejected.size() == c.ejected, c.endpoints);
  }
}

BOOST_AUTO_TEST_CASE(the_last_one_is_never_ejected) {
  Fixture f(3, {.ejection_percent_max = 100});
  for (int i = 0; i < 3; ++i) f.FailInARow(i, 5);
  BOOST_TEST(f.After(absl::ZeroDuration()).ejected.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(whoever_had_to_stay_is_ejected_when_there_is_room, Fixture) {
  FailInARow(0, 5);
  FailInARow(1, 5);
  BOOST_TEST(EjectedAfter(absl::ZeroDuration()) == "e0 consecutive failures 30s");
  BOOST_TEST(EjectedAfter(absl::Seconds(30)) == "e1 consecutive failures 30s");
}

BOOST_FIXTURE_TEST_CASE(the_success_rate_ejects_the_one_far_below_the_others, Fixture) {
  for (int i = 0; i < 10; ++i) Report(i, i == 7 ? 40 : 1, i == 7 ? 60 : 99);
  BOOST_TEST(EjectedAfter(absl::Seconds(9)) == "");
  BOOST_TEST(EjectedAfter(absl::Seconds(1)) == "e7 success rate 30s");
}

BOOST_FIXTURE_TEST_CASE(the_success_rate_spares_what_is_alike, Fixture) {
  for (int i = 0; i < 10; ++i) Report(i, 30 + i, 70 - i);
  BOOST_TEST(EjectedAfter(absl::Seconds(10)) == "");
}

BOOST_AUTO_TEST_CASE(the_success_rate_needs_five_endpoints_with_a_hundred_requests) {
  Fixture few(4);
  for (int i = 0; i < 4; ++i) few.Report(i, i == 0 ? 60 : 0, i == 0 ? 60 : 120);
  BOOST_TEST(few.EjectedAfter(absl::Seconds(10)) == "");
  Fixture idle(10);
  for (int i = 0; i < 10; ++i) idle.Report(i, i == 0 ? 45 : 0, i == 0 ? 54 : 99);
  BOOST_TEST(idle.EjectedAfter(absl::Seconds(10)) == "");
}

BOOST_AUTO_TEST_CASE(the_failure_percentage_ejects_from_85_percent_on) {
  Fixture f(20, {.success_rate = std::nullopt});
  for (int i = 0; i < 20; ++i) f.Report(i, i == 2 ? 85 : i == 3 ? 84 : 0, i == 2 ? 15 : i == 3 ? 16 : 100);
  f.detector.SetOptions({.consecutive_failures = 0, .success_rate = std::nullopt});
  BOOST_TEST(f.EjectedAfter(absl::Seconds(10)) == "e2 failure percentage 30s");
}

BOOST_AUTO_TEST_CASE(the_failure_percentage_needs_fifty_requests) {
  OutlierDetectionOptions options{.consecutive_failures = 0, .success_rate = std::nullopt};
  Fixture f(10, options);
  for (int i = 0; i < 10; ++i) f.Report(i, i == 2 ? 49 : 0, i == 2 ? 0 : 60);
  BOOST_TEST(f.EjectedAfter(absl::Seconds(10)) == "");
}

BOOST_FIXTURE_TEST_CASE(counts_are_of_one_interval, Fixture) {
  for (int i = 0; i < 10; ++i) Report(i, i == 7 ? 20 : 0, i == 7 ? 40 : 60);
  After(absl::Seconds(10));
  for (int i = 0; i < 10; ++i) Report(i, i == 7 ? 20 : 0, i == 7 ? 40 : 60);
  BOOST_TEST(EjectedAfter(absl::Seconds(10)) == "");
}

BOOST_FIXTURE_TEST_CASE(an_endpoint_that_is_gone_takes_its_ejection_with_it, Fixture) {
  FailInARow(0, 5);
  After(absl::ZeroDuration());
  BOOST_TEST(detector.ejected() == 1);
  detector.SetEndpoints({"e1", "e2"});
  BOOST_TEST(detector.ejected() == 0);
  BOOST_TEST(!detector.Report("e0", false));
  detector.SetEndpoints({"e0", "e1", "e2"});
  BOOST_TEST(!detector.IsEjected("e0"));
}

BOOST_FIXTURE_TEST_CASE(next_is_the_sweep_or_a_return_whichever_is_first, Fixture) {
  BOOST_TEST((After(absl::Seconds(3)).next == kStart + absl::Seconds(10)));
  FailInARow(0, 5);
  After(absl::ZeroDuration());
  for (int i = 0; i < 3; ++i) After(absl::Seconds(9));
  BOOST_TEST((After(absl::ZeroDuration()).next == kStart + absl::Seconds(33)));
}

BOOST_AUTO_TEST_CASE(nobody_to_watch_is_nothing_to_do) {
  OutlierDetector detector({});
  BOOST_TEST((detector.Advance(kStart).next == absl::InfiniteFuture()));
}

BOOST_AUTO_TEST_CASE(bad_options_are_refused) {
  const auto invalid = absl::StatusCode::kInvalidArgument;
  BOOST_TEST(IsOk(CheckOutlierDetection({})));
  BOOST_TEST(StatusIs(CheckOutlierDetection({.consecutive_failures = -1}), invalid, "consecutive failures is -1"));
  BOOST_TEST(StatusIs(CheckOutlierDetection({.interval = absl::ZeroDuration()}), invalid, "above zero"));
  BOOST_TEST(StatusIs(CheckOutlierDetection({.ejection_time_max = absl::Seconds(1)}), invalid, "not be shorter"));
  BOOST_TEST(StatusIs(CheckOutlierDetection({.ejection_percent_max = 101}), invalid, "101"));
  BOOST_TEST(StatusIs(CheckOutlierDetection({.success_rate = SuccessRateDetection{.requests_min = 0}}), invalid,
                      "requests to judge by is 0"));
  BOOST_TEST(StatusIs(CheckOutlierDetection({.success_rate = SuccessRateDetection{.stdev_factor = 0}}), invalid,
                      "standard deviation is 0"));
  BOOST_TEST(
      StatusIs(CheckOutlierDetection({.failure_percentage = FailurePercentageDetection{.threshold_percent = 101}}),
               invalid, "failure percentage is 101"));
}

}  // namespace
}  // namespace nubo::lb
