// Hosted zones and record sets.
#include "nubo/region/dns/resource_types.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nubo/base/status.h"
#include "nubo/dns/wire/route53.h"
#include "nubo/dns_server/config.h"
#include "nubo/region/dns/aliases.h"
#include "nubo/region/dns/dns_config.h"
#include "nubo/region/state/names.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::Value;

absl::Status InvalidChangeBatch(const absl::Status& status) {
  return base::WithErrorCode(status, "InvalidChangeBatch");
}

// A name as the model keeps it: in lower case, without its last dot, escapes as in a master file.
absl::StatusOr<std::string> KeptName(absl::string_view text) {
  NUBO_ASSIGN_OR_RETURN(const dns::Name name, dns::route53::ParseName(text));
  return name.ToDisplayString();
}

absl::StatusOr<std::string> CreateZone(Context& context, const v1::Owner& owner, const Value& properties) {
  v1::HostedZoneState record;
  *record.mutable_owner() = owner;
  const absl::StatusOr<std::string> name = KeptName(properties.Get("Name").text());
  if (!name.ok()) return base::WithErrorCode(name.status(), "InvalidDomainName");
  record.set_name(*name);
  bool taken = IsManagedZone(record.name());
  for (const auto& [id, zone] : context.model.zones) taken = taken || zone.name() == record.name();
  if (taken) {
    return base::WithErrorCode(absl::AlreadyExistsError(absl::StrCat("there is a hosted zone ", record.name(),
                                                                     " already; choose another name")),
                               "HostedZoneAlreadyExists");
  }
  record.set_id(absl::StrCat("Z", absl::AsciiStrToUpper(context.ids.NewHex(20))));
  const std::string id = record.id();
  context.model.zones.Put(id, std::move(record));
  // Nothing that was acknowledged before is an acknowledgement of this.
  context.dns_sent.Clear();
  return id;
}

const v1::HostedZoneState* FindZone(const Context& context, const Value& properties) {
  if (const auto* zone = context.model.zones.Find(properties.Get("HostedZoneId").text())) return zone;
  const std::string name = KeptName(properties.Get("HostedZoneName").text()).value_or("");
  for (const auto& [id, zone] : context.model.zones) {
    if (zone.name() == name) return &zone;
  }
  return nullptr;
}

// One whose type was changed in place keeps the id it was made with, which then is not another's to take.
std::string FreeRecordId(const Context& context, const v1::RecordSetState& record) {
  const std::string id = absl::StrCat(record.zone_id(), "_", record.name(), "_", record.type());
  std::string free = id;
  for (int n = 2; context.model.records.Find(free) != nullptr; ++n) free = absl::StrCat(id, "_", n);
  return free;
}

absl::Status CheckPermitted(const Context& context, const v1::HostedZoneState& zone, const v1::RecordSetState& record,
                            dns::RecordType type) {
  std::vector<dns::route53::RecordKey> others;
  for (const auto& [id, other] : context.model.records) {
    if (other.zone_id() != zone.id() || id == record.id()) continue;
    const auto name = dns::Name::Parse(other.name());
    const auto other_type = dns::ParseRecordType(other.type());
    if (name.ok() && other_type.ok()) others.push_back({*name, *other_type, ""});
  }
  NUBO_ASSIGN_OR_RETURN(const dns::Name origin, dns::Name::Parse(zone.name()));
  NUBO_ASSIGN_OR_RETURN(const dns::Name name, dns::Name::Parse(record.name()));
  return dns::route53::CheckPermitted(origin, {name, type, ""}, others);
}

