// What a load balancer says of itself, for Prometheus. docs/metrics.md names every metric.
//
// Thread safety: free functions.
#ifndef NUBO_PROXY_METRICS_H_
#define NUBO_PROXY_METRICS_H_

#include <string>

#include "nubo/base/metrics.h"
#include "nubo/proxy/v1/proxy.pb.h"

namespace nubo::proxy {

// Adds the series of one load balancer, each with `labels`.
void ShowStatus(const v1::Status& status, const base::MetricLabels& labels, base::Metrics& metrics);

// All there is to say of one, in Prometheus' exposition format.
std::string MetricsText(const v1::Status& status);

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_METRICS_H_
