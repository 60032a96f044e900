// What Prometheus reads of a DNS server.
#include "nubo/dns_server/metrics.h"

#include <google/protobuf/text_format.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/match.h"

namespace nubo::dns_server {
namespace {

constexpr char kStatus[] = R"(
  listeners { ip: "127.0.0.1" port: 10053 }
  listeners { ip: "::1" port: 53 error: "permission denied" }
  zones: 3
  refused_count: 2
  counters { udp_queries: 10 tcp_queries: 1 no_error: 5 nx_domain: 4 refused: 3 server_failure: 2 other_errors: 1
             truncated: 6 dropped: 7 tcp_connections: 8 log_lines_dropped: 9 }
)";

nubo::dns::v1::Status Status() {
  nubo::dns::v1::Status status;
  BOOST_REQUIRE(google::protobuf::TextFormat::ParseFromString(kStatus, &status));
  return status;
}

bool Shows(const std::string& text, const std::string& line) { return absl::StrContains(text, "\n" + line + "\n"); }

BOOST_AUTO_TEST_CASE(all_that_the_status_says_is_shown) {
  const std::string text = MetricsText(Status());
  for (const char* line : {
           "# TYPE nubo_dns_queries_total counter",
           "# TYPE nubo_dns_zones gauge",
           "nubo_dns_configuration_left_out 2",
           "nubo_dns_configuration_refused 0",
           "nubo_dns_dropped_packets_total 7",
           "nubo_dns_listener_up{ip=\"127.0.0.1\",port=\"10053\"} 1",
           "nubo_dns_listener_up{ip=\"::1\",port=\"53\"} 0",
           "nubo_dns_log_lines_dropped_total 9",
           "nubo_dns_queries_total{transport=\"tcp\"} 1",
           "nubo_dns_queries_total{transport=\"udp\"} 10",
           "nubo_dns_responses_total{code=\"NOERROR\"} 5",
           "nubo_dns_responses_total{code=\"NXDOMAIN\"} 4",
           "nubo_dns_responses_total{code=\"REFUSED\"} 3",
           "nubo_dns_responses_total{code=\"SERVFAIL\"} 2",
           "nubo_dns_responses_total{code=\"other\"} 1",
           "nubo_dns_tcp_connections_total 8",
           "nubo_dns_truncated_responses_total 6",
           "nubo_dns_zones 3",
           "nubo_metrics_refused_series 0",
       }) {
    BOOST_TEST(Shows("\n" + text, line), line << " is not in\n" << text);
  }
}

BOOST_AUTO_TEST_CASE(a_refused_configuration_is_shown) {
  nubo::dns::v1::Status status = Status();
  status.set_error("not a configuration");
  base::Metrics metrics;
  ShowStatus(status, {{"service", "dns"}}, metrics);
  BOOST_TEST(Shows("\n" + metrics.Exposition(), "nubo_dns_configuration_refused{service=\"dns\"} 1"));
}

}  // namespace
}  // namespace nubo::dns_server