// Asks what the name server will say of the zone with this record set in it, in place of the one with its id. A record
// that makes it refuse another, as a delegation does to those below it, is to blame itself.
absl::Status CheckServable(const Context& context, const v1::HostedZoneState& zone, const v1::RecordSetState& record) {
  dns::v1::Zone without;
  without.set_name(zone.name());
  for (const auto& [id, other] : context.model.records) {
    if (other.zone_id() == zone.id() && id != record.id()) *without.add_records() = RecordConfig(other);
  }
  dns::v1::Zone with = without;
  *with.add_records() = RecordConfig(record);
  const std::vector<dns::v1::Refused> refused = dns_server::CheckZone(with);
  // Those of an older store count for nothing.
  const size_t before = refused.empty() ? 0 : dns_server::CheckZone(without).size();
  if (refused.size() <= before) return absl::OkStatus();
  for (const dns::v1::Refused& one : refused) {
    if (one.name() == record.name() && one.type() == record.type()) return absl::InvalidArgumentError(one.why());
  }
  return absl::InvalidArgumentError(absl::StrCat("record ", record.name(), " ", record.type(),
                                                 " cannot stand beside the others: ", refused.back().why()));
}

absl::Status FillAlias(const Model& model, const Value& alias, v1::RecordSetState& record) {
  record.clear_alias_name();
  record.clear_alias_zone_id();
  record.clear_evaluate_target_health();
  if (alias.is_null()) return absl::OkStatus();
  NUBO_ASSIGN_OR_RETURN(const std::string target, KeptName(alias.Get("DNSName").text()));
  const v1::LoadBalancerState* balancer = BalancerByDnsName(model, target);
  record.set_alias_name(balancer == nullptr ? target : balancer->dns_name());
  record.set_alias_zone_id(alias.Get("HostedZoneId").text());
  record.set_evaluate_target_health(alias.Get("EvaluateTargetHealth").AsBool().value_or(false));
  return absl::OkStatus();
}

// What of a record set may change while it is served.
absl::Status FillRecord(const Context& context, const Value& properties, v1::RecordSetState& record) {
  const v1::HostedZoneState* zone = context.model.zones.Find(record.zone_id());
  if (zone == nullptr) return absl::NotFoundError(absl::StrCat("there is no hosted zone ", record.zone_id()));
  record.set_type(properties.Get("Type").text());
  const absl::StatusOr<dns::RecordType> type = dns::ParseRecordType(record.type());
  if (!type.ok()) return InvalidChangeBatch(type.status());
  NUBO_RETURN_IF_ERROR(InvalidChangeBatch(CheckPermitted(context, *zone, record, *type)));
  record.set_ttl(static_cast<int>(properties.Get("TTL").AsInteger().value_or(300)));
  const std::vector<std::string> values = properties.Get("ResourceRecords").ItemTexts();
  record.clear_values();
  for (const std::string& value : values) record.add_values(value);
  const Value& alias = properties.Get("AliasTarget");
  NUBO_RETURN_IF_ERROR(InvalidChangeBatch(FillAlias(context.model, alias, record)));
  NUBO_RETURN_IF_ERROR(InvalidChangeBatch(alias.is_null() ? dns::route53::ParseValues(*type, values).status()
                                                          : CheckAlias(context.model, *zone, record)));
  return InvalidChangeBatch(CheckServable(context, *zone, record));
}

absl::StatusOr<std::string> CreateRecord(Context& context, const v1::Owner& owner, const Value& properties) {
  const v1::HostedZoneState* zone = FindZone(context, properties);
  if (zone == nullptr) {
    return base::WithErrorCode(
        absl::NotFoundError(absl::StrCat("there is no hosted zone ", properties.Get("HostedZoneId").text(),
                                         properties.Get("HostedZoneName").text())),
        "NoSuchHostedZone");
  }
  v1::RecordSetState record;
  *record.mutable_owner() = owner;
  record.set_zone_id(zone->id());
  const absl::StatusOr<std::string> name = KeptName(properties.Get("Name").text());
  if (!name.ok()) return InvalidChangeBatch(name.status());
  record.set_name(*name);
  NUBO_RETURN_IF_ERROR(FillRecord(context, properties, record));
  const std::string id = FreeRecordId(context, record);
  record.set_id(id);
  context.model.records.Put(id, std::move(record));
  // Not in sync before the DNS server has been told.
  context.dns_sent.Clear();
  return id;
}

