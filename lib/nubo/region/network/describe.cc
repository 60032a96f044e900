#include "nubo/region/network/describe.h"

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/resources/ids.h"
#include "nubo/region/resources/list_page.h"
#include "nubo/region/resources/shown.h"
#include "nubo/stack/schema.h"
#include "nubo/vpc/subnet_addresses.h"

namespace nubo::region {
namespace {

constexpr char kAvailable[] = "available";

void ShowVpc(const std::string& id, const v1::VpcState& record, vpc::v1::Vpc* shown) {
  shown->set_vpc_id(id);
  shown->set_cidr_block(record.cidr());
  shown->set_loopback_cidr_block(record.loopback_cidr());
  shown->set_state(kAvailable);
  SetOwner(record.owner(), shown);
}

int FreeAddresses(const Context& context, const std::string& subnet_id) {
  const vpc::SubnetAddresses* addresses = context.addresses.Find(subnet_id);
  return addresses == nullptr ? 0 : addresses->available();
}

void ShowSubnet(const Context& context, const std::string& id, const v1::SubnetState& record, vpc::v1::Subnet* shown) {
  shown->set_subnet_id(id);
  shown->set_vpc_id(record.vpc_id());
  shown->set_cidr_block(record.cidr());
  shown->set_availability_zone(record.availability_zone());
  shown->set_available_ip_address_count(FreeAddresses(context, id));
  shown->set_state(kAvailable);
  SetOwner(record.owner(), shown);
}

// As of DescribeVpcs.
FilterFields<v1::VpcState> VpcFilters() {
  return WithOwner<v1::VpcState>({
      {"cidr", [](const v1::VpcState& vpc) -> Words { return {vpc.cidr()}; }},
      {"state", [](const v1::VpcState&) -> Words { return {kAvailable}; }},
      {"vpc-id", [](const v1::VpcState& vpc) -> Words { return {vpc.id()}; }},
  });
}

// As of DescribeSubnets.
FilterFields<v1::SubnetState> SubnetFilters(const Context& context) {
  return WithOwner<v1::SubnetState>({
      {"availability-zone", [](const v1::SubnetState& subnet) -> Words { return {subnet.availability_zone()}; }},
      {"available-ip-address-count",
       [&context](const v1::SubnetState& subnet) -> Words {
         return {absl::StrCat(FreeAddresses(context, subnet.id()))};
       }},
      {"cidr-block", [](const v1::SubnetState& subnet) -> Words { return {subnet.cidr()}; }},
      {"state", [](const v1::SubnetState&) -> Words { return {kAvailable}; }},
      {"subnet-id", [](const v1::SubnetState& subnet) -> Words { return {subnet.id()}; }},
      {"vpc-id", [](const v1::SubnetState& subnet) -> Words { return {subnet.vpc_id()}; }},
  });
}

}  // namespace

absl::Status Describe(const Context& context, const vpc::v1::DescribeVpcsRequest& request,
                      vpc::v1::DescribeVpcsResponse& response) {
  NUBO_ASSIGN_OR_RETURN(ListPage<v1::VpcState> page, ListPage<v1::VpcState>::Of(request, VpcFilters()));
  NUBO_ASSIGN_OR_RETURN(const std::set<std::string> ids, ReadIds(request.vpc_ids()));
  NUBO_RETURN_IF_ERROR(CheckIds(*context.types, context.model, stack::IdKind::kVpc, ids));
  AddFromTable(context.model.vpcs, ids, page,
               [&](const std::string& id, const v1::VpcState& record) { ShowVpc(id, record, response.add_vpcs()); });
  page.End(response);
  return absl::OkStatus();
}

absl::Status Describe(const Context& context, const vpc::v1::DescribeSubnetsRequest& request,
                      vpc::v1::DescribeSubnetsResponse& response) {
  NUBO_ASSIGN_OR_RETURN(ListPage<v1::SubnetState> page, ListPage<v1::SubnetState>::Of(request, SubnetFilters(context)));
  NUBO_ASSIGN_OR_RETURN(const std::set<std::string> ids, ReadIds(request.subnet_ids()));
  NUBO_RETURN_IF_ERROR(CheckIds(*context.types, context.model, stack::IdKind::kSubnet, ids));
  AddFromTable(context.model.subnets, ids, page, [&](const std::string& id, const v1::SubnetState& record) {
    ShowSubnet(context, id, record, response.add_subnets());
  });
  page.End(response);
  return absl::OkStatus();
}

}  // namespace nubo::region
