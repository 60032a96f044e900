// What an alias may lead to: a load balancer, or a record set of its own hosted zone and type.
//
// Rules: the API reference's AliasTarget; what is refused is told in ChangeResourceRecordSets' words.
//
// Example:
//   NUBO_RETURN_IF_ERROR(CheckAlias(context.model, zone, record));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_DNS_ALIASES_H_
#define NUBO_REGION_DNS_ALIASES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/region/state/model.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/validate.h"

namespace nubo::region {

// The load balancer of that name, with or without "dualstack." before it, or nullptr.
const v1::LoadBalancerState* BalancerByDnsName(const Model& model, absl::string_view dns_name);

// INVALID_ARGUMENT: the alias of `record`, which is one of `zone`, leads nowhere.
absl::Status CheckAlias(const Model& model, const v1::HostedZoneState& zone, const v1::RecordSetState& record);

// The same of a stack's template, as far as its values are known before anything is made.
void CheckAliases(const Model& model, const std::string& stack_name, const std::vector<stack::KnownResource>& resources,
                  std::vector<stack::Diagnostic>& problems);

}  // namespace nubo::region

#endif  // NUBO_REGION_DNS_ALIASES_H_
