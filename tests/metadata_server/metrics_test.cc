// What Prometheus reads of a metadata service.
#include "nubo/metadata_server/metrics.h"

#include <google/protobuf/text_format.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace nubo::metadata_server {
namespace {

constexpr char kStatus[] = R"(
  listeners { vpc_id: "vpc-1" ip: "169.254.169.254" port: 80 }
  listeners { vpc_id: "vpc-2" ip: "fd00:ec2::254" port: 80 error: "no such network" }
  instances: 3
  refused_count: 2
  counters { ok: 1 bad_request: 2 unauthorized: 3 forbidden: 4 not_found: 5 not_allowed: 6 throttled: 7
             tokens_issued: 8 unknown_sources: 9 connections: 10 connections_closed: 11 }
)";

nubo::metadata::v1::Status Status() {
  nubo::metadata::v1::Status status;
  BOOST_REQUIRE(google::protobuf::TextFormat::ParseFromString(kStatus, &status));
  return status;
}

bool Shows(const std::string& text, const std::string& line) {
  return absl::StrContains(absl::StrCat("\n", text), absl::StrCat("\n", line, "\n"));
}

BOOST_AUTO_TEST_CASE(all_that_the_status_says_is_shown) {
  const std::string text = MetricsText(Status());
  for (const char* line : {
           "# TYPE nubo_metadata_responses_total counter",
           "# TYPE nubo_metadata_instances gauge",
           "nubo_metadata_configuration_left_out 2",
           "nubo_metadata_configuration_refused 0",
           "nubo_metadata_connections_closed_total 11",
           "nubo_metadata_connections_total 10",
           "nubo_metadata_instances 3",
           "nubo_metadata_listener_up{ip=\"169.254.169.254\",port=\"80\",vpc=\"vpc-1\"} 1",
           "nubo_metadata_listener_up{ip=\"fd00:ec2::254\",port=\"80\",vpc=\"vpc-2\"} 0",
           "nubo_metadata_responses_total{code=\"200\"} 1",
           "nubo_metadata_responses_total{code=\"400\"} 2",
           "nubo_metadata_responses_total{code=\"401\"} 3",
           "nubo_metadata_responses_total{code=\"403\"} 4",
           "nubo_metadata_responses_total{code=\"404\"} 5",
           "nubo_metadata_responses_total{code=\"405\"} 6",
           "nubo_metadata_responses_total{code=\"503\"} 7",
           "nubo_metadata_tokens_total 8",
           "nubo_metadata_unknown_sources_total 9",
           "nubo_metrics_refused_series 0",
       }) {
    BOOST_TEST(Shows(text, line), line << " is not in\n" << text);
  }
}

BOOST_AUTO_TEST_CASE(a_refused_configuration_is_shown) {
  nubo::metadata::v1::Status status = Status();
  status.set_error("no key");
  BOOST_TEST(Shows(MetricsText(status), "nubo_metadata_configuration_refused 1"));
}

}  // namespace
}  // namespace nubo::metadata_server
