#include "nubo/region/dns/operations.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/dns/wire/name.h"
#include "nubo/dns/wire/record.h"
#include "nubo/dns/wire/route53.h"
#include "nubo/dns/wire/types.h"
#include "nubo/dns_server/config.h"
#include "nubo/region/dns/aliases.h"
#include "nubo/region/dns/dns_config.h"
#include "nubo/region/resources/ids.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/names.h"
#include "nubo/stack/schema.h"

namespace nubo::region {
namespace {

absl::Status InvalidInput(const absl::Status& status) { return base::WithErrorCode(status, "InvalidInput"); }
absl::Status InvalidChangeBatch(const absl::Status& status) {
  return base::WithErrorCode(status, "InvalidChangeBatch");
}

absl::Status NoRecord(const std::string& id) {
  return InvalidChangeBatch(absl::NotFoundError(absl::StrCat("there is no record set ", id)));
}

// A name as the model keeps it: in lower case, without its last dot, escapes as in a master file.
absl::StatusOr<std::string> KeptName(absl::string_view text) {
  NUBO_ASSIGN_OR_RETURN(const dns::Name name, dns::route53::ParseName(text));
  return name.ToDisplayString();
}

// What of `record` says which it is; nothing of one that an older version kept and that is none.
std::optional<dns::route53::RecordKey> KeyOf(const v1::RecordSetState& record) {
  const auto name = dns::Name::Parse(record.name());
  const auto type = dns::ParseRecordType(record.type());
  if (!name.ok() || !type.ok()) return std::nullopt;
  return dns::route53::RecordKey{*name, *type, ""};
}

absl::StatusOr<const v1::HostedZoneState*> Zone(const Context& context, const std::string& id) {
  NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, stack::IdKind::kHostedZone, id));
  return context.model.zones.Find(id);
}

// Either values with a TTL, or an alias without one.
absl::Status CheckForm(const ResourceRecordSet& set) {
  const bool is_alias = set.alias_target.has_value();
  if (is_alias != set.resource_records.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a record set needs exactly one of AliasTarget, ResourceRecords; it has ",
                     is_alias ? "AliasTarget and ResourceRecords" : "none"));
  }
  NUBO_RETURN_IF_ERROR(dns::route53::CheckTtl(is_alias, set.ttl));
  NUBO_ASSIGN_OR_RETURN(const dns::RecordType type, dns::route53::ParseType(set.type));
  return is_alias ? dns::route53::CheckAliasType(type) : absl::OkStatus();
}

// Of `record`, whose zone and id are known, what `set` says.
absl::Status Fill(const Model& model, const ResourceRecordSet& set, v1::RecordSetState& record) {
  NUBO_ASSIGN_OR_RETURN(const std::string name, KeptName(set.name));
  record.set_name(name);
  record.set_type(set.type);
  record.set_ttl(static_cast<int>(set.ttl.value_or(0)));
  record.clear_values();
  for (const std::string& value : set.resource_records) record.add_values(value);
  record.clear_alias_name();
  record.clear_alias_zone_id();
  record.clear_evaluate_target_health();
  if (!set.alias_target.has_value()) return absl::OkStatus();
  NUBO_ASSIGN_OR_RETURN(const std::string target, KeptName(set.alias_target->dns_name));
  const v1::LoadBalancerState* balancer = BalancerByDnsName(model, target);
  record.set_alias_name(balancer == nullptr ? target : balancer->dns_name());
  record.set_alias_zone_id(set.alias_target->hosted_zone_id);
  record.set_evaluate_target_health(set.alias_target->evaluate_target_health);
  return absl::OkStatus();
}

// Of one type. In any order, and however each is written.
bool SameValues(const v1::RecordSetState& a, const v1::RecordSetState& b, dns::RecordType type) {
  const std::vector<std::string> texts_a(a.values().begin(), a.values().end());
  const std::vector<std::string> texts_b(b.values().begin(), b.values().end());
  const auto parsed_a = dns::route53::ParseValues(type, texts_a);
  const auto parsed_b = dns::route53::ParseValues(type, texts_b);
  // What cannot be read is compared as it is.
  if (!parsed_a.ok() || !parsed_b.ok()) return texts_a == texts_b;
  return parsed_a->size() == parsed_b->size() && std::all_of(parsed_a->begin(), parsed_a->end(), [&](const auto& one) {
           return std::find(parsed_b->begin(), parsed_b->end(), one) != parsed_b->end();
         });
}

