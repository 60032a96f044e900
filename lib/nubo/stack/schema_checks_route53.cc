// What a hosted zone and a record set say by themselves: names, values, aliases.
#include "nubo/stack/schema_checks.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nubo/dns/wire/route53.h"
#include "nubo/stack/schema_literals.h"

namespace nubo::stack::tables {
namespace {

constexpr absl::string_view kWhose = "AWS::Route53::RecordSet";

void CheckDomainName(const Value& name, Problems& problems) {
  if (name.is_scalar()) AddStatus(problems, name, "", dns::route53::ParseName(name.text()).status());
}

void CheckValues(dns::RecordType type, const Value& values, Problems& problems) {
  if (!values.is_list()) return;
  std::vector<std::string> known;
  for (const Value& value : values.items()) {
    if (!value.is_scalar()) continue;
    const absl::Status status = dns::route53::ParseValue(type, value.text()).status();
    AddStatus(problems, value, "", status);
    if (status.ok()) known.push_back(value.text());
  }
  // What they are together, once each is right by itself.
  if (known.size() == values.items().size()) {
    AddStatus(problems, values, "", dns::route53::ParseValues(type, known).status());
  }
}

// What goes together with a TTL, and with an alias.
void CheckTtlAndAlias(const Value& properties, Problems& problems) {
  const bool is_alias = properties.Has("AliasTarget");
  if (is_alias || properties.Has("ResourceRecords")) {
    const bool is_given = properties.Has("TTL");
    // Its bounds the schema has.
    AddStatus(problems, is_given ? properties.Get("TTL") : properties, absl::StrCat(kWhose, ": "),
              dns::route53::CheckTtl(is_alias, is_given ? std::optional<int64_t>(0) : std::nullopt));
  }
  const absl::StatusOr<dns::RecordType> type = dns::route53::ParseType(properties.Get("Type").text());
  if (type.ok() && properties.Get("AliasTarget").is_object()) {
    AddStatus(problems, properties.Get("Type"), absl::StrCat(kWhose, ": "), dns::route53::CheckAliasType(*type));
  }
}

// A routing policy tells several record sets of one name and type apart, by their identifiers.
void CheckRouting(const Value& properties, Problems& problems) {
  const std::vector<std::string> routing = Given(
      properties,
      {"Weight", "Region", "Failover", "GeoLocation", "MultiValueAnswer", "CidrRoutingConfig", "GeoProximityLocation"});
  if (!routing.empty() && !properties.Has("SetIdentifier")) {
    Add(problems, properties, absl::StrCat(kWhose, " with ", routing[0], " needs SetIdentifier"));
  }
  if (routing.empty() && properties.Has("SetIdentifier")) {
    Add(problems, properties.Get("SetIdentifier"),
        absl::StrCat(
            kWhose,
            " with SetIdentifier needs a routing policy: Weight, Region, Failover, GeoLocation or MultiValueAnswer"));
  }
}

}  // namespace

void CheckHostedZone(const Value& properties, Problems& problems) { CheckDomainName(properties.Get("Name"), problems); }

void CheckRecordSet(const Value& properties, Problems& problems) {
  ExactlyOne(properties, kWhose, {"HostedZoneId", "HostedZoneName"}, problems);
  ExactlyOne(properties, kWhose, {"AliasTarget", "ResourceRecords"}, problems);
  CheckTtlAndAlias(properties, problems);
  CheckRouting(properties, problems);
  CheckDomainName(properties.Get("Name"), problems);
  CheckDomainName(properties.Get("HostedZoneName"), problems);
  const Value& alias = properties.Get("AliasTarget");
  if (alias.is_object() && !IsFunction(alias)) CheckDomainName(alias.Get("DNSName"), problems);
  // One that there is not is told as such.
  const absl::StatusOr<dns::RecordType> type = dns::route53::ParseType(properties.Get("Type").text());
  if (type.ok()) CheckValues(*type, properties.Get("ResourceRecords"), problems);
}

}  // namespace nubo::stack::tables
