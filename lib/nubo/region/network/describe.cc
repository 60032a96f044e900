#include "nubo/region/network/describe.h"

#include "nubo/region/resources/shown.h"

namespace nubo::region {

void Describe(const Context& context, vpc::v1::DescribeVpcsResponse& out) {
  for (const auto& [id, record] : context.model.vpcs) {
    vpc::v1::Vpc* shown = out.add_vpcs();
    shown->set_vpc_id(id);
    shown->set_cidr_block(record.cidr());
    shown->set_loopback_cidr_block(record.loopback_cidr());
    shown->set_state("available");
    SetOwner(record.owner(), shown);
  }
}

void Describe(const Context& context, vpc::v1::DescribeSubnetsResponse& out) {
  for (const auto& [id, record] : context.model.subnets) {
    vpc::v1::Subnet* shown = out.add_subnets();
    shown->set_subnet_id(id);
    shown->set_vpc_id(record.vpc_id());
    shown->set_cidr_block(record.cidr());
    shown->set_availability_zone(record.availability_zone());
    const vpc::SubnetAddresses* addresses = context.addresses.Find(id);
    if (addresses != nullptr) shown->set_available_ip_address_count(addresses->available());
    shown->set_state("available");
    SetOwner(record.owner(), shown);
  }
}

}  // namespace nubo::region
