// Everything the region knows, as tables over one batch.
//
// Thread safety: thread-compatible; the region's lock guards it.
#ifndef NUBO_REGION_MODEL_H_
#define NUBO_REGION_MODEL_H_

#include <string>

#include "absl/status/status.h"
#include "nubo/region/store.h"
#include "nubo/region/table.h"
#include "nubo/region/v1/state.pb.h"

namespace nubo::region {

constexpr char kRegionName[] = "us-east-1";
// Of public names: amazonaws.com at AWS; browsers and curl find whatever ends so on their own machine.
constexpr char kPublicDomain[] = "localhost";
constexpr char kAccountId[] = "000000000000";

extern template class Table<v1::StackState>;
extern template class Table<v1::VpcState>;
extern template class Table<v1::SubnetState>;
extern template class Table<v1::PlainState>;
extern template class Table<v1::LaunchTemplateState>;
extern template class Table<v1::InstanceState>;
extern template class Table<v1::GroupState>;
extern template class Table<v1::LoadBalancerState>;
extern template class Table<v1::TargetGroupState>;
extern template class Table<v1::ListenerState>;
extern template class Table<v1::ListenerRuleState>;
extern template class Table<v1::HostedZoneState>;
extern template class Table<v1::RecordSetState>;
extern template class Table<v1::DatabaseState>;
extern template class Table<v1::ServiceState>;
extern template class Table<v1::ImageState>;
extern template class Table<v1::RetainedState>;
extern template class Table<v1::SecretState>;

struct Model {
  // Changes not yet applied to the store. Declared first: the tables write into it.
  Batch batch;

  Table<v1::StackState> stacks{"stacks", batch};
  Table<v1::VpcState> vpcs{"vpcs", batch};
  Table<v1::SubnetState> subnets{"subnets", batch};
  Table<v1::PlainState> plain{"plain", batch};
  Table<v1::LaunchTemplateState> launch_templates{"launch-templates", batch};
  Table<v1::InstanceState> instances{"instances", batch};
  Table<v1::GroupState> groups{"groups", batch};
  Table<v1::LoadBalancerState> load_balancers{"load-balancers", batch};
  Table<v1::TargetGroupState> target_groups{"target-groups", batch};
  Table<v1::ListenerState> listeners{"listeners", batch};
  Table<v1::ListenerRuleState> rules{"rules", batch};
  Table<v1::HostedZoneState> zones{"zones", batch};
  Table<v1::RecordSetState> records{"records", batch};
  Table<v1::DatabaseState> databases{"databases", batch};
  Table<v1::ServiceState> services{"services", batch};
  Table<v1::ImageState> images{"images", batch};
  Table<v1::SecretState> secrets{"secrets", batch};
  Table<v1::RetainedState> retained{"retained", batch};

  // As Store::List. What is damaged is in `damage`, and the rest is read.
  absl::Status Load(Store& store, Damage& damage);
};

// "arn:aws:SERVICE:us-east-1:000000000000:REST".
std::string Arn(const std::string& service, const std::string& rest);

}  // namespace nubo::region

#endif  // NUBO_REGION_MODEL_H_
