// The instance metadata service of each VPC, where the fabric has networks: in the VPC's own network, at
// 169.254.169.254, and at fd00:ec2::254 in one with IPv6.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_COMPUTE_METADATA_SERVICE_H_
#define NUBO_REGION_COMPUTE_METADATA_SERVICE_H_

#include <map>
#include <memory>
#include <string>

#include "nubo/metadata/v1/metadata.pb.h"
#include "nubo/region/state/context.h"
#include "nubo/region/supervisor/service_kind.h"
#include "nubo/vpc/network.h"

namespace nubo::region {

// Of services: those whose ids are of VpcMetadataId().
inline constexpr char kMetadataKind[] = "metadata";

// The service of a VPC's instance metadata.
std::string VpcMetadataId(const std::string& vpc_id);

std::unique_ptr<const ServiceKind> MakeMetadataKind();

// What instances are told, by the VPCs that they are in; without revisions. Each instance that is not terminated is
// there, with its user data as they were given: secrets that they refer to are not in there. `networks`: NetworkModel()
// by now. One look at each record.
std::map<std::string, metadata::v1::Config> MetadataConfigs(const Context& context, const vpc::Network& networks);

// What of that a service cannot do, as a sentence; "": nothing.
std::string MetadataProblem(const metadata::v1::Status& status);

}  // namespace nubo::region

#endif  // NUBO_REGION_COMPUTE_METADATA_SERVICE_H_
