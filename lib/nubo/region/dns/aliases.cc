#include "nubo/region/dns/aliases.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
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

constexpr absl::string_view kDualStack = "dualstack.";

constexpr char kOutside[] = "the alias target name does not lie within the target zone";
constexpr char kNotFound[] = "that target was not found";
constexpr char kElsewhere[] = "an alias record can't reference a record in a different hosted zone";

std::string Refusal(absl::string_view target, absl::string_view type, absl::string_view zone, absl::string_view why) {
  return absl::StrCat("Tried to create an alias that targets ", target, ", type ", type, " in zone ", zone, ", but ",
                      why);
}

std::optional<dns::Name> NameOf(absl::string_view text) {
  const absl::StatusOr<dns::Name> name = dns::route53::ParseName(text);
  return name.ok() ? std::optional<dns::Name>(*name) : std::nullopt;
}

// Of names as the model keeps them.
bool HasRecord(const Model& model, const std::string& zone_id, const dns::Name& name, absl::string_view type,
               absl::string_view but) {
  const IndexRange<v1::RecordSetState> records = View(model).RecordsOf(zone_id);
  return std::any_of(records.begin(), records.end(), [&](const auto& entry) {
    const v1::RecordSetState& record = entry.second;
    if (record.type() != type || entry.first == but) return false;
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

absl::Status CheckAlias(const Model& model, const v1::HostedZoneState& zone, const v1::RecordSetState& record) {
  const auto refuse = [&](absl::string_view why) {
    return absl::InvalidArgumentError(
        Refusal(absl::StrCat(record.alias_name(), "."), record.type(), record.alias_zone_id(), why));
  };
  const std::string& zone_id = record.alias_zone_id();
  const bool is_balancer = zone_id == kBalancerZoneId;
  if (!is_balancer && zone_id != zone.id()) {
    return refuse(model.zones.Find(zone_id) == nullptr ? kOutside : kElsewhere);
  }
  const absl::StatusOr<dns::Name> target = dns::Name::Parse(record.alias_name());
  const absl::StatusOr<dns::Name> origin = dns::Name::Parse(is_balancer ? kBalancerZone : zone.name());
  if (!target.ok() || !origin.ok() || !target->IsSubdomainOf(*origin)) return refuse(kOutside);
  const bool found = is_balancer ? BalancerByDnsName(model, record.alias_name()) != nullptr
                                 : HasRecord(model, zone_id, *target, record.type(), record.id());
  return found ? absl::OkStatus() : refuse(kNotFound);
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
    const auto refuse = [&](const std::string& in, absl::string_view why) {
      Add(target, Refusal(name->ToString(), type, in, why));
    };
    if (IsBalancerZone(zone)) {
      if (!name->IsSubdomainOf(*dns::Name::Parse(kBalancerZone))) return refuse(kBalancerZoneId, kOutside);
      if (BalancerByDnsName(model_, target.text()) == nullptr) refuse(kBalancerZoneId, kNotFound);
      return;
    }
    const std::optional<NamedZone> named = ZoneOf(zone);
    const std::optional<NamedZone> own = OwnZone(properties);
    if (!named.has_value() || !own.has_value()) return;
    if (!named->exists()) return refuse(named->name, kOutside);
    if (!named->Same(*own)) return own->exists() ? refuse(named->name, kElsewhere) : void();
    if (named->origin.has_value() && !name->IsSubdomainOf(*named->origin)) return refuse(named->name, kOutside);
    if (const std::string why = WhyMissing(known, *named, *name, type); !why.empty()) refuse(named->name, why);
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
    Add(zone,
        Refusal(absl::StrCat("the DNSName of ", balancer), type, zone.is_scalar() ? zone.text() : referred, kOutside));
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

  // Why there will be no record of that name and type, "" if there will be one.
  std::string WhyMissing(const KnownResource& alias, const NamedZone& zone, const dns::Name& name,
                         const std::string& type) const {
    const std::optional<dns::Name> own = NameOf(alias.properties.Get("Name").text());
    if (own == name) return absl::StrCat(kNotFound, ": it is the alias itself");
    if (!zone.id.empty() && HasRecord(model_, zone.id, name, type, "")) return "";
    for (const KnownResource& known : resources_) {
      if (known.resource->type != "AWS::Route53::RecordSet") continue;
      const Value& properties = known.properties;
      // What is not known yet may be it.
      if (!properties.Get("Name").is_scalar() || !properties.Get("Type").is_scalar()) return "";
      if (properties.Get("Type").text() != type || NameOf(properties.Get("Name").text()) != name) continue;
      const std::optional<NamedZone> other = OwnZone(properties);
      if (other.has_value() && !other->Same(zone)) continue;
      if (Precedes(known.resource->logical_id, alias)) return "";
      return absl::StrCat(kNotFound, ": ", known.resource->logical_id,
                          " makes it at the same time; name that in DependsOn of ", alias.resource->logical_id);
    }
    return kNotFound;
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

  void Add(const Value& where, const std::string& message) {
    problems_.push_back({where.location(), absl::StrCat(message, " (InvalidChangeBatch)")});
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
