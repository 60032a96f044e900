// Everything the region knows, as tables in one transaction, and what their records are found by beside their ids. What
// of it belongs together is asked of a View (view.h).
//
// Thread safety: thread-compatible; the region's lock guards it.
#ifndef NUBO_REGION_STATE_MODEL_H_
#define NUBO_REGION_STATE_MODEL_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/region/state/index.h"
#include "nubo/region/state/table.h"
#include "nubo/region/state/transaction.h"
#include "nubo/region/v1/state.pb.h"
#include "nubo/store/store.h"

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
  Model();
  ~Model();

  // What is not stored yet. Declared first: the tables write into it.
  Transaction transaction;

  Table<v1::StackState> stacks{"stacks", transaction};
  Table<v1::VpcState> vpcs{"vpcs", transaction};
  Table<v1::SubnetState> subnets{"subnets", transaction};
  Index<v1::SubnetState> subnets_by_vpc;
  Table<v1::PlainState> plain{"plain", transaction};
  Table<v1::LaunchTemplateState> launch_templates{"launch-templates", transaction};
  Table<v1::InstanceState> instances{"instances", transaction};
  Index<v1::InstanceState> instances_by_group;
  Index<v1::InstanceState> instances_by_subnet;
  Index<v1::InstanceState> instances_by_stack;
  Table<v1::GroupState> groups{"groups", transaction};
  Index<v1::GroupState> groups_by_target_group;
  Index<v1::GroupState> groups_by_stack;
  Table<v1::LoadBalancerState> load_balancers{"load-balancers", transaction};
  // In lower case.
  Index<v1::LoadBalancerState> load_balancers_by_dns_name;
  // By the last parts of their ARNs, which name their processes.
  Index<v1::LoadBalancerState> load_balancers_by_token;
  Table<v1::TargetGroupState> target_groups{"target-groups", transaction};
  // By the instances and addresses that are registered by name.
  Index<v1::TargetGroupState> target_groups_by_target;
  Index<v1::TargetGroupState> target_groups_by_stack;
  Table<v1::ListenerState> listeners{"listeners", transaction};
  Index<v1::ListenerState> listeners_by_load_balancer;
  // By those that the default action forwards to.
  Index<v1::ListenerState> listeners_by_target_group;
  Index<v1::ListenerState> listeners_by_stack;
  Table<v1::ListenerRuleState> rules{"rules", transaction};
  Index<v1::ListenerRuleState> rules_by_listener;
  Index<v1::ListenerRuleState> rules_by_target_group;
  Table<v1::HostedZoneState> zones{"zones", transaction};
  Table<v1::RecordSetState> records{"records", transaction};
  Index<v1::RecordSetState> records_by_zone;
  Index<v1::RecordSetState> records_by_stack;
  Table<v1::DatabaseState> databases{"databases", transaction};
  Index<v1::DatabaseState> databases_by_subnet;
  // By the digests of their ids, which name their processes.
  Index<v1::DatabaseState> databases_by_digest;
  Index<v1::DatabaseState> databases_by_stack;
  Table<v1::ServiceState> services{"services", transaction};
  Table<v1::ImageState> images{"images", transaction};
  Table<v1::SecretState> secrets{"secrets", transaction};
  Table<v1::RetainedState> retained{"retained", transaction};

  // As store::Store::List. What is damaged is in `damage`, and the rest is read.
  absl::Status Load(store::Store& store, Damage& damage);
};

// The image called `name`, or with that id; nullptr: none.
const v1::ImageState* FindImage(const Model& model, absl::string_view name);

// "arn:aws:SERVICE:us-east-1:000000000000:REST".
std::string Arn(const std::string& service, const std::string& rest);

}  // namespace nubo::region

#endif  // NUBO_REGION_STATE_MODEL_H_
