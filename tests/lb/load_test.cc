#include "nubo/lb/load.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <utility>

#include "nubo/lb/latency_by_load.h"

namespace nubo::lb {
namespace {

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(1);

// A call that took `latency` and ended at `end`.
void Took(const std::shared_ptr<Load>& load, absl::Duration latency, absl::Time end) {
  Call(load, end - latency).Finish(Call::Outcome::kSuccess, end);
}

BOOST_AUTO_TEST_CASE(load_counts_calls_and_averages_latency) {
  auto load = std::make_shared<Load>();
  BOOST_TEST(!load->latency().has_value());
  Call first(load, kNow);
  Call second(load, kNow);
  BOOST_TEST(load->in_flight() == 2);
  first.Finish(Call::Outcome::kSuccess, kNow + absl::Milliseconds(80));
  first.Finish(Call::Outcome::kError, kNow);
  BOOST_TEST((load->latency() == absl::Milliseconds(80)));
  second.Finish(Call::Outcome::kSuccess, kNow + absl::Milliseconds(160));
  BOOST_TEST((load->latency() == absl::Milliseconds(90)));
  BOOST_TEST(load->in_flight() == 0);
  BOOST_TEST(load->calls() == 2u);
  BOOST_TEST(load->errors() == 0u);
}

BOOST_AUTO_TEST_CASE(a_call_gives_back_what_it_took_however_it_ends) {
  auto load = std::make_shared<Load>();
  {
    Call dropped(load, kNow);
    Call failed(load, kNow);
    failed.Finish(Call::Outcome::kError, kNow);
    Call moved = std::move(dropped);
    BOOST_TEST(!dropped.active());
    moved = Call(load, kNow);
    BOOST_TEST(load->in_flight() == 1);
  }
  BOOST_TEST(load->in_flight() == 0);
  BOOST_TEST(load->errors() == 1u);
  BOOST_TEST(!load->latency().has_value());
}

// Finagle's: a worse sample counts whole and at once; a better one as much as time has passed, w = exp(-t / 10 s).
BOOST_AUTO_TEST_CASE(the_peak_jumps_up_and_comes_down_by_the_time_that_passed) {
  auto load = std::make_shared<Load>();
  BOOST_TEST(load->PeakLatency(kNow) == 0);
  Took(load, absl::Milliseconds(10), kNow);
  BOOST_TEST(load->PeakLatency(kNow) == 10e6);
  Took(load, absl::Milliseconds(100), kNow + absl::Seconds(1));
  BOOST_TEST(load->PeakLatency(kNow + absl::Seconds(1)) == 100e6);
  Took(load, absl::Milliseconds(20), kNow + absl::Seconds(11));
  const double w = std::exp(-1.0);
  BOOST_TEST(load->PeakLatency(kNow + absl::Seconds(11)) == 100e6 * w + 20e6 * (1 - w),
             boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(the_peak_fades_while_nothing_is_sent) {
  auto load = std::make_shared<Load>();
  Took(load, absl::Milliseconds(80), kNow);
  for (const double seconds : {0.0, 5.0, 10.0, 60.0}) {
    BOOST_TEST(load->PeakLatency(kNow + absl::Seconds(seconds)) == 80e6 * std::exp(-seconds / 10),
               boost::test_tools::tolerance(1e-9));
  }
  BOOST_TEST(load->PeakLatency(absl::InfinitePast()) == 80e6);
}

BOOST_AUTO_TEST_CASE(samples_out_of_order_do_no_harm) {
  auto load = std::make_shared<Load>();
  Took(load, absl::Milliseconds(10), kNow);
  Took(load, absl::Milliseconds(4), kNow - absl::Seconds(3));
  Took(load, absl::Milliseconds(-7), kNow);
  BOOST_TEST(load->PeakLatency(kNow) >= 0);
  BOOST_TEST(load->PeakLatency(kNow) <= 10e6);
}

BOOST_AUTO_TEST_CASE(latency_is_told_by_how_many_requests_a_request_met) {
  auto load = std::make_shared<Load>();
  BOOST_TEST(load->LatencyAt(3, kNow) == 0);
  Call first(load, kNow);
  Call second(load, kNow);
  Call third(load, kNow);
  const absl::Time end = kNow + absl::Milliseconds(30);
  first.Finish(Call::Outcome::kSuccess, kNow + absl::Milliseconds(10));
  third.Finish(Call::Outcome::kSuccess, end);
  second.Finish(Call::Outcome::kSuccess, end - absl::Milliseconds(10));
  BOOST_TEST(load->LatencyAt(0, end) == 10e6, boost::test_tools::tolerance(0.01));
  BOOST_TEST(load->LatencyAt(1, end) == 20e6, boost::test_tools::tolerance(0.01));
  BOOST_TEST(load->LatencyAt(2, end) == 30e6, boost::test_tools::tolerance(0.01));
  // The nearest that is known.
  BOOST_TEST(load->LatencyAt(50, end) == 30e6, boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_CASE(steps_of_latency_are_two_to_each_power_of_two) {
  struct Case {
    int64_t in_flight, same, next;
  };
  for (const Case& c : {Case{0, 0, 1}, {1, 1, 2}, {3, 3, 4}, {4, 5, 6}, {6, 7, 8}, {8, 11, 12}, {12, 15, 16}}) {
    LatencyByLoad latency;
    latency.Add(c.in_flight, 100, 0);
    latency.Add(c.next, 900, 0);
    BOOST_TEST(latency.At(c.same, 0) == 100, c.in_flight);
    BOOST_TEST(latency.At(c.next, 0) == 900, c.in_flight);
  }
  LatencyByLoad far;
  far.Add(std::numeric_limits<int64_t>::max(), 7, 0);
  far.Add(-1, 5, 0);
  BOOST_TEST(far.At(1'000'000, 0) == 7);
  BOOST_TEST(far.At(0, 0) == 5);
}

BOOST_AUTO_TEST_CASE(reports_are_averaged_and_nonsense_is_passed_over) {
  Load load;
  BOOST_TEST(load.report().qps == 0);
  load.Report({.qps = 100, .eps = 0, .utilization = 0.5}, kNow);
  BOOST_TEST(load.report().qps == 100);
  load.Report({.qps = 200, .eps = 10, .utilization = 1}, kNow + Load::kReportDecay);
  const double w = std::exp(-1.0);
  BOOST_TEST(load.report().qps == 100 * w + 200 * (1 - w), boost::test_tools::tolerance(1e-9));
  BOOST_TEST(load.report().eps == 10 * (1 - w), boost::test_tools::tolerance(1e-9));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const absl::Time later = kNow + absl::Minutes(1);
  for (const LoadReport& bad : {LoadReport{nan, 0, 1}, {1, nan, 1}, {1, 0, nan}, {0, 0, 1}, {1, 0, 0}, {1, -1, 1}}) {
    load.Report(bad, later);
  }
  BOOST_TEST((load.reported_at() == kNow + Load::kReportDecay));
  BOOST_TEST((load.reporting_since() == kNow));
}

BOOST_AUTO_TEST_CASE(after_a_long_silence_reports_begin_anew) {
  Load load;
  load.Report({.qps = 100, .utilization = 0.5}, kNow);
  const absl::Time later = kNow + Load::kReportExpiry;
  load.Report({.qps = 7, .utilization = 0.5}, later);
  BOOST_TEST(load.report().qps == 7);
  BOOST_TEST((load.reporting_since() == later));
}

}  // namespace
}  // namespace nubo::lb
