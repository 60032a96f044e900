// What a DB instance says by itself: the rules are RDS's (rds_rules.h).
#include "nubo/stack/schema_checks.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/stack/rds_rules.h"
#include "nubo/stack/schema_literals.h"

namespace nubo::stack::tables {
namespace {

constexpr absl::string_view kWhose = "AWS::RDS::DBInstance";

void AddRefusal(Problems& problems, const Value& where, const absl::Status& status) {
  if (!status.ok()) Add(problems, where, absl::StrCat(status.message(), " (", base::ErrorCode(status), ")"));
}

// `check` is asked of what is literal.
void CheckText(const Value& properties, const char* name, absl::Status (*check)(absl::string_view),
               Problems& problems) {
  const Value& value = properties.Get(name);
  if (value.is_scalar()) AddRefusal(problems, value, check(value.text()));
}

}  // namespace

void CheckDbInstance(const Value& properties, Problems& problems) {
  for (const char* name : {"Engine", "MasterUsername"}) {
    if (!properties.Has(name)) Add(problems, properties, absl::StrCat(kWhose, " needs the property \"", name, "\""));
  }
  CheckText(properties, "DBInstanceIdentifier", rds::CheckIdentifier, problems);
  CheckText(properties, "DBName", rds::CheckDatabaseName, problems);
  CheckText(properties, "MasterUsername", rds::CheckMasterUsername, problems);
  // What a dynamic reference stands for is another text.
  const bool is_reference = absl::StrContains(properties.Get("MasterUserPassword").text(), "{{resolve:");
  if (!is_reference) CheckText(properties, "MasterUserPassword", rds::CheckPassword, problems);
  const Value& managed = properties.Get("ManageMasterUserPassword");
  if (IsFunction(managed)) return;
  AddRefusal(problems, properties,
             rds::CheckPasswordSource(managed.AsBool().value_or(false), properties.Has("MasterUserPassword")));
}

}  // namespace nubo::stack::tables