bool SameAnswer(const v1::RecordSetState& a, const v1::RecordSetState& b, dns::RecordType type) {
  if (a.alias_name() != b.alias_name() || a.alias_zone_id() != b.alias_zone_id()) return false;
  if (!a.alias_name().empty()) return a.evaluate_target_health() == b.evaluate_target_health();
  return a.ttl() == b.ttl() && SameValues(a, b, type);
}

absl::Status CheckSize(const std::vector<RecordSetChange>& changes) {
  size_t records = 0;
  size_t characters = 0;
  for (const RecordSetChange& change : changes) {
    // What a stack has made once it has to be able to make again, as when it takes an update back.
    const size_t times = change.action == ChangeAction::kUpsert && change.record_id.empty() ? 2 : 1;
    records += times * std::max<size_t>(1, change.resource_record_set.resource_records.size());
    for (const std::string& value : change.resource_record_set.resource_records) characters += times * value.size();
  }
  return dns::route53::CheckBatchSize(records, characters);
}

// The record sets of a zone, as a batch of changes leaves them; nothing of the model changes before Commit().
class Batch {
 public:
  Batch(const Context& context, const v1::Owner& owner, const v1::HostedZoneState& zone, dns::Name origin)
      : context_(context), owner_(owner), zone_(zone), origin_(std::move(origin)) {
    for (const auto& [id, record] : context.model.records) {
      if (record.zone_id() == zone.id()) records_[id] = {record, KeyOf(record)};
    }
  }

  absl::Status Apply(const RecordSetChange& change) {
    return change.action == ChangeAction::kDelete ? Remove(change) : Put(change);
  }

  // Asks what the name server will say of the zone as it is now. A record that makes it refuse another, as a delegation
  // does to those below it, is to blame itself.
  absl::Status CheckServable() const {
    if (put_.empty()) return absl::OkStatus();
    const std::vector<dns::v1::Refused> refused = dns_server::CheckZone(AsServed(/*with_put=*/true));
    // Those of an older store count for nothing.
    const size_t before = refused.empty() ? 0 : dns_server::CheckZone(AsServed(/*with_put=*/false)).size();
    if (refused.size() <= before) return absl::OkStatus();
    for (const dns::v1::Refused& one : refused) {
      for (const std::string& id : put_) {
        const v1::RecordSetState& record = records_.at(id).record;
        if (one.name() == record.name() && one.type() == record.type()) return absl::InvalidArgumentError(one.why());
      }
    }
    const v1::RecordSetState& first = records_.at(*put_.begin()).record;
    const std::string which =
        put_.size() == 1 ? absl::StrCat("record ", first.name(), " ", first.type()) : "the changed records";
    return absl::InvalidArgumentError(absl::StrCat(which, " cannot stand beside the others: ", refused.back().why()));
  }

  // The ids of what was changed, one for each change.
  std::vector<std::string> Commit(Context& context) && {
    std::vector<std::string> gone;
    for (const auto& [id, record] : context.model.records) {
      if (record.zone_id() == zone_.id() && records_.count(id) == 0) gone.push_back(id);
    }
    for (const std::string& id : gone) context.model.records.Erase(id);
    for (const std::string& id : put_) context.model.records.Put(id, records_.at(id).record);
    // Not in sync before the DNS server has been told.
    if (!put_.empty()) context.dns_sent.Clear();
    return std::move(ids_);
  }

 private:
  struct Kept {
    v1::RecordSetState record;
    std::optional<dns::route53::RecordKey> key;
  };

  // The id of the record set of that name and type; "": there is none.
  std::string Find(const dns::route53::RecordKey& key) const {
    for (const auto& [id, kept] : records_) {
      if (kept.key.has_value() && kept.key->name == key.name && kept.key->type == key.type) return id;
    }
    return "";
  }

