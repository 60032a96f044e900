// DB instances.
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/databases/databases.h"
#include "nubo/region/databases/describe.h"
#include "nubo/region/databases/resource_types.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/resources/shown.h"
#include "nubo/region/state/names.h"
#include "nubo/stack/executor.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::Value;

constexpr char kDefaultPort[] = "3306";
// AWS's bound on a DB instance's name.
constexpr size_t kNameMax = 63;
constexpr int kPasswordDigits = 40;

Value Text(absl::string_view text) { return Value::String(text); }

// The first subnet of the VPC of its security group; without one, of the only VPC its stack has.
absl::StatusOr<std::string> ChooseSubnet(const Context& context, const v1::Owner& owner, const Value& properties) {
  std::string vpc_id;
  for (const std::string& group_id : properties.Get("VPCSecurityGroups").ItemTexts()) {
    if (const v1::PlainState* group = context.model.plain.Find(group_id)) vpc_id = group->vpc_id();
  }
  const std::string& zone = properties.Get("AvailabilityZone").text();
  for (const auto& [id, subnet] : context.model.subnets) {
    if (!vpc_id.empty() ? subnet.vpc_id() != vpc_id : subnet.owner().stack_name() != owner.stack_name()) continue;
    if (zone.empty() || subnet.availability_zone() == zone) return id;
  }
  return base::WithErrorCode(absl::FailedPreconditionError(
                                 "there is no subnet for the database; give VPCSecurityGroups of a VPC that has one"),
                             "InvalidVPCNetworkStateFault");
}

std::string DirectoryName(const v1::Owner& owner, int number) {
  return absl::StrCat("data/", owner.stack_name(), "/", owner.logical_id(),
                      number == 1 ? "" : absl::StrCat("-", number));
}

// Where its data are: the last directory that a database of this logical id has left behind. One that takes the place
// of another, which still runs, gets a directory of its own beyond them all, empty as a new instance is at AWS.
void ChooseDirectory(const Context& context, const v1::Owner& owner, v1::DatabaseState& record) {
  const auto exists = [&](int number) {
    std::error_code ignored;
    return std::filesystem::exists(absl::StrCat(context.paths.state, "/", DirectoryName(owner, number)), ignored);
  };
  int last = 1;
  for (int number = 2; exists(number); ++number) last = number;
  for (const auto& [id, other] : context.model.databases) {
    for (int number = last; other.data_directory() == DirectoryName(owner, number); ++number) {
      last = number + 1;
      record.set_fresh_data(true);
    }
  }
  record.set_data_directory(DirectoryName(owner, last));
}

absl::StatusOr<bool> IsManaged(const Value& properties) {
  const bool managed = properties.Get("ManageMasterUserPassword").AsBool().value_or(false);
  if (managed != properties.Get("MasterUserPassword").text().empty()) {
    return absl::InvalidArgumentError("give either ManageMasterUserPassword: true or MasterUserPassword");
  }
  return managed;
}

absl::StatusOr<std::string> CreateDatabase(Context& context, const v1::Owner& owner, const Value& properties) {
  v1::DatabaseState record;
  *record.mutable_owner() = owner;
  const std::string& name = properties.Get("DBInstanceIdentifier").text();
  record.set_id(absl::AsciiStrToLower(name.empty() ? GeneratedName(context, owner, kNameMax) : name));
  if (context.model.databases.Find(record.id()) != nullptr) {
    return base::WithErrorCode(
        absl::AlreadyExistsError(absl::StrCat("there is a DB instance ", record.id(), " already")),
        "DBInstanceAlreadyExists");
  }
  record.set_port(static_cast<int>(properties.Get("Port").AsInteger().value_or(*Text(kDefaultPort).AsInteger())));
  record.set_username(properties.Get("MasterUsername").text());
  record.set_database_name(properties.Get("DBName").text());
  record.set_deletion_protection(properties.Get("DeletionProtection").AsBool().value_or(false));
  const std::string engine = absl::AsciiStrToLower(properties.Get("Engine").text());
  if (engine != "mysql" && engine != "mariadb") {
    return base::WithErrorCode(
        absl::InvalidArgumentError(absl::StrCat("Invalid DB engine: ", engine, "; there are mysql and mariadb")),
        "InvalidParameterValue");
  }
  NUBO_ASSIGN_OR_RETURN(const bool managed, IsManaged(properties));
  record.set_managed_password(managed);
  NUBO_ASSIGN_OR_RETURN(const std::string subnet, ChooseSubnet(context, owner, properties));
  NUBO_ASSIGN_OR_RETURN(const Address address, TakeAddress(context, subnet));
  record.set_subnet_id(subnet);
  record.set_private_ip(address.private_ip);
  record.set_loopback_ip(address.loopback_ip);
  record.set_endpoint_name(absl::StrCat(record.id(), ".", context.ids.NewHex(12), ".", kDatabaseZone));
  ChooseDirectory(context, owner, record);
  record.set_status("creating");

  v1::SecretState secret;
  secret.set_arn(Arn("secretsmanager", absl::StrCat("secret:rds!", context.ids.NewId("db"))));
  secret.set_username(record.username());
  secret.set_password(managed ? context.ids.NewHex(kPasswordDigits) : properties.Get("MasterUserPassword").text());
  record.set_secret_arn(secret.arn());
  context.model.secrets.Put(secret.arn(), secret);
  const std::string id = record.id();
  context.model.databases.Put(id, std::move(record));
  return id;
}

