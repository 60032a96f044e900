// DB instances.
#include "nubo/region/databases/resource_types.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/databases/databases.h"
#include "nubo/region/databases/describe.h"
#include "nubo/region/databases/operations.h"
#include "nubo/region/resources/shown.h"
#include "nubo/stack/executor.h"
#include "nubo/stack/rds_rules.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::Value;

Value Text(absl::string_view text) { return Value::String(text); }

// A stack's name may have two hyphens in a row, and what is left of it may end with one; an identifier has neither.
std::string GeneratedIdentifier(Context& context, const v1::Owner& owner) {
  std::string name = GeneratedName(context, owner, stack::rds::kIdentifierSizeMax);
  const auto are_hyphens = [](char a, char b) { return a == '-' && b == '-'; };
  name.erase(std::unique(name.begin(), name.end(), are_hyphens), name.end());
  return name;
}

std::optional<std::string> GivenText(const Value& value) {
  return value.is_null() ? std::nullopt : std::optional<std::string>(value.text());
}

absl::StatusOr<std::string> CreateDatabase(Context& context, const v1::Owner& owner, const Value& properties) {
  const std::string& name = properties.Get("DBInstanceIdentifier").text();
  CreateDBInstanceRequest request;
  request.db_instance_identifier = name.empty() ? GeneratedIdentifier(context, owner) : name;
  request.engine = properties.Get("Engine").text();
  request.master_username = properties.Get("MasterUsername").text();
  request.master_user_password = GivenText(properties.Get("MasterUserPassword"));
  request.manage_master_user_password = properties.Get("ManageMasterUserPassword").AsBool().value_or(false);
  request.db_name = properties.Get("DBName").text();
  request.port = static_cast<int>(properties.Get("Port").AsInteger().value_or(request.port));
  request.vpc_security_group_ids = properties.Get("VPCSecurityGroups").ItemTexts();
  request.availability_zone = properties.Get("AvailabilityZone").text();
  request.deletion_protection = properties.Get("DeletionProtection").AsBool().value_or(false);
  return CreateDBInstance(context, owner, request);
}

absl::Status UpdateDatabase(Context& context, const std::string& id, const Value& properties) {
  ModifyDBInstanceRequest request{.db_instance_identifier = id};
  request.master_user_password = GivenText(properties.Get("MasterUserPassword"));
  request.manage_master_user_password = properties.Get("ManageMasterUserPassword").AsBool().value_or(false);
  request.vpc_security_group_ids = properties.Get("VPCSecurityGroups").ItemTexts();
  request.deletion_protection = properties.Get("DeletionProtection").AsBool().value_or(false);
  return ModifyDBInstance(context, request);
}

absl::Status DeleteDatabase(Context& context, const stack::ResourceContext& resource, const std::string& id) {
  const v1::DatabaseState* record = context.model.databases.Find(id);
  if (record == nullptr || record->deleting()) return absl::OkStatus();
  // What an update made, and takes back, has never held anything.
  const bool is_taken_back = stack::IsUpdateRollback(resource.stack_status) && record->fresh_data();
  return DeleteDBInstance(context,
                          {.db_instance_identifier = id, .delete_data = is_taken_back || resource.delete_data});
}

}  // namespace

void AddDatabaseTypes(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::RDS::DBInstance");
  type.create = [](Context& context, const stack::ResourceContext& resource, const Value& properties) {
    return CreateDatabase(context, OwnerOf(resource), properties);
  };
  type.update = [](Context& context, const stack::ResourceContext&, const std::string& id, const Value& properties) {
    return UpdateDatabase(context, id, properties);
  };
  type.poll = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    const v1::DatabaseState* record = context.model.databases.Find(id);
    if (record == nullptr) return Progress::Failed("the database is gone");
    constexpr int kTries = 3;
    if (record->status() == "creating" && record->restarts() >= kTries) {
      const v1::ServiceState* service = context.model.services.Find(DatabaseServiceId(record->id()));
      return Progress::Failed(absl::StrCat("mariadbd ", service == nullptr ? "ended" : service->last_exit(), " ",
                                           record->restarts(), " times in a row; nubo logs ", record->id(),
                                           " says why"));
    }
    if (record->status() != "available") return Progress::InProgress();
    return Progress::Complete({{"Endpoint.Address", Text(record->endpoint_name())},
                               {"Endpoint.Port", Text(absl::StrCat(record->port()))},
                               {"Endpoint.HostedZoneId", Text("Z2R2ITUGPM61AM")},
                               {"DBInstanceArn", Text(Arn("rds", absl::StrCat("db:", record->id())))},
                               {"DbiResourceId", Text(absl::StrCat("db-", record->id()))},
                               {"MasterUserSecret.SecretArn", Text(record->secret_arn())}});
  };
  type.remove = [](Context& context, const stack::ResourceContext& resource, const std::string& id) {
    return DeleteDatabase(context, resource, id);
  };
  type.poll_delete = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    return context.model.databases.Find(id) == nullptr ? Progress::Complete() : Progress::InProgress();
  };
  type.check_name = [](const Model& model, const v1::Owner& owner, const Value& properties) {
    return CheckDBInstanceIdentifier(model, owner, properties.Get("DBInstanceIdentifier").text());
  };
  type.disown = [](Model& model, const std::string& id) { Disown(model.databases, id); };
  type.show = [](const Context& context, const std::string& id, google::protobuf::Struct* shown) {
    if (context.model.databases.Find(id) == nullptr) return false;
    return ShowFromList<rds::v1::DescribeDbInstancesResponse>(
        context, [](const auto& response) { return response.databases(); },
        [&](const auto& database) { return database.db_instance_identifier() == id; }, shown);
  };
  type.process = [](const Context& context, const std::string& id) {
    return context.model.databases.Find(id) == nullptr ? "" : DatabaseServiceId(id);
  };
  type.protect = [](Context& context, const std::string& id, bool on) -> absl::StatusOr<bool> {
    const v1::DatabaseState* record = context.model.databases.Find(id);
    if (record == nullptr) return absl::NotFoundError("no DB instance is called so");
    const bool former = record->deletion_protection();
    NUBO_RETURN_IF_ERROR(ModifyDBInstance(context, {.db_instance_identifier = id, .deletion_protection = on}));
    return former;
  };
}

}  // namespace nubo::region
