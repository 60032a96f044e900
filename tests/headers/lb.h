// What the examples of lib/nubo/lb use and do not show.
#ifndef TESTS_HEADERS_LB_H_
#define TESTS_HEADERS_LB_H_

#include <memory>
#include <string>
#include <vector>

#include "nubo/lb/hash.h"
#include "nubo/lb/load_reports.h"
#include "nubo/lb/outlier_detector.h"
#include "nubo/lb/policies.h"
#include "nubo/lb/policy.h"
#include "nubo/lb/policy_registry.h"
#include "nubo/lb/prequal.h"
#include "nubo/lb/stickiness.h"
#include "nubo/lb/target_group.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern const lb::PolicyRegistry registry;
extern const lb::EndpointList endpoints;
extern const std::shared_ptr<const lb::Picker> picker;
extern const std::shared_ptr<const lb::Endpoint> endpoint;
extern const std::string session;
extern const std::string host_name;
extern const std::string user_id;
extern const std::string another_target;
extern const std::vector<std::string> ids;
extern const lb::StickinessKey key;
extern const lb::Stickiness options;
extern const lb::PolicyOptions given;
extern lb::RingHashOptions fields;
extern const lb::Target target;
extern const absl::Time later;
extern const absl::Time start;
extern const absl::Time serving_since;

absl::Status Unavailable();
void SendToAnother();
void Apply(const lb::OutlierDetector::Step& step);

// A policy of the reader's own.
class Nearest final : public lb::Policy {
 public:
  absl::string_view name() const override;
  absl::StatusOr<std::shared_ptr<const lb::Picker>> Build(lb::EndpointList endpoints) override;
};

// Something of the reader's own that asks endpoints how they are.
struct Agent {
  std::optional<lb::ProbeAnswer> Ask(const std::string& id);
};
extern Agent agent;

}  // namespace nubo::example

#endif  // TESTS_HEADERS_LB_H_
