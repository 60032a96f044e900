// Checks of a resource's properties against each other. Private to the schema target.
//
// Each looks only at what is literal: a property that is still a function may turn out right.
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_SCHEMA_CHECKS_H_
#define NUBO_STACK_SCHEMA_CHECKS_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/schema_spec.h"
#include "nubo/stack/value.h"

namespace nubo::stack::tables {

void CheckVpcBlock(const Value& properties, std::vector<Diagnostic>& problems);
void CheckIpamPoolCidr(const Value& properties, std::vector<Diagnostic>& problems);
void CheckSubnetBlock(const Value& properties, std::vector<Diagnostic>& problems);
void CheckRoute(const Value& properties, std::vector<Diagnostic>& problems);
void CheckSecurityGroup(const Value& properties, std::vector<Diagnostic>& problems);
void CheckSecurityGroupIngress(const Value& properties, std::vector<Diagnostic>& problems);
void CheckSecurityGroupEgress(const Value& properties, std::vector<Diagnostic>& problems);
void CheckAddressAssociation(const Value& properties, std::vector<Diagnostic>& problems);
void CheckNatGateway(const Value& properties, std::vector<Diagnostic>& problems);
void CheckNetworkAclEntry(const Value& properties, std::vector<Diagnostic>& problems);
void CheckInterface(const Value& properties, std::vector<Diagnostic>& problems);
void CheckPrefixList(const Value& properties, std::vector<Diagnostic>& problems);
void CheckDhcpOptions(const Value& properties, std::vector<Diagnostic>& problems);
void CheckEndpoint(const Value& properties, std::vector<Diagnostic>& problems);
void CheckFlowLog(const Value& properties, std::vector<Diagnostic>& problems);
void CheckVpcCidrBlock(const Value& properties, std::vector<Diagnostic>& problems);
void CheckSubnetIpv6Block(const Value& properties, std::vector<Diagnostic>& problems);
void CheckLaunchTemplate(const Value& properties, std::vector<Diagnostic>& problems);
void CheckInstance(const Value& properties, std::vector<Diagnostic>& problems);
void CheckVolume(const Value& properties, std::vector<Diagnostic>& problems);
void CheckVolumeAttachment(const Value& properties, std::vector<Diagnostic>& problems);
void CheckKeyPair(const Value& properties, std::vector<Diagnostic>& problems);
void CheckPlacementGroup(const Value& properties, std::vector<Diagnostic>& problems);
void CheckAutoScalingGroup(const Value& properties, std::vector<Diagnostic>& problems);
void CheckLoadBalancer(const Value& properties, std::vector<Diagnostic>& problems);
void CheckTargetGroup(const Value& properties, std::vector<Diagnostic>& problems);
// The values of it that a load balancer goes by.
void CheckTargetGroupValues(const Value& properties, std::vector<Diagnostic>& problems);
void CheckListener(const Value& properties, std::vector<Diagnostic>& problems);
void CheckListenerRule(const Value& properties, std::vector<Diagnostic>& problems);
// Of an action. `listener` is null where the action is a rule's.
void CheckRedirect(const Value& redirect, const Value& listener, std::vector<Diagnostic>& problems);
void CheckHostedZone(const Value& properties, std::vector<Diagnostic>& problems);
void CheckRecordSet(const Value& properties, std::vector<Diagnostic>& problems);
void CheckDbInstance(const Value& properties, std::vector<Diagnostic>& problems);
// Of whatever type.
void CheckTags(const Schema& schema, const Value& properties, std::vector<Diagnostic>& problems);
// Of a security group's rule, protocol and ports as far as they are literal.
void CheckRulePorts(const Value& rule, absl::string_view whose, std::vector<Diagnostic>& problems);
// Two permissions of one list that are the same.
void CheckPermissionsDiffer(const Value& permissions, std::vector<Diagnostic>& problems);
// What an instance says of its network cannot stand beside its interfaces.
void CheckInterfacesAlone(const Value& properties, std::vector<Diagnostic>& problems);

}  // namespace nubo::stack::tables

#endif  // NUBO_STACK_SCHEMA_CHECKS_H_
