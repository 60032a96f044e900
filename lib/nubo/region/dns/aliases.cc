#include "nubo/region/dns/aliases.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nubo/base/status.h"
#include "nubo/dns/wire/route53.h"
#include "nubo/region/state/index.h"
#include "nubo/region/state/names.h"
#include "nubo/region/state/view.h"
#include "nubo/stack/functions.h"

namespace nubo::region {
namespace {

using stack::KnownResource;
using stack::Member;
using stack::Value;

using dns::route53::AliasShown;
using dns::route53::AliasZone;

constexpr absl::string_view kDualStack = "dualstack.";

std::optional<dns::Name> NameOf(absl::string_view text) {
  const absl::StatusOr<dns::Name> name = dns::route53::ParseName(text);
  return name.ok() ? std::optional<dns::Name>(*name) : std::nullopt;
}

// Of names as the model keeps them.
bool HasRecord(const Model& model, const std::string& zone_id, const dns::Name& name, absl::string_view type) {
  const IndexRange<v1::RecordSetState> records = View(model).RecordsOf(zone_id);
  return std::any_of(records.begin(), records.end(), [&](const auto& entry) {
    const v1::RecordSetState& record = entry.second;
    if (record.type() != type) return false;
    const absl::StatusOr<dns::Name> other = dns::Name::Parse(record.name());
    return other.ok() && *other == name;
  });
}

}  // namespace

const v1::LoadBalancerState* BalancerByDnsName(const Model& model, absl::string_view dns_name) {
  absl::ConsumeSuffix(&dns_name, ".");
  const View view(model);
  const v1::LoadBalancerState* balancer = view.BalancerNamed(dns_name);
  if (balancer != nullptr || !absl::StartsWithIgnoreCase(dns_name, kDualStack)) return balancer;
  return view.BalancerNamed(dns_name.substr(kDualStack.size()));
}

absl::Status CheckAlias(const Model& model, const v1::HostedZoneState& zone, const v1::RecordSetState& record,
                        absl::FunctionRef<bool(const dns::Name& name)> has_record) {
  const std::string& zone_id = record.alias_zone_id();
  const AliasShown shown{absl::StrCat(record.alias_name(), "."), record.type(), zone_id};
  const bool is_balancer = zone_id == kBalancerZoneId;
  AliasZone where = AliasZone::kReachable;
  if (!is_balancer && zone_id != zone.id()) {
    where = model.zones.Find(zone_id) == nullptr ? AliasZone::kNone : AliasZone::kOther;
  }
  NUBO_ASSIGN_OR_RETURN(const dns::Name target, dns::Name::Parse(record.alias_name()));
  NUBO_ASSIGN_OR_RETURN(const dns::Name origin, dns::Name::Parse(is_balancer ? kBalancerZone : zone.name()));
  NUBO_RETURN_IF_ERROR(dns::route53::CheckAliasPlace(shown, where, target, origin));
  const bool found = is_balancer ? BalancerByDnsName(model, record.alias_name()) != nullptr : has_record(target);
  return found ? absl::OkStatus() : dns::route53::AliasTargetNotFound(shown);
}

namespace {

// A hosted zone that a property names.
struct NamedZone {
  // As it is shown.
  std::string name;
  // Of the model; "" if it is made by this stack, or is none.
  std::string id;
  // Of the template, or "".
  std::string logical_id;
  std::optional<dns::Name> origin;

  bool exists() const { return !id.empty() || !logical_id.empty(); }
  bool Same(const NamedZone& other) const {
    return exists() && other.exists() && (id.empty() ? logical_id == other.logical_id : id == other.id);
  }
};

// What `attribute` of a resource of the template `value` is, if it is that: its logical id, or "".
std::string Attribute(const Value& value, absl::string_view attribute) {
  const Member* call = stack::AsFunction(value);
  const bool is_attribute = call != nullptr && call->key == "Fn::GetAtt" && call->value.items().size() == 2 &&
                            call->value.items()[1].text() == attribute;
  return is_attribute ? call->value.items()[0].text() : "";
}

std::string Referred(const Value& value) {
  const Member* call = stack::AsFunction(value);
  return call != nullptr && call->key == "Ref" ? call->value.text() : Attribute(value, "Id");
}

class AliasChecker {
 public:
  AliasChecker(const Model& model, const std::string& stack_name, const std::vector<KnownResource>& resources,
               std::vector<stack::Diagnostic>& problems)
      : model_(model), stack_name_(stack_name), resources_(resources), problems_(problems) {}

