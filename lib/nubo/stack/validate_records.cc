#include "nubo/stack/validate_records.h"

#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "nubo/dns/wire/route53.h"
#include "nubo/stack/functions.h"

namespace nubo::stack {
namespace {

using dns::route53::RecordKey;

std::optional<dns::Name> NameOf(const Value& value) {
  if (!value.is_scalar()) return std::nullopt;
  const absl::StatusOr<dns::Name> name = dns::route53::ParseName(value.text());
  return name.ok() ? std::optional<dns::Name>(*name) : std::nullopt;
}

// The logical id that `value` refers to, or "".
std::string Referred(const Value& value) {
  const Member* call = AsFunction(value);
  if (call == nullptr) return "";
  if (call->key == "Ref") return call->value.text();
  const bool is_id =
      call->key == "Fn::GetAtt" && call->value.items().size() == 2 && call->value.items()[1].text() == "Id";
  return is_id ? call->value.items()[0].text() : "";
}

// A zone as records name it: its own name where that is known, so that two ways to name it are one.
struct ZoneIdentity {
  std::optional<dns::Name> name;
  std::string key;
};

ZoneIdentity ZoneOf(const std::vector<KnownRecord>& zones, const Value& record) {
  ZoneIdentity identity;
  const Value& id = record.Get("HostedZoneId");
  if (id.is_null()) {
    identity.name = NameOf(record.Get("HostedZoneName"));
  } else {
    for (const KnownRecord& zone : zones) {
      if (zone.logical_id == Referred(id)) identity.name = NameOf(zone.properties->Get("Name"));
    }
  }
  identity.key = identity.name.has_value() ? absl::StrCat("=", identity.name->ToString())
                                           : ToJson(id.is_null() ? record.Get("HostedZoneName") : id);
  return identity;
}

struct Placed {
  const KnownRecord* resource;
  RecordKey key;
};

class RecordChecker {
 public:
  RecordChecker(const std::vector<KnownRecord>& zones, std::vector<Diagnostic>& problems)
      : zones_(zones), problems_(problems) {}

  void Check(const KnownRecord& record) {
    const Value& properties = *record.properties;
    const std::optional<dns::Name> name = NameOf(properties.Get("Name"));
    const absl::StatusOr<dns::RecordType> type = dns::route53::ParseType(properties.Get("Type").text());
    if (!name.has_value() || !type.ok()) return;
    const ZoneIdentity zone = ZoneOf(zones_, properties);
    const Value& identifier = properties.Get("SetIdentifier");
    const RecordKey added{*name, *type, identifier.is_scalar() ? identifier.text() : ToText(identifier)};
    std::vector<Placed>& present = zones_seen_[zone.key];
    absl::Status permitted = dns::route53::CheckPermitted(zone.name, added, {});
    for (const Placed& other : present) {
      if (permitted.ok() && other.key.name == added.name) permitted = CheckBeside(record, zone, added, other);
    }
    if (!permitted.ok()) Add(properties.Get("Name"), std::string(permitted.message()));
    present.push_back({&record, added});
  }

 private:
  static std::string ToText(const Value& value) { return value.is_null() ? "" : ToJson(value); }

  // Two that are alike are named by their logical ids.
  static absl::Status CheckBeside(const KnownRecord& record, const ZoneIdentity& zone, const RecordKey& added,
                                  const Placed& other) {
    const absl::Status permitted = dns::route53::CheckPermitted(zone.name, added, {other.key});
    if (!absl::IsAlreadyExists(permitted)) return permitted;
    return absl::AlreadyExistsError(absl::StrCat(other.resource->logical_id, " and ", record.logical_id,
                                                 " are records of the same name and type; give each a routing policy "
                                                 "and a SetIdentifier of its own"));
  }

  void Add(const Value& where, std::string message) { problems_.push_back({where.location(), std::move(message)}); }

  const std::vector<KnownRecord>& zones_;
  std::vector<Diagnostic>& problems_;
  std::map<std::string, std::vector<Placed>> zones_seen_;
};

}  // namespace

void CheckRecordSets(const std::vector<KnownRecord>& zones, const std::vector<KnownRecord>& records,
                     std::vector<Diagnostic>& problems) {
  RecordChecker checker(zones, problems);
  for (const KnownRecord& record : records) checker.Check(record);
}

}  // namespace nubo::stack
