// What a hosted zone and a record set say by themselves: names, values, aliases.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/dns/route53.h"
#include "nubo/stack/functions.h"
#include "nubo/stack/schema_checks.h"

namespace nubo::stack::tables {
namespace {

using Problems = std::vector<Diagnostic>;

void AddStatus(Problems& problems, const Value& where, const absl::Status& status) {
  if (!status.ok()) problems.push_back({where.location(), std::string(status.message())});
}

void CheckName(const Value& name, Problems& problems) {
  if (name.is_scalar()) AddStatus(problems, name, dns::route53::ParseName(name.text()).status());
}

void CheckValues(dns::RecordType type, const Value& values, Problems& problems) {
  if (!values.is_list()) return;
  std::vector<std::string> known;
  for (const Value& value : values.items()) {
    if (!value.is_scalar()) continue;
    const absl::Status status = dns::route53::ParseValue(type, value.text()).status();
    AddStatus(problems, value, status);
    if (status.ok()) known.push_back(value.text());
  }
  // What they are together, once each is right by itself.
  if (known.size() == values.items().size()) {
    AddStatus(problems, values, dns::route53::ParseValues(type, known).status());
  }
}

}  // namespace

void CheckHostedZone(const Value& properties, Problems& problems) { CheckName(properties.Get("Name"), problems); }

void CheckRecordValues(const Value& properties, Problems& problems) {
  CheckName(properties.Get("Name"), problems);
  CheckName(properties.Get("HostedZoneName"), problems);
  const Value& alias = properties.Get("AliasTarget");
  if (alias.is_object() && AsFunction(alias) == nullptr) CheckName(alias.Get("DNSName"), problems);
  const absl::StatusOr<dns::RecordType> type = dns::ParseRecordType(properties.Get("Type").text());
  // One that there is not is told as such.
  if (!type.ok()) return;
  const bool is_address = *type == dns::RecordType::kA || *type == dns::RecordType::kAaaa;
  if (alias.is_object() && !is_address) {
    problems.push_back(
        {properties.Get("Type").location(),
         absl::StrCat("AWS::Route53::RecordSet with AliasTarget has Type A or AAAA here, not ", dns::ToString(*type))});
  }
  CheckValues(*type, properties.Get("ResourceRecords"), problems);
}

}  // namespace nubo::stack::tables
