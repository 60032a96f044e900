// What a DNS server says of itself, for Prometheus. docs/metrics.md names every metric.
//
// Thread safety: free functions.
#ifndef NUBO_DNS_SERVER_METRICS_H_
#define NUBO_DNS_SERVER_METRICS_H_

#include <string>

#include "nubo/base/metrics.h"
#include "nubo/dns/v1/dns.pb.h"

namespace nubo::dns_server {

// Adds the series of one server, each with `labels`.
void ShowStatus(const nubo::dns::v1::Status& status, const base::MetricLabels& labels, base::Metrics& metrics);

// All there is to say of one, in Prometheus' exposition format.
std::string MetricsText(const nubo::dns::v1::Status& status);

}  // namespace nubo::dns_server

#endif  // NUBO_DNS_SERVER_METRICS_H_