  absl::Status CheckPermitted(const std::string& id, const dns::route53::RecordKey& added) const {
    std::vector<dns::route53::RecordKey> others;
    for (const auto& [other, kept] : records_) {
      if (other != id && kept.key.has_value() && kept.key->name == added.name) others.push_back(*kept.key);
    }
    return dns::route53::CheckPermitted(origin_, added, others);
  }

  absl::Status CheckLeads(const v1::RecordSetState& record, const dns::route53::RecordKey& key) const {
    if (record.alias_name().empty()) {
      const std::vector<std::string> values(record.values().begin(), record.values().end());
      return dns::route53::ParseValues(key.type, values).status();
    }
    return CheckAlias(context_.model, zone_, record, [&](const dns::Name& target) {
      return std::any_of(records_.begin(), records_.end(), [&](const auto& entry) {
        const auto& [id, kept] = entry;
        return id != record.id() && kept.key.has_value() && kept.key->name == target && kept.key->type == key.type;
      });
    });
  }

  // One whose type was changed in place keeps the id it was made with, which then is not another's to take.
  std::string FreeId(const v1::RecordSetState& record) const {
    const std::string id = absl::StrCat(record.zone_id(), "_", record.name(), "_", record.type());
    std::string free = id;
    for (int n = 2; records_.count(free) > 0; ++n) free = absl::StrCat(id, "_", n);
    return free;
  }

  absl::Status Put(const RecordSetChange& change) {
    const ResourceRecordSet& set = change.resource_record_set;
    NUBO_RETURN_IF_ERROR(InvalidInput(CheckForm(set)));
    v1::RecordSetState record;
    NUBO_RETURN_IF_ERROR(InvalidChangeBatch(Fill(context_.model, set, record)));
    const dns::route53::RecordKey key = *KeyOf(record);
    std::string former = change.record_id;
    if (!former.empty() && records_.count(former) == 0) return NoRecord(former);
    if (former.empty() && change.action == ChangeAction::kUpsert) former = Find(key);
    record.set_zone_id(zone_.id());
    *record.mutable_owner() = former.empty() ? owner_ : records_.at(former).record.owner();
    record.set_id(former);
    NUBO_RETURN_IF_ERROR(InvalidChangeBatch(CheckPermitted(former, key)));
    NUBO_RETURN_IF_ERROR(InvalidChangeBatch(CheckLeads(record, key)));
    const std::string id = former.empty() ? FreeId(record) : former;
    record.set_id(id);
    records_[id] = {std::move(record), key};
    put_.insert(id);
    ids_.push_back(id);
    return absl::OkStatus();
  }

  absl::Status Remove(const RecordSetChange& change) {
    const ResourceRecordSet& set = change.resource_record_set;
    NUBO_RETURN_IF_ERROR(InvalidInput(CheckForm(set)));
    v1::RecordSetState given;
    NUBO_RETURN_IF_ERROR(InvalidChangeBatch(Fill(context_.model, set, given)));
    const dns::route53::RecordKey key = *KeyOf(given);
    const std::string tried = absl::StrCat("Tried to delete resource record set [name='", key.name.ToString(),
                                           "', type='", set.type, "'] but ");
    const std::string id = Find(key);
    if (id.empty()) return InvalidChangeBatch(absl::NotFoundError(absl::StrCat(tried, "it was not found")));
    given.set_zone_id(zone_.id());
    if (!SameAnswer(records_.at(id).record, given, key.type)) {
      return InvalidChangeBatch(
          absl::InvalidArgumentError(absl::StrCat(tried, "the values provided do not match the current values")));
    }
    ids_.push_back(id);
    put_.erase(id);
    records_.erase(id);
    return absl::OkStatus();
  }

  // As the name server is told the zone; without `with_put`, all but what is new or changed.
  dns::v1::Zone AsServed(bool with_put) const {
    dns::v1::Zone zone;
    zone.set_name(zone_.name());
    for (const auto& [id, kept] : records_) {
      if (with_put || put_.count(id) == 0) *zone.add_records() = RecordConfig(kept.record);
    }
    return zone;
  }