absl::Status UpdateRecord(Context& context, const std::string& id, const Value& properties) {
  const v1::RecordSetState* former = context.model.records.Find(id);
  if (former == nullptr) return absl::NotFoundError(absl::StrCat("there is no record set ", id));
  v1::RecordSetState record = *former;
  NUBO_RETURN_IF_ERROR(FillRecord(context, properties, record));
  context.model.records.Put(id, std::move(record));
  // Not in sync before the DNS server has been told.
  context.dns_sent.Clear();
  return absl::OkStatus();
}

// INSYNC once the DNS server serves it; failed if that refuses the zone, or this record of it.
absl::StatusOr<Progress> InSync(const Context& context, const v1::HostedZoneState& zone,
                                const v1::RecordSetState* record, stack::Attributes attributes) {
  const dns::v1::Status& status = context.dns_status;
  if (context.dns_sent.revision() == 0 || status.applied_revision() < context.dns_sent.revision()) {
    return Progress::InProgress();
  }
  for (const dns::v1::Refused& refused : status.refused()) {
    if (refused.zone() != zone.name()) continue;
    const bool whole = refused.name().empty() && refused.type().empty();
    const bool same = record != nullptr && refused.name() == record->name() && refused.type() == record->type();
    if (whole || same) return Progress::Failed(refused.why());
  }
  return Progress::Complete(std::move(attributes));
}

}  // namespace

void AddDnsTypes(ResourceTypes& types) {
  ResourceType& zone = types.Add("AWS::Route53::HostedZone");
  zone.create = [](Context& context, const stack::ResourceContext& resource, const Value& properties) {
    return CreateZone(context, OwnerOf(resource), properties);
  };
  zone.poll = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    const v1::HostedZoneState* found = context.model.zones.Find(id);
    if (found == nullptr) return absl::NotFoundError(absl::StrCat("there is no hosted zone ", id));
    return InSync(context, *found, nullptr,
                  {{"Id", Value::String(id)}, {"NameServers", Value::Strings({"ns1.nubo.internal"})}});
  };
  zone.update = NothingToChange;
  zone.remove = [](Context& context, const stack::ResourceContext&, const std::string& id) {
    context.model.zones.Erase(id);
    return absl::OkStatus();
  };
  ResourceType& record = types.Add("AWS::Route53::RecordSet");
  record.create = [](Context& context, const stack::ResourceContext& resource, const Value& properties) {
    return CreateRecord(context, OwnerOf(resource), properties);
  };
  record.update = [](Context& context, const stack::ResourceContext&, const std::string& id, const Value& properties) {
    return UpdateRecord(context, id, properties);
  };
  record.poll = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    const v1::RecordSetState* found = context.model.records.Find(id);
    if (found == nullptr) return absl::NotFoundError(absl::StrCat("there is no record set ", id));
    const v1::HostedZoneState* zone = context.model.zones.Find(found->zone_id());
    if (zone == nullptr) return absl::NotFoundError(absl::StrCat("there is no hosted zone ", found->zone_id()));
    return InSync(context, *zone, found, {});
  };
  record.remove = [](Context& context, const stack::ResourceContext&, const std::string& id) {
    context.model.records.Erase(id);
    return absl::OkStatus();
  };
  zone.check_name = [](const Model& model, const v1::Owner& owner, const Value& properties) {
    const std::string& given = properties.Get("Name").text();
    const std::string name = absl::AsciiStrToLower(absl::StripSuffix(given, "."));
    const bool taken =
        IsManagedZone(name) || IsTaken(model.zones, owner, [&](const auto& other) { return other.name() == name; });
    return taken ? NameInUse("hosted zone", name, "HostedZoneAlreadyExists") : absl::OkStatus();
  };
  zone.disown = [](Model& model, const std::string& id) { Disown(model.zones, id); };
  record.disown = [](Model& model, const std::string& id) { Disown(model.records, id); };
  types.AddId({stack::IdKind::kHostedZone, "", "hosted zone", "NoSuchHostedZone",
               [](const Model& model, const std::string& id) { return model.zones.Find(id) != nullptr; }});
}

}  // namespace nubo::region
