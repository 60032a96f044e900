// What is counted, and how it is written for Prometheus.
#include "nubo/base/metrics.h"

#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::base {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
constexpr absl::StatusCode kExists = absl::StatusCode::kAlreadyExists;

BOOST_AUTO_TEST_CASE(nothing_counted_is_an_empty_text) { BOOST_TEST(Metrics().Exposition() == ""); }

BOOST_AUTO_TEST_CASE(series_are_in_the_order_of_names_and_labels) {
  Metrics metrics;
  ShowCounter(metrics, "b_total", "Second.", {{"zone", "b"}, {"code", "2"}}, 2);
  ShowGauge(metrics, "c", "Third.", {}, -1.5);
  ShowCounter(metrics, "b_total", "Second.", {{"code", "1"}, {"zone", "a"}}, 1);
  ShowTime(metrics, "a_seconds_total", "First.", {}, absl::Milliseconds(1500));
  BOOST_TEST(metrics.Exposition() ==
             "# HELP a_seconds_total First.\n"
             "# TYPE a_seconds_total counter\n"
             "a_seconds_total 1.5\n"
             "# HELP b_total Second.\n"
             "# TYPE b_total counter\n"
             "b_total{code=\"1\",zone=\"a\"} 1\n"
             "b_total{code=\"2\",zone=\"b\"} 2\n"
             "# HELP c Third.\n"
             "# TYPE c gauge\n"
             "c -1.5\n");
  BOOST_TEST(metrics.refused() == 0u);
}

BOOST_AUTO_TEST_CASE(what_would_end_a_line_or_a_value_is_escaped) {
  Metrics metrics;
  ShowGauge(metrics, "g", "A \\ and a \"quote\"\nin two lines.", {{"path", "C:\\\"x\"\n"}}, 1);
  BOOST_TEST(metrics.Exposition() ==
             "# HELP g A \\\\ and a \"quote\"\\nin two lines.\n"
             "# TYPE g gauge\n"
             "g{path=\"C:\\\\\\\"x\\\"\\n\"} 1\n");
}

BOOST_AUTO_TEST_CASE(numbers_are_whole_shortest_or_named) {
  const auto shown = [](double value) {
    Metrics metrics;
    ShowGauge(metrics, "g", "", {}, value);
    const std::string text = metrics.Exposition();
    return text.substr(text.rfind(' ') + 1);
  };
  BOOST_TEST(shown(0) == "0\n");
  BOOST_TEST(shown(12000000) == "12000000\n");
  BOOST_TEST(shown(0.1) == "0.1\n");
  BOOST_TEST(shown(1e300) == "1e+300\n");
  BOOST_TEST(shown(std::numeric_limits<double>::infinity()) == "+Inf\n");
  BOOST_TEST(shown(-std::numeric_limits<double>::infinity()) == "-Inf\n");
  BOOST_TEST(shown(std::numeric_limits<double>::quiet_NaN()) == "NaN\n");
  Metrics metrics;
  ShowCounter(metrics, "c_total", "", {}, std::numeric_limits<uint64_t>::max());
  BOOST_TEST(absl::StrContains(metrics.Exposition(), "c_total 18446744073709551615\n"));
}

BOOST_AUTO_TEST_CASE(a_time_counter_takes_no_nonsense) {
  TimeCounter time;
  time.Add(absl::Seconds(2));
  time.Add(-absl::Seconds(5));
  time.Add(absl::InfiniteDuration());
  BOOST_TEST((time.value() == absl::Seconds(2)));
}

BOOST_AUTO_TEST_CASE(a_gauge_is_set_and_changed) {
  Metrics metrics;
  const auto gauge = metrics.AddGauge("connections", "Open ones.");
  BOOST_REQUIRE(IsOk(gauge));
  (*gauge)->Set(7);
  (*gauge)->Add(-3);
  BOOST_TEST((*gauge)->value() == 4);
}

