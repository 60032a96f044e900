#include "nubo/dns_server/metrics.h"

#include <cstdint>

#include "absl/strings/str_cat.h"

namespace nubo::dns_server {
namespace {

namespace v1 = nubo::dns::v1;
using base::MetricLabels;
using base::Metrics;
using base::With;

void ShowCounters(const v1::Counters& counters, const MetricLabels& labels, Metrics& metrics) {
  const auto queries = [&](const char* transport, uint64_t count) {
    ShowCounter(metrics, "nubo_dns_queries_total", "Queries, by what they came over.",
                With(labels, {{"transport", transport}}), count);
  };
  const auto responses = [&](const char* code, uint64_t count) {
    ShowCounter(metrics, "nubo_dns_responses_total", "Responses, by their code.", With(labels, {{"code", code}}),
                count);
  };
  queries("udp", counters.udp_queries());
  queries("tcp", counters.tcp_queries());
  responses("NOERROR", counters.no_error());
  responses("NXDOMAIN", counters.nx_domain());
  responses("REFUSED", counters.refused());
  responses("SERVFAIL", counters.server_failure());
  responses("other", counters.other_errors());
  ShowCounter(metrics, "nubo_dns_truncated_responses_total", "Responses that were cut short: ask again over TCP.",
              labels, counters.truncated());
  ShowCounter(metrics, "nubo_dns_dropped_packets_total", "Packets that were no query, and got no answer.", labels,
              counters.dropped());
  ShowCounter(metrics, "nubo_dns_tcp_connections_total", "Connections that were accepted.", labels,
              counters.tcp_connections());
  ShowCounter(metrics, "nubo_dns_log_lines_dropped_total",
              "Lines of the query log that could not be written as fast as they came.", labels,
              counters.log_lines_dropped());
}

}  // namespace

void ShowStatus(const v1::Status& status, const MetricLabels& labels, Metrics& metrics) {
  ShowGauge(metrics, "nubo_dns_configuration_refused", "1 while the last configuration is not the one in force.",
            labels, status.error().empty() ? 0 : 1);
  ShowGauge(metrics, "nubo_dns_configuration_left_out",
            "Zones, record sets and listeners of the configuration that cannot be served.", labels,
            status.refused_count());
  ShowGauge(metrics, "nubo_dns_zones", "Zones that are served.", labels, status.zones());
  ShowCounters(status.counters(), labels, metrics);
  for (const v1::ListenerStatus& listener : status.listeners()) {
    ShowGauge(metrics, "nubo_dns_listener_up", "1 for an address that is answered on.",
              With(labels, {{"ip", listener.ip()}, {"port", absl::StrCat(listener.port())}}),
              listener.error().empty() ? 1 : 0);
  }
}

std::string MetricsText(const v1::Status& status) {
  Metrics metrics;
  base::ShowRefused(metrics);
  ShowStatus(status, {}, metrics);
  return metrics.Exposition();
}

}  // namespace nubo::dns_server
