// What Prometheus reads of a load balancer.
#include "nubo/proxy/metrics.h"

#include <google/protobuf/text_format.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/match.h"

namespace nubo::proxy {
namespace {

constexpr char kStatus[] = R"(
  listeners { id: "web" }
  listeners { id: "broken" error: "in use" }
  targets { target_group_id: "tg" target_id: "i-1" state: "healthy" requests: 5 errors: 1 requests_in_flight: 2
            latency_us: 1500 }
  targets { target_group_id: "tg" target_id: "i-2" state: "healthy" ejected: true }
  targets { target_group_id: "tg" target_id: "i-3" state: "draining" }
  counters { requests: 10 responses_2xx: 4 responses_3xx: 3 responses_4xx: 2 responses_5xx: 1 responses_5xx_own: 1
             retries: 6 connections_open: 7 log_lines_dropped: 8 received_bytes: 900 sent_bytes: 1000 }
)";

v1::Status Status() {
  v1::Status status;
  BOOST_REQUIRE(google::protobuf::TextFormat::ParseFromString(kStatus, &status));
  return status;
}

bool Shows(const std::string& text, const std::string& line) { return absl::StrContains(text, "\n" + line + "\n"); }

BOOST_AUTO_TEST_CASE(all_that_the_status_says_is_shown) {
  const std::string text = MetricsText(Status());
  for (const char* line : {
           "# TYPE nubo_proxy_requests_total counter",
           "# TYPE nubo_proxy_targets gauge",
           "nubo_metrics_refused_series 0",
           "nubo_proxy_client_connections 7",
           "nubo_proxy_configuration_refused 0",
           "nubo_proxy_listener_up{listener=\"broken\"} 0",
           "nubo_proxy_listener_up{listener=\"web\"} 1",
           "nubo_proxy_log_lines_dropped_total 8",
           "nubo_proxy_own_5xx_responses_total 1",
           "nubo_proxy_received_bytes_total 900",
           "nubo_proxy_requests_total 10",
           "nubo_proxy_responses_total{class=\"2xx\"} 4",
           "nubo_proxy_responses_total{class=\"3xx\"} 3",
           "nubo_proxy_responses_total{class=\"4xx\"} 2",
           "nubo_proxy_responses_total{class=\"5xx\"} 1",
           "nubo_proxy_retries_total 6",
           "nubo_proxy_sent_bytes_total 1000",
           "nubo_proxy_target_ejected{target=\"i-1\",target_group=\"tg\"} 0",
           "nubo_proxy_target_ejected{target=\"i-2\",target_group=\"tg\"} 1",
           "nubo_proxy_target_errors_total{target=\"i-1\",target_group=\"tg\"} 1",
           "nubo_proxy_target_latency_seconds{target=\"i-1\",target_group=\"tg\"} 0.0015",
           "nubo_proxy_target_requests_in_flight{target=\"i-1\",target_group=\"tg\"} 2",
           "nubo_proxy_target_requests_total{target=\"i-1\",target_group=\"tg\"} 5",
           "nubo_proxy_targets{state=\"draining\",target_group=\"tg\"} 1",
           "nubo_proxy_targets{state=\"healthy\",target_group=\"tg\"} 2",
           "nubo_proxy_targets{state=\"unhealthy\",target_group=\"tg\"} 0",
       }) {
    BOOST_TEST(Shows(text, line), line << " is not in\n" << text);
  }
  // Nothing is known of it.
  BOOST_TEST(!absl::StrContains(text, "latency_seconds{target=\"i-2\""));
}

BOOST_AUTO_TEST_CASE(a_refused_configuration_is_shown) {
  v1::Status status = Status();
  status.set_error("no such policy");
  BOOST_TEST(Shows(MetricsText(status), "nubo_proxy_configuration_refused 1"));
}

BOOST_AUTO_TEST_CASE(labels_of_the_callers_tell_load_balancers_apart) {
  base::Metrics metrics;
  for (const char* service : {"lb-1", "lb-2"}) ShowStatus(Status(), {{"service", service}}, metrics);
  const std::string text = metrics.Exposition();
  BOOST_TEST(Shows(text, "nubo_proxy_requests_total{service=\"lb-1\"} 10"));
  BOOST_TEST(Shows(text, "nubo_proxy_requests_total{service=\"lb-2\"} 10"));
  BOOST_TEST(Shows(text, "nubo_proxy_targets{service=\"lb-2\",state=\"healthy\",target_group=\"tg\"} 2"));
}

BOOST_AUTO_TEST_CASE(more_targets_than_there_is_room_for_are_counted) {
  v1::Status status = Status();
  for (int i = 0; i < 3000; ++i) {
    v1::TargetStatus* target = status.add_targets();
    target->set_target_group_id("large");
    target->set_target_id("i-" + std::to_string(i));
  }
  const std::string text = MetricsText(status);
  BOOST_TEST(Shows(text, "nubo_proxy_requests_total 10"));
  BOOST_TEST(!Shows(text, "nubo_metrics_refused_series 0"));
}

}  // namespace
}  // namespace nubo::proxy