BOOST_AUTO_TEST_CASE(a_gauge_with_a_function_is_asked_each_time) {
  Metrics metrics;
  int asked = 0;
  BOOST_TEST(IsOk(metrics.AddGaugeFunction("g", "", {}, [&] { return ++asked; })));
  BOOST_TEST(absl::EndsWith(metrics.Exposition(), "g 1\n"));
  BOOST_TEST(absl::EndsWith(metrics.Exposition(), "g 2\n"));
}

BOOST_AUTO_TEST_CASE(a_function_may_add_a_series) {
  Metrics metrics;
  const auto read = [&] {
    ShowGauge(metrics, "late", "", {}, 1);
    return 0;
  };
  BOOST_TEST(IsOk(metrics.AddGaugeFunction("g", "", {}, read)));
  BOOST_TEST(!absl::StrContains(metrics.Exposition(), "late"));
  BOOST_TEST(absl::EndsWith(metrics.Exposition(), "late 2\n"));
}

BOOST_AUTO_TEST_CASE(names_follow_the_rules_of_prometheus) {
  for (const char* good : {"a", "_a9", "A:b_c", ":x"}) {
    Metrics metrics;
    BOOST_TEST(IsOk(metrics.AddCounter(good, "")), good);
  }
  for (const char* bad : {"", "9a", "a-b", "a b", "a.b", "ä", "a\n"}) {
    Metrics metrics;
    BOOST_TEST(StatusIs(metrics.AddCounter(bad, ""), kInvalid, "is no name of a metric"), bad);
    BOOST_TEST(StatusIs(metrics.AddGauge("a", "", {{bad, "x"}}), kInvalid, "is no name of a label, for a"), bad);
    BOOST_TEST(metrics.Exposition() == "");
    BOOST_TEST(metrics.refused() == 2u);
  }
  Metrics metrics;
  BOOST_TEST(StatusIs(metrics.AddGauge("a", "", {{"b:c", ""}}), kInvalid));
  BOOST_TEST(StatusIs(metrics.AddGauge("a", "", {{"__name", ""}}), kInvalid));
  BOOST_TEST(IsOk(metrics.AddGauge("a", "", {{"_name", ""}})));
}

BOOST_AUTO_TEST_CASE(labels_are_bounded_and_different) {
  Metrics metrics;
  MetricLabels labels;
  for (size_t i = 0; i < Metrics::kLabelsMax; ++i) labels.push_back({absl::StrCat("l", i), ""});
  BOOST_TEST(IsOk(metrics.AddCounter("a_total", "", labels)));
  labels.push_back({"l", ""});
  BOOST_TEST(StatusIs(metrics.AddCounter("a_total", "", labels), kInvalid, "a_total has 9 labels; at most 8"));
  const MetricLabels twice = {{"x", "1"}, {"y", ""}, {"x", "2"}};
  BOOST_TEST(StatusIs(metrics.AddCounter("a_total", "", twice), kInvalid, "has the label x twice"));
}

BOOST_AUTO_TEST_CASE(the_same_series_is_the_same_counter) {
  Metrics metrics;
  const auto first = metrics.AddCounter("a_total", "", {{"x", "1"}, {"y", "2"}});
  const auto again = metrics.AddCounter("a_total", "", {{"y", "2"}, {"x", "1"}});
  const auto other = metrics.AddCounter("a_total", "", {{"x", "1"}, {"y", "3"}});
  BOOST_REQUIRE(IsOk(first));
  BOOST_REQUIRE(IsOk(again));
  BOOST_REQUIRE(IsOk(other));
  BOOST_TEST(*first == *again);
  BOOST_TEST(*first != *other);
}

