#include "nubo/metadata_server/metrics.h"

#include <cstdint>

#include "absl/strings/str_cat.h"

namespace nubo::metadata_server {
namespace {

namespace v1 = nubo::metadata::v1;
using base::MetricLabels;
using base::Metrics;
using base::With;

void ShowCounters(const v1::Counters& counters, const MetricLabels& labels, Metrics& metrics) {
  const auto responses = [&](const char* code, uint64_t count) {
    ShowCounter(metrics, "nubo_metadata_responses_total", "Responses, by their status.", With(labels, {{"code", code}}),
                count);
  };
  responses("200", counters.ok());
  responses("400", counters.bad_request());
  responses("401", counters.unauthorized());
  responses("403", counters.forbidden());
  responses("404", counters.not_found());
  responses("405", counters.not_allowed());
  responses("503", counters.throttled());
  ShowCounter(metrics, "nubo_metadata_tokens_total", "Session tokens that were given out.", labels,
              counters.tokens_issued());
  ShowCounter(metrics, "nubo_metadata_unknown_sources_total", "Requests from addresses that are no instance's.", labels,
              counters.unknown_sources());
  ShowCounter(metrics, "nubo_metadata_connections_total", "Connections that were accepted.", labels,
              counters.connections());
  ShowCounter(metrics, "nubo_metadata_connections_closed_total",
              "Connections that were closed to make room for others.", labels, counters.connections_closed());
}

}  // namespace

void ShowStatus(const v1::Status& status, const MetricLabels& labels, Metrics& metrics) {
  ShowGauge(metrics, "nubo_metadata_configuration_refused", "1 while the last configuration is not the one in force.",
            labels, status.error().empty() ? 0 : 1);
  ShowGauge(metrics, "nubo_metadata_configuration_left_out",
            "Instances, addresses and listeners of the configuration that cannot be served.", labels,
            status.refused_count());
  ShowGauge(metrics, "nubo_metadata_instances", "Instances that are answered.", labels, status.instances());
  ShowCounters(status.counters(), labels, metrics);
  for (const v1::ListenerStatus& listener : status.listeners()) {
    ShowGauge(
        metrics, "nubo_metadata_listener_up", "1 for an address that is answered on.",
        With(labels, {{"vpc", listener.vpc_id()}, {"ip", listener.ip()}, {"port", absl::StrCat(listener.port())}}),
        listener.error().empty() ? 1 : 0);
  }
}

std::string MetricsText(const v1::Status& status) {
  Metrics metrics;
  base::ShowRefused(metrics);
  ShowStatus(status, {}, metrics);
  return metrics.Exposition();
}

}  // namespace nubo::metadata_server
