// Which instance it is that asks: its VPC and its source address say it.
//
// Example:
//   InstanceTable table;
//   table.Add("vpc-1", *net::IpAddress::Parse("10.0.0.5"), tree);
//   if (const auto asking = table.Find("vpc-1", source)) Use(asking->instance());
//
// Thread safety: thread-compatible; read it from anywhere once it is filled.
#ifndef NUBO_METADATA_SERVER_INSTANCE_TABLE_H_
#define NUBO_METADATA_SERVER_INSTANCE_TABLE_H_

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "nubo/ec2/metadata.h"
#include "nubo/net/ip_address.h"

namespace nubo::metadata_server {

// An address and a port inside a VPC: VPCs may have the same ones.
struct VpcAddress {
  std::string vpc_id;
  net::SocketAddress address;

  friend bool operator==(const VpcAddress& a, const VpcAddress& b) {
    return a.vpc_id == b.vpc_id && a.address == b.address;
  }
};

class InstanceTable {
 public:
  using Tree = std::shared_ptr<const ec2::MetadataTree>;

  // False: another has the address, and keeps it.
  bool Add(absl::string_view vpc_id, const net::IpAddress& address, Tree tree) {
    return by_vpc_[std::string(vpc_id)].try_emplace(address, std::move(tree)).second;
  }
  // Null: there is none.
  Tree Find(absl::string_view vpc_id, const net::IpAddress& address) const {
    const auto vpc = by_vpc_.find(vpc_id);
    if (vpc == by_vpc_.end()) return nullptr;
    const auto found = vpc->second.find(address);
    return found == vpc->second.end() ? nullptr : found->second;
  }
  // Calls it with the tree of every address.
  template <typename Visitor>
  void ForEach(Visitor visit) const {
    for (const auto& [vpc_id, trees] : by_vpc_) {
      for (const auto& [address, tree] : trees) visit(*tree);
    }
  }

 private:
  std::map<std::string, absl::flat_hash_map<net::IpAddress, Tree>, std::less<>> by_vpc_;
};

}  // namespace nubo::metadata_server

#endif  // NUBO_METADATA_SERVER_INSTANCE_TABLE_H_