// A database stays in its VPC; which of the groups of that VPC it is in acts on nothing.
absl::Status CheckSameVpc(const Context& context, const Value& properties, const v1::DatabaseState& record) {
  const v1::SubnetState* subnet = context.model.subnets.Find(record.subnet_id());
  for (const std::string& group_id : properties.Get("VPCSecurityGroups").ItemTexts()) {
    const v1::PlainState* group = context.model.plain.Find(group_id);
    if (group == nullptr || subnet == nullptr || group->vpc_id() == subnet->vpc_id()) continue;
    return base::WithErrorCode(
        absl::FailedPreconditionError(absl::StrCat(
            "DB instance ", record.id(), " is in VPC ", subnet->vpc_id(), " and cannot move to ", group->vpc_id(),
            ", where security group ", group_id, " is; give it another DBInstanceIdentifier, which makes a new one")),
        "InvalidVPCNetworkStateFault");
  }
  return absl::OkStatus();
}

absl::Status UpdateDatabase(Context& context, const std::string& id, const Value& properties) {
  const v1::DatabaseState* record = context.model.databases.Find(id);
  if (record == nullptr) return absl::NotFoundError(absl::StrCat("there is no DB instance ", id));
  NUBO_ASSIGN_OR_RETURN(const bool managed, IsManaged(properties));
  NUBO_RETURN_IF_ERROR(CheckSameVpc(context, properties, *record));
  const std::string& given = properties.Get("MasterUserPassword").text();
  const v1::SecretState* secret = context.model.secrets.Find(record->secret_arn());
  const bool is_protected = properties.Get("DeletionProtection").AsBool().value_or(false);
  context.model.databases.Update(id,
                                 [&](v1::DatabaseState& changed) { changed.set_deletion_protection(is_protected); });
  const bool same = managed ? record->managed_password() : secret != nullptr && secret->password() == given;
  if (same) return absl::OkStatus();
  const std::string password = managed ? context.ids.NewHex(kPasswordDigits) : given;
  context.model.secrets.Update(record->secret_arn(), [&](v1::SecretState& changed) { changed.set_password(password); });
  // The server learns its password as it starts.
  context.model.databases.Update(id, [&](v1::DatabaseState& changed) {
    changed.set_managed_password(managed);
    changed.set_restart_wanted(true);
    changed.set_status("resetting-master-credentials");
  });
  return absl::OkStatus();
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
  type.remove = [](Context& context, const stack::ResourceContext& resource, const std::string& id) -> absl::Status {
    const v1::DatabaseState* record = context.model.databases.Find(id);
    if (record == nullptr) return absl::OkStatus();
    if (record->deletion_protection()) {
      return base::WithErrorCode(absl::FailedPreconditionError("Cannot delete protected DB Instance, please disable "
                                                               "deletion protection and try again."),
                                 "InvalidParameterCombination");
    }
    // What an update made, and takes back, has never held anything.
    const bool taken_back = stack::IsUpdateRollback(resource.stack_status) && record->fresh_data();
    const bool delete_data = taken_back || resource.delete_data;
    context.model.databases.Update(id, [&](v1::DatabaseState& changed) {
      changed.set_deleting(true);
      changed.set_delete_data(delete_data);
      changed.set_status("deleting");
    });
    return absl::OkStatus();
  };
  type.poll_delete = [](Context& context, const std::string& id) -> absl::StatusOr<Progress> {
    return context.model.databases.Find(id) == nullptr ? Progress::Complete() : Progress::InProgress();
  };
  type.check_name = [](const Model& model, const v1::Owner& owner, const Value& properties) {
    const std::string name = absl::AsciiStrToLower(properties.Get("DBInstanceIdentifier").text());
    const bool taken =
        !name.empty() && IsTaken(model.databases, owner, [&](const auto& other) { return other.id() == name; });
    return taken ? NameInUse("DB instance", name, "DBInstanceAlreadyExists") : absl::OkStatus();
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
    context.model.databases.Update(id, [&](v1::DatabaseState& changed) { changed.set_deletion_protection(on); });
    return former;
  };
}

}  // namespace nubo::region
