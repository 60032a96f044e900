#include "nubo/dns_server/config.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/dns/wire/record.h"
#include "nubo/dns/zone/zone.h"

namespace nubo::dns_server {
namespace {

namespace v1 = nubo::dns::v1;

constexpr uint32_t kDefaultSoaTtlSeconds = 900;
// Short, because names come and go quickly in a region that lives on one machine.
constexpr uint32_t kDefaultNegativeTtlSeconds = 5;

class ConfiguredHealth final : public dns::HealthView {
 public:
  ConfiguredHealth(absl::flat_hash_set<dns::Name> unhealthy, absl::flat_hash_set<std::string> failing)
      : unhealthy_(std::move(unhealthy)), failing_(std::move(failing)) {}
  bool TargetHealthy(const dns::Name& target) const override { return !unhealthy_.contains(target); }
  bool CheckHealthy(absl::string_view id) const override { return !failing_.contains(id); }

 private:
  const absl::flat_hash_set<dns::Name> unhealthy_;
  const absl::flat_hash_set<std::string> failing_;
};

absl::StatusOr<dns::RecordSet> SetFromProto(const v1::RecordSet& record) {
  dns::RecordSet set;
  NUBO_ASSIGN_OR_RETURN(set.type, dns::ParseRecordType(record.type()));
  set.ttl_seconds = record.ttl();
  set.set_identifier = record.set_identifier();
  set.health_check_id = record.health_check_id();
  if (record.has_weight()) set.weight = record.weight();
  for (const std::string& value : record.values()) {
    NUBO_ASSIGN_OR_RETURN(dns::Rdata rdata, dns::ParseRdata(set.type, value));
    set.records.push_back(std::move(rdata));
  }
  if (record.has_alias()) {
    dns::AliasTarget& alias = set.alias.emplace();
    NUBO_ASSIGN_OR_RETURN(alias.target, dns::Name::Parse(record.alias().target()));
    alias.evaluate_target_health = record.alias().evaluate_target_health();
  }
  return set;
}

absl::Status AddDefaultSoa(const dns::Name& origin, uint64_t revision, dns::ZoneBuilder* builder) {
  dns::Soa soa;
  // A server's name that resolves to nothing would mislead; the apex at least is ours.
  soa.primary = origin;
  // Of an origin so long that no label fits before it, the origin itself.
  soa.mailbox = origin.WithLabel("hostmaster").value_or(origin);
  soa.serial = static_cast<uint32_t>(revision);
  soa.minimum_seconds = kDefaultNegativeTtlSeconds;
  dns::RecordSet set;
  set.ttl_seconds = kDefaultSoaTtlSeconds;
  set.records.push_back(std::move(soa));
  return builder->Add(origin, std::move(set));
}

void Refuse(const v1::Zone* zone, const v1::RecordSet* record, const absl::Status& why, ServedConfig* out) {
  v1::Refused& refused = out->refused.emplace_back();
  if (zone != nullptr) refused.set_zone(zone->name());
  if (record != nullptr) {
    refused.set_name(record->name());
    refused.set_type(record->type());
    refused.set_set_identifier(record->set_identifier());
  }
  refused.set_why(std::string(why.message()));
}

// Tells sets of one name and type apart, however they are written.
std::string KeyOf(const dns::Name& name, dns::RecordType type, absl::string_view set_identifier) {
  return absl::StrCat(dns::FoldedName(name).wire(), "/", static_cast<int>(type), "/", set_identifier);
}

// A second SOA, or one that is several, leaves the zone with none that is right: the default stands in for it.
absl::Status CheckSoa(const dns::Name& origin, const dns::Name& name, const dns::RecordSet& set) {
  if (set.type != dns::RecordType::kSoa || name != origin) return absl::OkStatus();
  if (set.records.size() == 1 && set.set_identifier.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError("a zone has exactly one SOA record");
}

// Null: the zone itself cannot be served.
std::shared_ptr<const dns::Zone> ZoneFromProto(const v1::Zone& zone, uint64_t revision, ServedConfig* out) {
  const std::string place = absl::StrCat("zone ", zone.name());
  const absl::StatusOr<dns::Name> origin = dns::Name::Parse(zone.name());
  if (!origin.ok()) return Refuse(&zone, nullptr, base::Annotate(origin.status(), "zone"), out), nullptr;
  dns::ZoneBuilder builder(*origin);
  bool has_soa = false;
  absl::flat_hash_map<std::string, const v1::RecordSet*> added;
  for (const v1::RecordSet& record : zone.records()) {
    const std::string record_place = absl::StrCat(place, ", record ", record.name(), " ", record.type());
    const absl::StatusOr<dns::Name> name = dns::Name::Parse(record.name());
    absl::StatusOr<dns::RecordSet> set = name.ok() ? SetFromProto(record) : name.status();
    absl::Status status = base::Annotate(set.status(), record_place);
    if (status.ok()) status = base::Annotate(CheckSoa(*origin, *name, *set), record_place);
    const dns::RecordType type = status.ok() ? set->type : dns::RecordType{};
    if (status.ok()) status = builder.Add(*name, *std::move(set));
    if (!status.ok()) {
      Refuse(&zone, &record, status, out);
      continue;
    }
    added[KeyOf(*name, type, record.set_identifier())] = &record;
    has_soa = has_soa || (type == dns::RecordType::kSoa && *name == *origin);
  }
  absl::Status status;
  if (!has_soa) status = base::Annotate(AddDefaultSoa(*origin, revision, &builder), place);
  std::vector<dns::ZoneBuilder::Refused> misplaced;
  const absl::StatusOr<std::shared_ptr<const dns::Zone>> built =
      status.ok() ? std::move(builder).BuildWithout(&misplaced)
                  : absl::StatusOr<std::shared_ptr<const dns::Zone>>(status);
  if (!built.ok()) return Refuse(&zone, nullptr, built.status(), out), nullptr;
  for (const dns::ZoneBuilder::Refused& one : misplaced) {
    Refuse(&zone, added.at(KeyOf(one.name, one.type, one.set_identifier)), one.why, out);
  }
  return *built;
}

absl::StatusOr<net::SocketAddress> ListenerFromProto(const v1::Listener& listener) {
  const absl::StatusOr<net::IpAddress> ip = net::IpAddress::Parse(listener.ip());
  if (!ip.ok()) return base::Annotate(ip.status(), "listener");
  if (listener.port() == 0 || listener.port() > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("listener ", listener.ip(), ": port ", listener.port(), " is not one; expected 1 to 65535"));
  }
  return net::SocketAddress{*ip, static_cast<uint16_t>(listener.port())};
}

void TakeListeners(const v1::Config& config, ServedConfig* out) {
  for (const v1::Listener& listener : config.listeners()) {
    absl::StatusOr<net::SocketAddress> address = ListenerFromProto(listener);
    if (address.ok() && out->listeners.size() == kListenersMax) {
      address = absl::InvalidArgumentError(
          absl::StrCat("listener ", address->ToString(), " is one too many; ", kListenersMax, " are opened at most"));
    }
    if (address.ok()) {
      out->listeners.push_back(*address);
    } else {
      Refuse(nullptr, nullptr, address.status(), out);
    }
  }
}

void TakeHealth(const v1::Config& config, ServedConfig* out) {
  absl::flat_hash_set<dns::Name> unhealthy;
  for (const std::string& target : config.unhealthy_targets()) {
    absl::StatusOr<dns::Name> name = dns::Name::Parse(target);
    if (name.ok()) {
      unhealthy.insert(*std::move(name));
    } else {
      Refuse(nullptr, nullptr, base::Annotate(name.status(), "unhealthy target"), out);
    }
  }
  absl::flat_hash_set<std::string> failing(config.failing_health_checks().begin(),
                                           config.failing_health_checks().end());
  out->health = std::make_shared<const ConfiguredHealth>(std::move(unhealthy), std::move(failing));
}

}  // namespace

ServedConfig FromProto(const v1::Config& config) {
  ServedConfig served;
  served.revision = config.revision();
  dns::ZoneSetBuilder builder;
  for (const v1::Zone& zone : config.zones()) {
    std::shared_ptr<const dns::Zone> built = ZoneFromProto(zone, config.revision(), &served);
    const absl::Status added = built == nullptr ? absl::OkStatus() : builder.Add(std::move(built));
    if (!added.ok()) Refuse(&zone, nullptr, added, &served);
  }
  served.zones = std::move(builder).Build();
  TakeHealth(config, &served);
  TakeListeners(config, &served);
  return served;
}

std::vector<v1::Refused> CheckZone(const v1::Zone& zone) {
  ServedConfig served;
  (void)ZoneFromProto(zone, 0, &served);
  return std::move(served.refused);
}

}  // namespace nubo::dns_server
