#include "nubo/dns_server/config.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/dns/record.h"
#include "nubo/dns/zone.h"

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
  NUBO_ASSIGN_OR_RETURN(soa.mailbox, origin.WithLabel("hostmaster"));
  soa.serial = static_cast<uint32_t>(revision);
  soa.minimum_seconds = kDefaultNegativeTtlSeconds;
  dns::RecordSet set;
  set.ttl_seconds = kDefaultSoaTtlSeconds;
  set.records.push_back(std::move(soa));
  return builder->Add(origin, std::move(set));
}

absl::StatusOr<std::shared_ptr<const dns::Zone>> ZoneFromProto(const v1::Zone& zone, uint64_t revision) {
  const std::string place = absl::StrCat("zone ", zone.name());
  absl::StatusOr<dns::Name> origin = dns::Name::Parse(zone.name());
  if (!origin.ok()) return base::Annotate(origin.status(), "zone");
  dns::ZoneBuilder builder(*origin);
  bool has_soa = false;
  for (const v1::RecordSet& record : zone.records()) {
    const std::string record_place = absl::StrCat(place, ", record ", record.name(), " ", record.type());
    const absl::StatusOr<dns::Name> name = dns::Name::Parse(record.name());
    if (!name.ok()) return base::Annotate(name.status(), record_place);
    absl::StatusOr<dns::RecordSet> set = SetFromProto(record);
    if (!set.ok()) return base::Annotate(set.status(), record_place);
    has_soa = has_soa || set->type == dns::RecordType::kSoa;
    NUBO_RETURN_IF_ERROR(builder.Add(*name, *std::move(set)));
  }
  if (!has_soa) NUBO_RETURN_IF_ERROR(base::Annotate(AddDefaultSoa(*origin, revision, &builder), place));
  return std::move(builder).Build();
}

absl::StatusOr<std::vector<net::SocketAddress>> ListenersFromProto(const v1::Config& config) {
  if (config.listeners_size() > kListenersMax) {
    return absl::InvalidArgumentError(
        absl::StrCat(config.listeners_size(), " listeners are too many; expected at most ", kListenersMax));
  }
  std::vector<net::SocketAddress> listeners;
  for (const v1::Listener& listener : config.listeners()) {
    const absl::StatusOr<net::IpAddress> ip = net::IpAddress::Parse(listener.ip());
    if (!ip.ok()) return base::Annotate(ip.status(), "listener");
    if (listener.port() == 0 || listener.port() > 65535) {
      return absl::InvalidArgumentError(
          absl::StrCat("listener ", listener.ip(), ": port ", listener.port(), " is not one; expected 1 to 65535"));
    }
    listeners.push_back({*ip, static_cast<uint16_t>(listener.port())});
  }
  return listeners;
}

absl::StatusOr<std::shared_ptr<const dns::HealthView>> HealthFromProto(const v1::Config& config) {
  absl::flat_hash_set<dns::Name> unhealthy;
  for (const std::string& target : config.unhealthy_targets()) {
    absl::StatusOr<dns::Name> name = dns::Name::Parse(target);
    if (!name.ok()) return base::Annotate(name.status(), "unhealthy target");
    unhealthy.insert(*std::move(name));
  }
  absl::flat_hash_set<std::string> failing(config.failing_health_checks().begin(),
                                           config.failing_health_checks().end());
  return std::make_shared<const ConfiguredHealth>(std::move(unhealthy), std::move(failing));
}

}  // namespace

absl::StatusOr<ServedConfig> FromProto(const v1::Config& config) {
  ServedConfig served;
  served.revision = config.revision();
  dns::ZoneSetBuilder builder;
  for (const v1::Zone& zone : config.zones()) {
    NUBO_ASSIGN_OR_RETURN(std::shared_ptr<const dns::Zone> built, ZoneFromProto(zone, config.revision()));
    NUBO_RETURN_IF_ERROR(builder.Add(std::move(built)));
  }
  served.zones = std::move(builder).Build();
  NUBO_ASSIGN_OR_RETURN(served.health, HealthFromProto(config));
  NUBO_ASSIGN_OR_RETURN(served.listeners, ListenersFromProto(config));
  return served;
}

}  // namespace nubo::dns_server