  void Check(const KnownResource& known) {
    const Value& properties = known.properties;
    const Value& alias = properties.Get("AliasTarget");
    const Value& target = alias.Get("DNSName");
    const Value& zone = alias.Get("HostedZoneId");
    const std::string& type = properties.Get("Type").text();
    const std::string balancer = Attribute(target, "DNSName");
    if (!balancer.empty() && IsBalancer(balancer)) return CheckBalancerZone(balancer, zone, type);
    const std::optional<dns::Name> name = target.is_scalar() ? NameOf(target.text()) : std::nullopt;
    if (!name.has_value()) return;
    AliasShown shown{name->ToString(), type, kBalancerZoneId};
    if (IsBalancerZone(zone)) {
      const absl::Status place =
          dns::route53::CheckAliasPlace(shown, AliasZone::kReachable, name, *dns::Name::Parse(kBalancerZone));
      const bool found = BalancerByDnsName(model_, target.text()) != nullptr;
      return Add(target, place.ok() && !found ? dns::route53::AliasTargetNotFound(shown) : place);
    }
    const std::optional<NamedZone> named = ZoneOf(zone);
    const std::optional<NamedZone> own = OwnZone(properties);
    if (!named.has_value() || !own.has_value()) return;
    shown.zone = named->name;
    AliasZone where = AliasZone::kReachable;
    if (!named->exists()) {
      where = AliasZone::kNone;
    } else if (!named->Same(*own)) {
      if (!own->exists()) return;
      where = AliasZone::kOther;
    }
    const absl::Status place = dns::route53::CheckAliasPlace(shown, where, name, named->origin);
    Add(target, place.ok() ? CheckFound(known, *named, *name, shown) : place);
  }

 private:
  const KnownResource* Find(absl::string_view logical_id) const {
    for (const KnownResource& known : resources_) {
      if (known.resource->logical_id == logical_id) return &known;
    }
    return nullptr;
  }

  bool IsBalancer(absl::string_view logical_id) const {
    const KnownResource* known = Find(logical_id);
    return known != nullptr && known->resource->type == "AWS::ElasticLoadBalancingV2::LoadBalancer";
  }

  static bool IsBalancerZone(const Value& zone) {
    return zone.text() == kBalancerZoneId || !Attribute(zone, "CanonicalHostedZoneID").empty();
  }

  // Of an alias for a load balancer that this stack makes.
  void CheckBalancerZone(const std::string& balancer, const Value& zone, const std::string& type) {
    const std::string referred = Referred(zone);
    if (IsBalancerZone(zone) || (!zone.is_scalar() && referred.empty())) return;
    const AliasShown shown{absl::StrCat("the DNSName of ", balancer), type, zone.is_scalar() ? zone.text() : referred};
    Add(zone, dns::route53::CheckAliasPlace(shown, AliasZone::kNone, std::nullopt, std::nullopt));
  }

  // Nothing if it is not known which.
  std::optional<NamedZone> ZoneOf(const Value& value) const {
    if (value.is_scalar()) {
      const v1::HostedZoneState* zone = model_.zones.Find(value.text());
      if (zone == nullptr) return NamedZone{value.text(), "", "", std::nullopt};
      return NamedZone{value.text(), value.text(), "", NameOf(zone->name())};
    }
    const KnownResource* known = Find(Referred(value));
    if (known == nullptr || known->resource->type != "AWS::Route53::HostedZone") return std::nullopt;
    return MadeHere(*known);
  }