  const Context& context_;
  const v1::Owner& owner_;
  const v1::HostedZoneState& zone_;
  const dns::Name origin_;
  std::map<std::string, Kept> records_;
  // Which of them are new or changed.
  std::set<std::string> put_;
  std::vector<std::string> ids_;
};

}  // namespace

absl::StatusOr<std::string> CreateHostedZone(Context& context, const v1::Owner& owner,
                                             const CreateHostedZoneRequest& request) {
  const absl::StatusOr<std::string> name = KeptName(request.name);
  if (!name.ok()) return base::WithErrorCode(name.status(), "InvalidDomainName");
  NUBO_RETURN_IF_ERROR(CheckHostedZoneName(context.model, {}, request.name));
  v1::HostedZoneState record;
  *record.mutable_owner() = owner;
  record.set_name(*name);
  record.set_id(absl::StrCat("Z", absl::AsciiStrToUpper(context.ids.NewHex(20))));
  const std::string id = record.id();
  context.model.zones.Put(id, std::move(record));
  // Nothing that was acknowledged before is an acknowledgement of this.
  context.dns_sent.Clear();
  return id;
}

absl::Status CheckHostedZoneName(const Model& model, const v1::Owner& owner, absl::string_view name) {
  const absl::StatusOr<std::string> kept = KeptName(name);
  if (!kept.ok()) return absl::OkStatus();
  const bool taken =
      IsManagedZone(*kept) || IsTaken(model.zones, owner, [&](const auto& other) { return other.name() == *kept; });
  return taken ? NameInUse("hosted zone", *kept, "HostedZoneAlreadyExists") : absl::OkStatus();
}

absl::StatusOr<std::string> FindHostedZone(const Model& model, absl::string_view name) {
  const std::string kept = KeptName(name).value_or("");
  for (const auto& [id, zone] : model.zones) {
    if (zone.name() == kept) return id;
  }
  return base::WithErrorCode(absl::NotFoundError(absl::StrCat("there is no hosted zone ", name)), "NoSuchHostedZone");
}

absl::Status DeleteHostedZone(Context& context, const DeleteHostedZoneRequest& request) {
  NUBO_ASSIGN_OR_RETURN(const v1::HostedZoneState* zone, Zone(context, request.id));
  NUBO_ASSIGN_OR_RETURN(const dns::Name origin, dns::Name::Parse(zone->name()));
  std::vector<std::string> required;
  for (const auto& [id, record] : context.model.records) {
    if (record.zone_id() != request.id) continue;
    const std::optional<dns::route53::RecordKey> key = KeyOf(record);
    if (!key.has_value() || !dns::route53::IsRequired(origin, *key)) {
      return base::WithErrorCode(
          absl::FailedPreconditionError(absl::StrCat("The hosted zone ", zone->name(), " still has the record set ",
                                                     record.name(), " ", record.type(), "; delete that first")),
          "HostedZoneNotEmpty");
    }
    required.push_back(id);
  }
  for (const std::string& id : required) context.model.records.Erase(id);
  context.model.zones.Erase(request.id);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ChangeResourceRecordSets(Context& context, const v1::Owner& owner,
                                                                  const ChangeResourceRecordSetsRequest& request) {
  NUBO_ASSIGN_OR_RETURN(const v1::HostedZoneState* zone, Zone(context, request.hosted_zone_id));
  if (request.changes.empty()) {
    return InvalidInput(absl::InvalidArgumentError("a batch has at least one change of a record set"));
  }
  NUBO_RETURN_IF_ERROR(InvalidChangeBatch(CheckSize(request.changes)));
  NUBO_ASSIGN_OR_RETURN(dns::Name origin, dns::Name::Parse(zone->name()));
  Batch batch(context, owner, *zone, std::move(origin));
  for (const RecordSetChange& change : request.changes) NUBO_RETURN_IF_ERROR(batch.Apply(change));
  NUBO_RETURN_IF_ERROR(InvalidChangeBatch(batch.CheckServable()));
  return std::move(batch).Commit(context);
}

absl::Status DeleteRecordSet(Context& context, const std::string& record_id) {
  if (context.model.records.Find(record_id) == nullptr) return NoRecord(record_id);
  context.model.records.Erase(record_id);
  return absl::OkStatus();
}

}  // namespace nubo::region
