#include "nubo/region/databases/operations.h"

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/network/security_group_rules.h"
#include "nubo/region/resources/ids.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/names.h"
#include "nubo/stack/schema.h"

namespace nubo::region {
namespace {

namespace rds = stack::rds;

constexpr int kPasswordDigits = 40;
// In place of a stack's name, which begins with a letter.
constexpr char kOfNoStack[] = "_";

absl::StatusOr<const v1::DatabaseState*> Find(const Context& context, const std::string& identifier) {
  const v1::DatabaseState* record = context.model.databases.Find(absl::AsciiStrToLower(identifier));
  if (record != nullptr) return record;
  return base::WithErrorCode(absl::NotFoundError(absl::StrCat("there is no DB instance ", identifier)),
                             "DBInstanceNotFound");
}

absl::Status InvalidState(absl::string_view message) {
  return base::WithErrorCode(absl::FailedPreconditionError(message), "InvalidDBInstanceState");
}

absl::Status CheckGroups(const Context& context, const std::vector<std::string>& group_ids) {
  for (const std::string& id : group_ids) {
    NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, stack::IdKind::kSecurityGroup, id));
  }
  return absl::OkStatus();
}

absl::Status CheckWords(const CreateDBInstanceRequest& request) {
  NUBO_RETURN_IF_ERROR(rds::CheckIdentifier(request.db_instance_identifier));
  NUBO_RETURN_IF_ERROR(rds::CheckEngine(request.engine));
  NUBO_RETURN_IF_ERROR(rds::CheckMasterUsername(request.master_username));
  if (!request.db_name.empty()) NUBO_RETURN_IF_ERROR(rds::CheckDatabaseName(request.db_name));
  NUBO_RETURN_IF_ERROR(rds::CheckPort(request.port));
  const std::optional<std::string>& password = request.master_user_password;
  NUBO_RETURN_IF_ERROR(rds::CheckPasswordSource(request.manage_master_user_password, password.has_value()));
  return password.has_value() ? rds::CheckPassword(*password) : absl::OkStatus();
}

// That of the groups; "" without any.
absl::StatusOr<std::string> VpcOf(const Context& context, const std::vector<std::string>& group_ids) {
  std::string vpc_id;
  for (const std::string& id : group_ids) {
    const std::optional<v1::PlainState> group = FindSecurityGroup(context.model, id);
    if (!group.has_value() || group->vpc_id() == vpc_id) continue;
    if (!vpc_id.empty()) {
      return base::WithErrorCode(
          absl::InvalidArgumentError(absl::StrCat("the security groups of a DB instance are of one VPC, and ", id,
                                                  " is in ", group->vpc_id(), ", another in ", vpc_id)),
          "InvalidParameterCombination");
    }
    vpc_id = group->vpc_id();
  }
  return vpc_id;
}