  // The zone of the template, and that of the model that it is by now.
  NamedZone MadeHere(const KnownResource& known) const {
    const std::string& logical_id = known.resource->logical_id;
    NamedZone named{logical_id, "", logical_id, NameOf(known.properties.Get("Name").text())};
    for (const auto& [id, zone] : model_.zones) {
      const bool is_it = zone.owner().stack_name() == stack_name_ && zone.owner().logical_id() == logical_id;
      // One of another name is about to be replaced.
      if (is_it && NameOf(zone.name()) == named.origin) named.id = id;
    }
    return named;
  }

  std::optional<NamedZone> OwnZone(const Value& record) const {
    if (record.Has("HostedZoneId")) return ZoneOf(record.Get("HostedZoneId"));
    const std::optional<dns::Name> name = NameOf(record.Get("HostedZoneName").text());
    for (const KnownResource& known : resources_) {
      if (known.resource->type != "AWS::Route53::HostedZone") continue;
      if (name.has_value() && NameOf(known.properties.Get("Name").text()) == name) return MadeHere(known);
    }
    for (const auto& [id, zone] : model_.zones) {
      if (name.has_value() && NameOf(zone.name()) == name) return NamedZone{id, id, "", name};
    }
    return std::nullopt;
  }

  // Whether there will be a record set of that name and the alias's type.
  absl::Status CheckFound(const KnownResource& alias, const NamedZone& zone, const dns::Name& name,
                          const AliasShown& shown) const {
    const std::optional<dns::Name> own = NameOf(alias.properties.Get("Name").text());
    if (own == name) return dns::route53::AliasTargetNotFound(shown, ": it is the alias itself");
    if (!zone.id.empty() && HasRecord(model_, zone.id, name, shown.type)) return absl::OkStatus();
    for (const KnownResource& known : resources_) {
      if (known.resource->type != "AWS::Route53::RecordSet") continue;
      const Value& properties = known.properties;
      // What is not known yet may be it.
      if (!properties.Get("Name").is_scalar() || !properties.Get("Type").is_scalar()) return absl::OkStatus();
      if (properties.Get("Type").text() != shown.type || NameOf(properties.Get("Name").text()) != name) continue;
      const std::optional<NamedZone> other = OwnZone(properties);
      if (other.has_value() && !other->Same(zone)) continue;
      if (Precedes(known.resource->logical_id, alias)) return absl::OkStatus();
      return dns::route53::AliasTargetNotFound(
          shown, absl::StrCat(": ", known.resource->logical_id,
                              " makes it at the same time; name that in DependsOn of ", alias.resource->logical_id));
    }
    return dns::route53::AliasTargetNotFound(shown);
  }

  // Whether `later` depends on `earlier`, by DependsOn alone: a name that is literal is no reference.
  bool Precedes(const std::string& earlier, const KnownResource& later) const {
    std::vector<const KnownResource*> open = {&later};
    std::set<std::string> seen;
    while (!open.empty()) {
      const KnownResource* known = open.back();
      open.pop_back();
      for (const std::string& id : known->resource->depends_on) {
        if (id == earlier) return true;
        if (const KnownResource* next = Find(id); next != nullptr && seen.insert(id).second) open.push_back(next);
      }
    }
    return false;
  }

  void Add(const Value& where, const absl::Status& status) {
    if (status.ok()) return;
    problems_.push_back({where.location(), absl::StrCat(status.message(), " (InvalidChangeBatch)")});
  }

  const Model& model_;
  const std::string& stack_name_;
  const std::vector<KnownResource>& resources_;
  std::vector<stack::Diagnostic>& problems_;
};

}  // namespace

void CheckAliases(const Model& model, const std::string& stack_name, const std::vector<KnownResource>& resources,
                  std::vector<stack::Diagnostic>& problems) {
  AliasChecker checker(model, stack_name, resources, problems);
  for (const KnownResource& known : resources) {
    const bool is_alias =
        known.resource->type == "AWS::Route53::RecordSet" && known.properties.Get("AliasTarget").is_object();
    if (is_alias) checker.Check(known);
  }
}

}  // namespace nubo::region
