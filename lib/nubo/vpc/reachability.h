// Whether a connection works: its path hop by hop, or the first component and rule that stops it.
//
// A Network (network.h) says what has been declared; this says what AWS would make of it. The way there and the way
// back are both walked: security groups remember a connection and let its replies pass, network ACLs do not, and each
// way needs routes of its own. Nothing is sent, and what instances run is not looked at: an instance is taken to
// answer, and one that is a route's target to pass packets on unchanged.
//
//   sender's group → ACL and route table of its subnet → gateway … → ACL of the receiver's subnet → receiver's group
//
// Within one subnet only the groups count. (Amazon VPC user guide: "Security groups", "Network ACLs", "Route tables",
// "NAT gateways"; Amazon VPC peering guide.)
//
// Example:
//   Reachability reachability(network);
//   Verdict verdict = reachability.Evaluate({.from = "eni-web", .to = "eni-db", .port = 3306});
//   if (!verdict.reachable) Use(verdict.stopped_by, verdict.rule, verdict.why);
//
// Thread safety: Evaluate() is thread-safe.
#ifndef NUBO_VPC_REACHABILITY_H_
#define NUBO_VPC_REACHABILITY_H_

#include <memory>
#include <optional>
#include <string>

#include "nubo/net/ip_address.h"
#include "nubo/vpc/network.h"
#include "nubo/vpc/verdict.h"

namespace nubo::vpc {

// What the first packet says.
struct Connection {
  // An interface's id, an address, or "internet": some address that is in no VPC.
  std::string from;
  // As `from`. An interface stands for its private address in the same or a peered VPC, else for its public one.
  std::string to;
  // IANA's number.
  int protocol = 6;
  // TCP, UDP: the destination's. ICMP: the type, such as 8 for an echo request, 128 in IPv6.
  int port = 0;
  // ICMP's.
  int code = 0;
  // An ephemeral one: what ACLs must let back in.
  int source_port = 49152;
  // The source that packets bear, where it is not the sender's own.
  std::optional<net::IpAddress> source = {};
};

class NetworkIndex;

class Reachability {
 public:
  // `network` must outlive it and stay as it is.
  explicit Reachability(const Network& network);
  ~Reachability();

  // Of an IPv4 and an IPv6 way, where ids leave the choice, the first that works; else what stops the first.
  Verdict Evaluate(const Connection& connection) const;

 private:
  std::unique_ptr<const NetworkIndex> index_;
};

}  // namespace nubo::vpc

#endif  // NUBO_VPC_REACHABILITY_H_
