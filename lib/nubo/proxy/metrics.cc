#include "nubo/proxy/metrics.h"

#include <cstdint>
#include <utility>

#include "absl/strings/string_view.h"
#include "nubo/lb/target_health.h"

namespace nubo::proxy {
namespace {

using base::MetricLabels;
using base::Metrics;
using base::With;
using lb::TargetState;

constexpr TargetState kStates[] = {TargetState::kInitial,  TargetState::kHealthy, TargetState::kUnhealthy,
                                   TargetState::kDraining, TargetState::kUnused,  TargetState::kUnavailable};

void ShowCounters(const v1::Counters& counters, const MetricLabels& labels, Metrics& metrics) {
  const auto responses = [&](const char* code_class, uint64_t count) {
    ShowCounter(metrics, "nubo_proxy_responses_total", "Responses to clients, by the class of their status code.",
                With(labels, {{"class", code_class}}), count);
  };
  ShowCounter(metrics, "nubo_proxy_requests_total", "Requests of clients.", labels, counters.requests());
  responses("2xx", counters.responses_2xx());
  responses("3xx", counters.responses_3xx());
  responses("4xx", counters.responses_4xx());
  responses("5xx", counters.responses_5xx());
  ShowCounter(metrics, "nubo_proxy_own_5xx_responses_total",
              "Responses of class 5xx that the load balancer made itself; they are among all responses, too.", labels,
              counters.responses_5xx_own());
  ShowCounter(metrics, "nubo_proxy_retries_total", "Attempts after the first of a request.", labels,
              counters.retries());
  ShowCounter(metrics, "nubo_proxy_received_bytes_total", "Bytes of requests that have ended, heads and bodies.",
              labels, counters.received_bytes());
  ShowCounter(metrics, "nubo_proxy_sent_bytes_total", "Bytes of the responses to them, heads and bodies.", labels,
              counters.sent_bytes());
  ShowCounter(metrics, "nubo_proxy_log_lines_dropped_total",
              "Lines of the access log that could not be written as fast as they came.", labels,
              counters.log_lines_dropped());
  ShowGauge(metrics, "nubo_proxy_client_connections", "Open connections of clients.", labels,
            counters.connections_open());
}

void ShowTarget(const v1::TargetStatus& target, const MetricLabels& labels, Metrics& metrics) {
  const MetricLabels group = With(labels, {{"target_group", target.target_group_id()}});
  for (const TargetState state : kStates) {
    const absl::string_view name = lb::StateName(state);
    ShowGauge(metrics, "nubo_proxy_targets", "Targets, by their state.", With(group, {{"state", std::string(name)}}),
              target.state() == name ? 1 : 0);
  }
  const MetricLabels one = With(group, {{"target", target.target_id()}});
  ShowCounter(metrics, "nubo_proxy_target_requests_total", "Requests that were sent to the target.", one,
              target.requests());
  ShowCounter(metrics, "nubo_proxy_target_errors_total", "Those of them that failed.", one, target.errors());
  ShowGauge(metrics, "nubo_proxy_target_requests_in_flight", "Requests that the target has not answered yet.", one,
            target.requests_in_flight());
  ShowGauge(metrics, "nubo_proxy_target_ejected", "1 for a healthy target that takes a rest, having failed often.", one,
            target.ejected() ? 1 : 0);
  if (target.latency_us() == 0) return;
  ShowGauge(metrics, "nubo_proxy_target_latency_seconds", "An average over the target's last answers.", one,
            static_cast<double>(target.latency_us()) / 1e6);
}

}  // namespace

void ShowStatus(const v1::Status& status, const MetricLabels& labels, Metrics& metrics) {
  ShowGauge(metrics, "nubo_proxy_configuration_refused", "1 while the last configuration is not the one in force.",
            labels, status.error().empty() ? 0 : 1);
  ShowCounters(status.counters(), labels, metrics);
  for (const v1::ListenerStatus& listener : status.listeners()) {
    ShowGauge(metrics, "nubo_proxy_listener_up", "1 for a listener that listens on all its addresses.",
              With(labels, {{"listener", listener.id()}}), listener.error().empty() ? 1 : 0);
  }
  for (const v1::TargetStatus& target : status.targets()) ShowTarget(target, labels, metrics);
}

std::string MetricsText(const v1::Status& status) {
  Metrics metrics;
  base::ShowRefused(metrics);
  ShowStatus(status, {}, metrics);
  return metrics.Exposition();
}

}  // namespace nubo::proxy
