// What an alias may lead to: a load balancer, or a record set of its own hosted zone and type.
//
// The rules are dns::route53's (CheckAliasPlace); here they are asked of the model, and of a template.
//
// Example:
//   NUBO_RETURN_IF_ERROR(CheckAlias(context.model, zone, record, [&](const dns::Name& name) { return Has(name); }));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_DNS_ALIASES_H_
#define NUBO_REGION_DNS_ALIASES_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/dns/wire/name.h"
#include "nubo/region/state/model.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/validate.h"

namespace nubo::region {

// The load balancer of that name, with or without "dualstack." before it, or nullptr.
const v1::LoadBalancerState* BalancerByDnsName(const Model& model, absl::string_view dns_name);

// INVALID_ARGUMENT: the alias of `record`, which is one of `zone`, leads nowhere. `has_record`: whether the zone has
// another record set of the same type with that name.
absl::Status CheckAlias(const Model& model, const v1::HostedZoneState& zone, const v1::RecordSetState& record,
                        absl::FunctionRef<bool(const dns::Name& name)> has_record);

// The same of a stack's template, as far as its values are known before anything is made.
void CheckAliases(const Model& model, const std::string& stack_name, const std::vector<stack::KnownResource>& resources,
                  std::vector<stack::Diagnostic>& problems);

}  // namespace nubo::region

#endif  // NUBO_REGION_DNS_ALIASES_H_
