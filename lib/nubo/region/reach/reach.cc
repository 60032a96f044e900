#include "nubo/region/reach/reach.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nubo/base/status.h"
#include "nubo/fabrics/fabric.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/lookup/describe_one.h"
#include "nubo/region/network/network_model.h"
#include "nubo/region/reach/attachment_names.h"
#include "nubo/vpc/explain.h"
#include "nubo/vpc/network.h"
#include "nubo/vpc/network_check.h"
#include "nubo/vpc/reach_text.h"
#include "nubo/vpc/reachability.h"
#include "nubo/vpc/verdict.h"

namespace nubo::region {
namespace {

using Words = std::vector<std::string>;

constexpr char kInternet[] = "internet";

bool IsAddress(const std::string& text) { return net::IpAddress::Parse(text).ok(); }

Words InterfacesOf(const vpc::Network& network, const std::string& attached_to) {
  Words ids;
  for (const auto& [id, interface] : network.interfaces) {
    if (!attached_to.empty() && interface.attached_to == attached_to) ids.push_back(id);
  }
  return ids;
}

struct End {
  // Interfaces, an address, or "internet".
  Words names;
  // Each of them counts: whoever connects meets any of them.
  bool every = false;
};

absl::StatusOr<End> EndOf(const Context& context, const vpc::Network& network, const std::string& name) {
  if (name == kInternet || IsAddress(name) || network.interfaces.count(name) > 0) return End{{name}};
  NUBO_ASSIGN_OR_RETURN(const v1::DescribeResponse described, DescribeOne(context, name));
  const std::string& id = described.id();
  if (IsAddress(id) || network.interfaces.count(id) > 0) return End{{id}};
  End end;
  end.every = context.model.load_balancers.Find(id) != nullptr;
  end.names = InterfacesOf(network, id);
  if (end.names.empty()) end.names = InterfacesOf(network, ProcessOf(context, id));
  if (!end.names.empty()) return end;
  return absl::NotFoundError(absl::StrCat(
      name, " has no address", described.type().empty() ? "" : absl::StrCat(": it is an ", described.type()),
      described.status().empty() ? "" : absl::StrCat(" (", described.status(), ")"),
      "; name an instance, an interface, a load balancer, a database, an address, or \"internet\""));
}

// The parts of an end of which one is enough.
std::vector<Words> Choices(const End& end) {
  if (!end.every) return {end.names};
  std::vector<Words> each;
  for (const std::string& name : end.names) each.push_back({name});
  return each;
}

struct Way {
  vpc::Connection connection;
  vpc::Verdict verdict;
};

// The first that works, else the first.
absl::StatusOr<Way> BestWay(const vpc::Reachability& reachability, const Words& from, const Words& to,
                            const std::string& port) {
  std::optional<Way> first;
  for (const std::string& sender : from) {
    for (const std::string& receiver : to) {
      NUBO_ASSIGN_OR_RETURN(const vpc::Connection connection, vpc::ParseConnection(sender, receiver, port));
      Way way = {connection, reachability.Evaluate(connection)};
      if (way.verdict.reachable) return way;
      if (!first.has_value()) first = std::move(way);
    }
  }
  return *std::move(first);
}

// As of security groups, routes or ACLs; "": the fabric acts on all of them.
std::string WhyNotEnforced(const fabrics::Fabric& fabric) {
  using fabrics::Feature;
  for (const Feature feature : {Feature::kSecurityGroups, Feature::kRoutes, Feature::kNetworkAcls}) {
    absl::string_view why = fabric.WhyNotEnforced(feature);
    if (why.empty()) continue;
    // Without what of it the sentence is about.
    if (const size_t colon = why.find(": "); colon != absl::string_view::npos) why.remove_prefix(colon + 2);
    return std::string(why);
  }
  return "";
}

void Fill(const vpc::Network& network, const Way& way, vpc::v1::ReachResponse& response) {
  const vpc::Verdict& verdict = way.verdict;
  response.set_reachable(verdict.reachable);
  response.set_from(way.connection.from);
  response.set_to(way.connection.to);
  response.set_traffic(vpc::ConnectionText(way.connection));
  for (const vpc::Hop& hop : verdict.hops) {
    vpc::v1::Hop& shown = *response.add_hops();
    shown.set_component(hop.component);
    shown.set_what(hop.what);
    shown.set_rule(hop.rule);
    shown.set_reply(hop.reply);
  }
  response.set_stopped_by(verdict.stopped_by);
  response.set_rule(verdict.rule);
  response.set_why(verdict.why);
  response.set_reply_stopped(verdict.reply_stopped);
  for (const std::string& line : vpc::VerdictLines(network, way.connection, verdict)) response.add_text(line);
}

// What is explained as it is. The default group and ACL of a VPC, and an instance's own interface, are no resources.
bool IsPart(const vpc::Network& network, const std::string& id) {
  return network.security_groups.count(id) > 0 || network.acls.count(id) > 0 || network.interfaces.count(id) > 0 ||
         network.vpcs.count(id) > 0;
}

void ExplainVpc(const vpc::Network& network, const std::string& id, vpc::v1::ExplainResponse& response) {
  for (const vpc::NetworkFinding& finding : vpc::CheckVpc(network, id)) {
    vpc::v1::NetworkFinding& shown = *response.add_findings();
    shown.set_id(finding.id);
    shown.set_sentence(finding.sentence);
    response.add_text(absl::StrCat(vpc::NamedId(network, finding.id), ": ", finding.sentence));
  }
  if (response.findings().empty()) response.add_text(absl::StrCat(id, ": nothing in it breaks a rule"));
}

}  // namespace

absl::StatusOr<vpc::v1::ReachResponse> Reach(const Context& context, const vpc::v1::ReachRequest& request) {
  vpc::Network network = NetworkModel(context);
  NUBO_ASSIGN_OR_RETURN(const End from, EndOf(context, network, request.from()));
  NUBO_ASSIGN_OR_RETURN(const End to, EndOf(context, network, request.to()));
  NameAttachments(context, network);
  const vpc::Reachability reachability(network);
  std::optional<Way> told;
  int ways = 0, reachable = 0;
  for (const Words& senders : Choices(from)) {
    for (const Words& receivers : Choices(to)) {
      NUBO_ASSIGN_OR_RETURN(Way way, BestWay(reachability, senders, receivers, request.port()));
      ++ways;
      reachable += way.verdict.reachable ? 1 : 0;
      if (!told.has_value() || (told->verdict.reachable && !way.verdict.reachable)) told = std::move(way);
    }
  }
  vpc::v1::ReachResponse response;
  Fill(network, *told, response);
  response.set_ways(ways);
  response.set_ways_reachable(reachable);
  if (ways > 1) {
    response.add_text(reachable == ways ? absl::StrCat("so do all of its ", ways, " ways: a load balancer has several")
                                        : absl::StrCat(reachable, " of ", ways, " ways work, and this one does not"));
  }
  response.set_not_enforced(WhyNotEnforced(context.fabric));
  response.set_enforced(response.not_enforced().empty());
  if (!response.enforced()) response.add_text(absl::StrCat("not enforced: ", response.not_enforced()));
  return response;
}

absl::StatusOr<vpc::v1::ExplainResponse> ExplainNetwork(const Context& context,
                                                        const vpc::v1::ExplainRequest& request) {
  vpc::Network network = NetworkModel(context);
  std::string id = request.id();
  std::string type;
  if (!IsPart(network, id)) {
    NUBO_ASSIGN_OR_RETURN(const v1::DescribeResponse described, DescribeOne(context, id));
    id = described.id();
    type = described.type();
  }
  Words parts = InterfacesOf(network, id);
  if (parts.empty()) parts = InterfacesOf(network, ProcessOf(context, id));
  if (IsPart(network, id)) parts = {id};
  if (parts.empty()) {
    return absl::NotFoundError(
        absl::StrCat(request.id(), type.empty() ? "" : absl::StrCat(", an ", type, ","),
                     " has neither rules nor an interface; name a security group, a network ACL, an interface, what "
                     "has one, such as an instance, or a VPC"));
  }
  NameAttachments(context, network);
  vpc::v1::ExplainResponse response;
  response.set_id(id);
  if (network.vpcs.count(id) > 0) {
    ExplainVpc(network, id, response);
    return response;
  }
  for (const std::string& part : parts) {
    NUBO_ASSIGN_OR_RETURN(const Words lines, vpc::Explain(network, part));
    for (const std::string& line : lines) response.add_text(line);
  }
  return response;
}

}  // namespace nubo::region
