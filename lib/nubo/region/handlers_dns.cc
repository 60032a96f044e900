// Hosted zones and record sets.
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/dns_config.h"
#include "nubo/region/handlers.h"
#include "nubo/region/proxy_config.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::Value;

std::string Canonical(absl::string_view name) { return absl::AsciiStrToLower(WithoutDot(name)); }

absl::StatusOr<std::string> CreateZone(Context& context, const v1::Owner& owner, const Value& properties) {
  v1::HostedZoneState record;
  *record.mutable_owner() = owner;
  record.set_name(Canonical(properties.Get("Name").text()));
  bool taken = record.name() == kBalancerZone || record.name() == kDatabaseZone || record.name() == kInstanceZone ||
               record.name() == kPublicInstanceZone;
  for (const auto& [id, zone] : context.model.zones) taken = taken || zone.name() == record.name();
  if (taken) {
    return base::WithErrorCode(absl::AlreadyExistsError(absl::StrCat("there is a hosted zone ", record.name(),
                                                                     " already; choose another name")),
                               "HostedZoneAlreadyExists");
  }
  record.set_id(absl::StrCat("Z", absl::AsciiStrToUpper(context.ids.NewHex(20))));
  const std::string id = record.id();
  context.model.zones.Put(id, std::move(record));
  return id;
}

const v1::HostedZoneState* FindZone(const Context& context, const Value& properties) {
  if (const auto* zone = context.model.zones.Find(properties.Get("HostedZoneId").text())) return zone;
  const std::string name = Canonical(properties.Get("HostedZoneName").text());
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

// What of a record set may change while it is served.
absl::Status FillRecord(const Context& context, const Value& properties, v1::RecordSetState& record) {
  for (const char* routing : {"Failover", "GeoLocation", "MultiValueAnswer", "Region", "Weight"}) {
    if (properties.Get(routing).is_null()) continue;
    return absl::UnimplementedError(
        absl::StrCat("record sets with ", routing, " are not offered yet; use simple routing"));
  }
  record.set_type(properties.Get("Type").text());
  for (const auto& [id, other] : context.model.records) {
    const bool same = other.zone_id() == record.zone_id() && other.name() == record.name();
    if (!same || other.type() != record.type() || id == record.id()) continue;
    return base::WithErrorCode(
        absl::AlreadyExistsError(absl::StrCat("there is a record set ", record.name(), " ", record.type(), " already")),
        "InvalidChangeBatch");
  }
  record.set_ttl(static_cast<int>(properties.Get("TTL").AsInteger().value_or(300)));
  record.clear_values();
  for (const std::string& value : properties.Get("ResourceRecords").ItemTexts()) record.add_values(value);
  const Value& alias = properties.Get("AliasTarget");
  record.set_alias_name(Canonical(alias.Get("DNSName").text()));
  record.set_alias_zone_id(alias.Get("HostedZoneId").text());
  record.set_evaluate_target_health(alias.Get("EvaluateTargetHealth").AsBool().value_or(false));
  return absl::OkStatus();
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
  record.set_name(Canonical(properties.Get("Name").text()));
  if (record.name() != zone->name() && !absl::EndsWith(record.name(), absl::StrCat(".", zone->name()))) {
    return base::WithErrorCode(absl::InvalidArgumentError(absl::StrCat("RRSet with DNS name ", record.name(),
                                                                       " is not permitted in zone ", zone->name())),
                               "InvalidChangeBatch");
  }
  NUBO_RETURN_IF_ERROR(FillRecord(context, properties, record));
  const std::string id = FreeRecordId(context, record);
  record.set_id(id);
  context.model.records.Put(id, std::move(record));
  return id;
}

absl::Status UpdateRecord(Context& context, absl::string_view id, const Value& properties) {
  const v1::RecordSetState* former = context.model.records.Find(id);
  if (former == nullptr) return absl::NotFoundError(absl::StrCat("there is no record set ", id));
  v1::RecordSetState record = *former;
  NUBO_RETURN_IF_ERROR(FillRecord(context, properties, record));
  context.model.records.Put(id, std::move(record));
  // Not in sync before the DNS server has been told.
  context.dns_sent.Clear();
  return absl::OkStatus();
}

}  // namespace

void AddDnsHandlers(Handlers& handlers, Context& context) {
  FunctionHandler& zone = handlers.Add("AWS::Route53::HostedZone");
  zone.create = [&context](const v1::Owner& owner, const Value& properties) {
    return CreateZone(context, owner, properties);
  };
  // INSYNC once the DNS server serves it; refused if the server refuses it.
  const auto in_sync = [&context](stack::Attributes attributes) -> absl::StatusOr<Progress> {
    const dns::v1::Status& status = context.dns_status;
    if (!status.error().empty() && status.rejected_revision() == context.dns_sent.revision()) {
      return Progress::Failed(status.error());
    }
    if (context.dns_sent.revision() == 0 || status.applied_revision() < context.dns_sent.revision()) {
      return Progress::InProgress();
    }
    return Progress::Complete(std::move(attributes));
  };
  zone.poll = [in_sync](absl::string_view id) {
    return in_sync({{"Id", Value::String(id)}, {"NameServers", Value::Strings({"ns1.nubo.internal"})}});
  };
  zone.update = NothingToChange;
  zone.remove = [&context](absl::string_view id) {
    context.model.zones.Erase(id);
    return absl::OkStatus();
  };
  FunctionHandler& record = handlers.Add("AWS::Route53::RecordSet");
  record.create = [&context](const v1::Owner& owner, const Value& properties) {
    return CreateRecord(context, owner, properties);
  };
  record.update = [&context](const stack::ResourceContext&, absl::string_view id, const Value& properties) {
    return UpdateRecord(context, id, properties);
  };
  record.poll = [in_sync](absl::string_view) { return in_sync({}); };
  record.remove = [&context](absl::string_view id) {
    context.model.records.Erase(id);
    return absl::OkStatus();
  };
}

}  // namespace nubo::region
