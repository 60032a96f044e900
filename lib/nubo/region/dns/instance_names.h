// How programs in instances find names by their libc: by a resolv.conf and a hosts file that they see in place of this
// machine's.
//
// Each VPC has its resolver where AWS has it, at the second address of its block, and on port 53, since resolv.conf
// knows no other. Where the region's name server listens there it comes first in the resolv.conf of the VPC's
// instances, before the name servers of this machine: it refuses what is in none of its zones, and libc goes on to the
// next. Where it does not (port 53 is not this user's, or taken) the region's names are in the hosts file instead, as
// the name server would answer at this moment.
//
// The files stay the same ones, written over in place, since instances have them mounted; libc looks at both anew.
//
// Example:
//   SyncInstanceNames(context, DnsConfig(context));
//   spec.files_in_place = {{"/etc/hosts", context.paths.Hosts(instance.vpc_id())}};
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_DNS_INSTANCE_NAMES_H_
#define NUBO_REGION_DNS_INSTANCE_NAMES_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/dns/v1/dns.pb.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

// Of one VPC.
struct VpcResolver {
  std::string vpc_id;
  net::SocketAddress address;
  // The region's name server listens there.
  bool listens = false;
  // It wanted to, and could not: what it said.
  std::string error;
};

std::vector<VpcResolver> VpcResolvers(const Context& context);

// Writes what has changed of each VPC's files. One that cannot be written is among the region's troubles, and tried
// again by the next pass.
void SyncInstanceNames(Context& context, const dns::v1::Config& config);

// `host`, this machine's resolv.conf, with the resolver before it: its name servers, as many as libc asks, its search
// list after the VPC's, its options but "rotate", which would ask the others first. (resolv.conf(5).) `alone`: without
// the name servers of this machine, which nobody reaches from the VPC.
std::string ResolvConf(const net::IpAddress& resolver, absl::string_view host, bool alone = false);

// The addresses of all names that the name server would give any for, as lines of a hosts file. Wildcards cannot be
// among them.
std::string HostsLines(const dns::v1::Config& config);

// Writes over the file, or makes it, for everybody to read. It never gets shorter, so that a reader meets no half of a
// line where it ends: empty lines stand in for what there was. INTERNAL: it cannot be written.
absl::Status WriteInPlace(const std::string& path, absl::string_view content);

}  // namespace nubo::region

#endif  // NUBO_REGION_DNS_INSTANCE_NAMES_H_
