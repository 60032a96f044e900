#include "nubo/region/loop/catalog.h"

#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/balancing/resource_types.h"
#include "nubo/region/compute/metadata_service.h"
#include "nubo/region/compute/resource_types.h"
#include "nubo/region/databases/databases.h"
#include "nubo/region/databases/resource_types.h"
#include "nubo/region/dns/name_server.h"
#include "nubo/region/dns/resource_types.h"
#include "nubo/region/dns/vpc_resolver.h"
#include "nubo/region/edge/edge_service.h"
#include "nubo/region/groups/resource_types.h"
#include "nubo/region/network/elastic_addresses.h"
#include "nubo/region/network/network_service.h"
#include "nubo/region/network/resource_types.h"

namespace nubo::region {

ResourceTypes AllResourceTypes() {
  ResourceTypes types;
  AddNetworkTypes(types);
  AddElasticAddressTypes(types);
  AddComputeTypes(types);
  AddGroupTypes(types);
  AddBalancingTypes(types);
  AddDnsTypes(types);
  AddDatabaseTypes(types);
  return types;
}

ServiceKinds AllServiceKinds() {
  ServiceKinds kinds;
  kinds.Add(MakeNameServerKind());
  kinds.Add(MakeNetworkKind());
  kinds.Add(MakeVpcResolverKind());
  kinds.Add(MakeMetadataKind());
  kinds.Add(MakeEdgeKind());
  kinds.Add(MakeBalancerKind());
  kinds.Add(MakeDatabaseKind());
  return kinds;
}

}  // namespace nubo::region
