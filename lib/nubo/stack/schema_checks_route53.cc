// What a hosted zone and a record set say by themselves: names, values, aliases.
#include "nubo/stack/schema_checks.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/dns/wire/route53.h"
#include "nubo/stack/schema_literals.h"

namespace nubo::stack::tables {
namespace {

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

}  // namespace

void CheckHostedZone(const Value& properties, Problems& problems) { CheckDomainName(properties.Get("Name"), problems); }

void CheckRecordValues(const Value& properties, Problems& problems) {
  CheckDomainName(properties.Get("Name"), problems);
  CheckDomainName(properties.Get("HostedZoneName"), problems);
  const Value& alias = properties.Get("AliasTarget");
  if (alias.is_object() && !IsFunction(alias)) CheckDomainName(alias.Get("DNSName"), problems);
  const absl::StatusOr<dns::RecordType> type = dns::ParseRecordType(properties.Get("Type").text());
  // One that there is not is told as such.
  if (!type.ok()) return;
  const bool is_address = *type == dns::RecordType::kA || *type == dns::RecordType::kAaaa;
  if (alias.is_object() && !is_address) {
    Add(problems, properties.Get("Type"),
        absl::StrCat("AWS::Route53::RecordSet with AliasTarget has Type A or AAAA here, not ", dns::ToString(*type)));
  }
  CheckValues(*type, properties.Get("ResourceRecords"), problems);
}

}  // namespace nubo::stack::tables
