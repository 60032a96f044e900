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
  bool taken = record.name() == kBalancerZone || record.name() == kDatabaseZone || record.name() == kInstanceZone;
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
  record.set_type(properties.Get("Type").text());
  if (record.name() != zone->name() && !absl::EndsWith(record.name(), absl::StrCat(".", zone->name()))) {
    return base::WithErrorCode(absl::InvalidArgumentError(absl::StrCat("RRSet with DNS name ", record.name(),
                                                                       " is not permitted in zone ", zone->name())),
                               "InvalidChangeBatch");
  }
  for (const char* routing : {"Failover", "GeoLocation", "MultiValueAnswer", "Region", "Weight"}) {
    if (properties.Get(routing).is_null()) continue;
    return absl::UnimplementedError(
        absl::StrCat("record sets with ", routing, " are not offered yet; use simple routing"));
  }
  record.set_id(absl::StrCat(record.zone_id(), "_", record.name(), "_", record.type()));
  if (context.model.records.Find(record.id()) != nullptr) {
    return base::WithErrorCode(
        absl::AlreadyExistsError(absl::StrCat("there is a record set ", record.name(), " ", record.type(), " already")),
        "InvalidChangeBatch");
  }
  record.set_ttl(static_cast<int>(properties.Get("TTL").AsInteger().value_or(300)));
  for (const std::string& value : properties.Get("ResourceRecords").ItemTexts()) record.add_values(value);
  const Value& alias = properties.Get("AliasTarget");
  record.set_alias_name(Canonical(alias.Get("DNSName").text()));
  record.set_alias_zone_id(alias.Get("HostedZoneId").text());
  record.set_evaluate_target_health(alias.Get("EvaluateTargetHealth").AsBool().value_or(false));
  const std::string id = record.id();
  context.model.records.Put(id, std::move(record));
  return id;
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
  zone.remove = [&context](absl::string_view id) {
    context.model.zones.Erase(id);
    return absl::OkStatus();
  };
  FunctionHandler& record = handlers.Add("AWS::Route53::RecordSet");
  record.create = [&context](const v1::Owner& owner, const Value& properties) {
    return CreateRecord(context, owner, properties);
  };
  record.poll = [in_sync](absl::string_view) { return in_sync({}); };
  record.remove = [&context](absl::string_view id) {
    context.model.records.Erase(id);
    return absl::OkStatus();
  };
}

}  // namespace nubo::region