// The first subnet of the VPC of its security groups; without them, of the only VPC its stack has.
absl::StatusOr<std::string> ChooseSubnet(const Context& context, const v1::Owner& owner,
                                         const CreateDBInstanceRequest& request) {
  NUBO_ASSIGN_OR_RETURN(const std::string vpc_id, VpcOf(context, request.vpc_security_group_ids));
  const std::string& stack_name = owner.stack_name();
  for (const auto& [id, subnet] : context.model.subnets) {
    const bool is_near =
        vpc_id.empty() ? !stack_name.empty() && subnet.owner().stack_name() == stack_name : subnet.vpc_id() == vpc_id;
    const std::string& zone = request.availability_zone;
    if (is_near && (zone.empty() || subnet.availability_zone() == zone)) return id;
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
void ChooseDirectory(const Context& context, v1::DatabaseState& record) {
  const v1::Owner& owner = record.owner();
  if (owner.stack_name().empty()) {
    record.set_data_directory(absl::StrCat("data/", kOfNoStack, "/", record.id()));
    return;
  }
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

// The secret's ARN. `password` is absent where RDS makes it.
std::string KeepSecret(Context& context, const std::string& username, const std::optional<std::string>& password) {
  v1::SecretState secret;
  secret.set_arn(Arn("secretsmanager", absl::StrCat("secret:rds!", context.ids.NewId("db"))));
  secret.set_username(username);
  secret.set_password(password.has_value() ? *password : context.ids.NewHex(kPasswordDigits));
  const std::string arn = secret.arn();
  context.model.secrets.Put(arn, std::move(secret));
  return arn;
}

void SetGroups(const std::vector<std::string>& group_ids, v1::DatabaseState& record) {
  record.mutable_security_group_ids()->Assign(group_ids.begin(), group_ids.end());
}

// A database stays in its VPC; of the groups of that VPC it may be in any.
absl::Status CheckSameVpc(const Context& context, const std::vector<std::string>& group_ids,
                          const v1::DatabaseState& record) {
  NUBO_RETURN_IF_ERROR(CheckGroups(context, group_ids));
  const v1::SubnetState* subnet = context.model.subnets.Find(record.subnet_id());
  for (const std::string& group_id : group_ids) {
    const std::optional<v1::PlainState> group = FindSecurityGroup(context.model, group_id);
    if (!group.has_value() || subnet == nullptr || group->vpc_id() == subnet->vpc_id()) continue;
    return base::WithErrorCode(
        absl::FailedPreconditionError(absl::StrCat(
            "DB instance ", record.id(), " is in VPC ", subnet->vpc_id(), " and cannot move to ", group->vpc_id(),
            ", where security group ", group_id, " is; give it another DBInstanceIdentifier, which makes a new one")),
        "InvalidVPCNetworkStateFault");
  }
  return absl::OkStatus();
}

// Whether RDS keeps the password from now on.
absl::StatusOr<bool> CheckPasswordChange(const ModifyDBInstanceRequest& request, const v1::DatabaseState& record) {
  const bool is_managed = request.manage_master_user_password.value_or(record.managed_password());
  const std::optional<std::string>& password = request.master_user_password;
  // One of its own that it has already need not be given again.
  const bool is_given = password.has_value() || (!is_managed && !record.managed_password());
  NUBO_RETURN_IF_ERROR(rds::CheckPasswordSource(is_managed, is_given));
  if (password.has_value()) NUBO_RETURN_IF_ERROR(rds::CheckPassword(*password));
  return is_managed;
}

void SetPassword(Context& context, const std::string& id, const std::string& password) {
  const std::string arn = context.model.databases.Find(id)->secret_arn();
  context.model.secrets.Update(arn, [&](v1::SecretState& changed) { changed.set_password(password); });
  // The server learns its password as it starts.
  context.model.databases.Update(id, [&](v1::DatabaseState& changed) {
    changed.set_restart_wanted(true);
    changed.set_status("resetting-master-credentials");
  });
}

}  // namespace

absl::StatusOr<std::string> CreateDBInstance(Context& context, const v1::Owner& owner,
                                             const CreateDBInstanceRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckWords(request));
  NUBO_RETURN_IF_ERROR(CheckDBInstanceIdentifier(context.model, {}, request.db_instance_identifier));
  NUBO_RETURN_IF_ERROR(CheckGroups(context, request.vpc_security_group_ids));
  NUBO_ASSIGN_OR_RETURN(const std::string subnet, ChooseSubnet(context, owner, request));
  NUBO_ASSIGN_OR_RETURN(const Address address, TakeAddress(context, subnet));
  v1::DatabaseState record;
  *record.mutable_owner() = owner;
  record.set_id(absl::AsciiStrToLower(request.db_instance_identifier));
  record.set_port(request.port);
  record.set_username(request.master_username);
  record.set_database_name(request.db_name);
  record.set_deletion_protection(request.deletion_protection);
  record.set_managed_password(request.manage_master_user_password);
  record.set_subnet_id(subnet);
  record.set_private_ip(address.private_ip);
  record.set_loopback_ip(address.loopback_ip);
  SetGroups(request.vpc_security_group_ids, record);
  record.set_endpoint_name(absl::StrCat(record.id(), ".", context.ids.NewHex(12), ".", kDatabaseZone));
  ChooseDirectory(context, record);
  record.set_status("creating");
  record.set_secret_arn(KeepSecret(context, request.master_username, request.master_user_password));
  const std::string id = record.id();
  context.model.databases.Put(id, std::move(record));
  return id;
}

absl::Status CheckDBInstanceIdentifier(const Model& model, const v1::Owner& owner, absl::string_view identifier) {
  const std::string id = absl::AsciiStrToLower(identifier);
  const bool taken =
      !id.empty() && IsTaken(model.databases, owner, [&](const auto& other) { return other.id() == id; });
  return taken ? NameInUse("DB instance", id, "DBInstanceAlreadyExists") : absl::OkStatus();
}

absl::Status ModifyDBInstance(Context& context, const ModifyDBInstanceRequest& request) {
  NUBO_ASSIGN_OR_RETURN(const v1::DatabaseState* record, Find(context, request.db_instance_identifier));
  if (record->deleting()) return InvalidState(absl::StrCat("DB instance ", record->id(), " is being deleted"));
  NUBO_ASSIGN_OR_RETURN(const bool is_managed, CheckPasswordChange(request, *record));
  NUBO_RETURN_IF_ERROR(
      CheckSameVpc(context, request.vpc_security_group_ids.value_or(std::vector<std::string>()), *record));
  const std::string id = record->id();
  const v1::SecretState* secret = context.model.secrets.Find(record->secret_arn());
  const std::string former = secret == nullptr ? "" : secret->password();
  const bool makes_own = is_managed && !record->managed_password();
  context.model.databases.Update(id, [&](v1::DatabaseState& changed) {
    changed.set_managed_password(is_managed);
    changed.set_deletion_protection(request.deletion_protection.value_or(changed.deletion_protection()));
    if (request.vpc_security_group_ids.has_value()) SetGroups(*request.vpc_security_group_ids, changed);
  });
  const std::string password =
      makes_own ? context.ids.NewHex(kPasswordDigits) : request.master_user_password.value_or(former);
  if (password != former) SetPassword(context, id, password);
  return absl::OkStatus();
}

absl::Status DeleteDBInstance(Context& context, const DeleteDBInstanceRequest& request) {
  NUBO_ASSIGN_OR_RETURN(const v1::DatabaseState* record, Find(context, request.db_instance_identifier));
  if (record->deletion_protection()) {
    return base::WithErrorCode(absl::FailedPreconditionError("Cannot delete protected DB Instance, please disable "
                                                             "deletion protection and try again."),
                               "InvalidParameterCombination");
  }
  if (record->deleting()) return InvalidState(absl::StrCat("DB instance ", record->id(), " is being deleted already"));
  context.model.databases.Update(record->id(), [&](v1::DatabaseState& changed) {
    changed.set_deleting(true);
    changed.set_delete_data(request.delete_data);
    changed.set_status("deleting");
  });
  return absl::OkStatus();
}

absl::Status RebootDBInstance(Context& context, const RebootDBInstanceRequest& request) {
  NUBO_ASSIGN_OR_RETURN(const v1::DatabaseState* record, Find(context, request.db_instance_identifier));
  if (record->status() != "available") {
    return InvalidState(absl::StrCat("DB instance ", record->id(), " is ", record->status(), ", and not available"));
  }
  context.model.databases.Update(record->id(), [](v1::DatabaseState& changed) {
    changed.set_restart_wanted(true);
    changed.set_status("rebooting");
  });
  return absl::OkStatus();
}

}  // namespace nubo::region
