// What a metadata service says of itself, for Prometheus. docs/metrics.md names every metric.
//
// Thread safety: free functions.
#ifndef NUBO_METADATA_SERVER_METRICS_H_
#define NUBO_METADATA_SERVER_METRICS_H_

#include <string>

#include "nubo/base/metrics.h"
#include "nubo/metadata/v1/metadata.pb.h"

namespace nubo::metadata_server {

// Adds the series of one service, each with `labels`.
void ShowStatus(const nubo::metadata::v1::Status& status, const base::MetricLabels& labels, base::Metrics& metrics);

// All there is to say of one, in Prometheus' exposition format.
std::string MetricsText(const nubo::metadata::v1::Status& status);

}  // namespace nubo::metadata_server

#endif  // NUBO_METADATA_SERVER_METRICS_H_