BOOST_AUTO_TEST_CASE(a_name_has_one_type_and_one_help) {
  Metrics metrics;
  BOOST_TEST(IsOk(metrics.AddCounter("a", "What it is.")));
  BOOST_TEST(StatusIs(metrics.AddGauge("a", "What it is.", {{"x", ""}}), kExists, "a has another type"));
  BOOST_TEST(StatusIs(metrics.AddTimeCounter("a", "What it is."), kExists, "a has another type"));
  BOOST_TEST(StatusIs(metrics.AddCounter("a", "Else.", {{"x", ""}}), kExists, "another help: What it is."));
  const auto read = [] { return 0.0; };
  BOOST_TEST(IsOk(metrics.AddGauge("g", "")));
  BOOST_TEST(StatusIs(metrics.AddGaugeFunction("g", "", {}, read), kExists, "g is there already"));
  BOOST_TEST(IsOk(metrics.AddGaugeFunction("g", "", {{"x", "1"}}, read)));
  BOOST_TEST(StatusIs(metrics.AddGaugeFunction("g", "", {{"x", "1"}}, read), kExists));
  BOOST_TEST(StatusIs(metrics.AddGauge("g", "", {{"x", "1"}}), kExists, "g{x=\"1\"} is there already"));
}

BOOST_AUTO_TEST_CASE(past_the_bound_what_is_new_is_refused_and_what_is_there_counts_on) {
  Metrics metrics;
  for (size_t i = 0; i < Metrics::kSeriesMax; ++i) ShowCounter(metrics, "a_total", "", {{"i", absl::StrCat(i)}}, 1);
  BOOST_TEST(metrics.refused() == 0u);
  BOOST_TEST(StatusIs(metrics.AddCounter("a_total", "", {{"i", "x"}}), absl::StatusCode::kResourceExhausted,
                      "there are 10000 series already: no room for a_total{i=\"x\"}"));
  BOOST_TEST(StatusIs(metrics.AddGauge("b", ""), absl::StatusCode::kResourceExhausted));
  ShowGauge(metrics, "b", "", {}, 1);
  BOOST_TEST(metrics.refused() == 3u);
  ShowCounter(metrics, "a_total", "", {{"i", "7"}}, 1);
  const std::string text = metrics.Exposition();
  BOOST_TEST(absl::StrContains(text, "a_total{i=\"7\"} 2\n"));
  BOOST_TEST(!absl::StrContains(text, "\"x\""));
  BOOST_TEST(!absl::StrContains(text, "b"));
}

BOOST_AUTO_TEST_CASE(what_was_refused_can_be_shown) {
  Metrics metrics;
  ShowRefused(metrics);
  ShowGauge(metrics, "no-name", "", {}, 1);
  BOOST_TEST(absl::EndsWith(metrics.Exposition(), "\nnubo_metrics_refused_series 1\n"));
}

BOOST_AUTO_TEST_CASE(threads_count_and_add_while_it_is_read) {
  constexpr int kThreads = 4;
  constexpr int kTimes = 2000;
  Metrics metrics;
  const auto shared = metrics.AddCounter("shared_total", "");
  BOOST_REQUIRE(IsOk(shared));
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTimes; ++i) {
        (*shared)->Add();
        ShowGauge(metrics, "own", "", {{"series", absl::StrCat(t, "-", i % 50)}}, 1);
        ShowTime(metrics, "time_seconds_total", "", {}, absl::Seconds(1));
      }
    });
  }
  uint64_t last = 0;
  while (last < kThreads * kTimes) {
    const std::string text = metrics.Exposition();
    const size_t at = text.find("\nshared_total ");
    BOOST_REQUIRE(at != std::string::npos);
    const uint64_t now = std::stoull(text.substr(at + 14));
    BOOST_REQUIRE(now >= last);
    last = now;
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST((*shared)->value() == static_cast<uint64_t>(kThreads * kTimes));
  const std::string text = metrics.Exposition();
  BOOST_TEST(absl::StrContains(text, "own{series=\"3-49\"} 40\n"));
  BOOST_TEST(absl::StrContains(text, "time_seconds_total 8000\n"));
  BOOST_TEST(metrics.refused() == 0u);
}

}  // namespace
}  // namespace nubo::base
