// The name server of each VPC, where the fabric has networks: in the VPC's own network, at base + 2 and
// 169.254.169.253.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_DNS_VPC_RESOLVER_H_
#define NUBO_REGION_DNS_VPC_RESOLVER_H_

#include <memory>
#include <string>

#include "nubo/region/state/context.h"
#include "nubo/region/supervisor/service_kind.h"

namespace nubo::region {

// The service of a VPC's name server.
std::string VpcResolverId(const std::string& vpc_id);

std::unique_ptr<const ServiceKind> MakeVpcResolverKind();

}  // namespace nubo::region

#endif  // NUBO_REGION_DNS_VPC_RESOLVER_H_
