// RDS's calls: the one way to change DB instances.
//
// What their words may be are stack::rds' rules. A DB instance has the status "creating" until its server has answered
// for the first time, and is gone once its server has ended (databases.h).
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string id, CreateDBInstance(context, {}, {.db_instance_identifier = "todo",
//                                                                              .engine = "mysql",
//                                                                              .master_username = "todo",
//                                                                              .manage_master_user_password = true,
//                                                                              .vpc_security_group_ids = {group}}));
//   NUBO_RETURN_IF_ERROR(DeleteDBInstance(context, {.db_instance_identifier = id, .delete_data = true}));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_DATABASES_OPERATIONS_H_
#define NUBO_REGION_DATABASES_OPERATIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/region/state/context.h"
#include "nubo/stack/rds_rules.h"

namespace nubo::region {

struct CreateDBInstanceRequest {
  // Kept in lower case.
  std::string db_instance_identifier;
  // "mysql" or "mariadb", in any case.
  std::string engine;
  std::string master_username;
  // One of the two: a password, or that RDS makes one and keeps it as a secret.
  std::optional<std::string> master_user_password = {};
  bool manage_master_user_password = false;
  // Of the database that is made in it; "": none.
  std::string db_name = {};
  int port = stack::rds::kPortDefault;
  // All of one VPC, in a subnet of which it gets its address. None: in a subnet of its stack.
  std::vector<std::string> vpc_security_group_ids = {};
  // Of that subnet; "": any.
  std::string availability_zone = {};
  bool deletion_protection = false;
};

// Returns its identifier. Its data are those that the last DB instance of the same logical id, or of the same
// identifier if it belongs to no stack, has left behind. ALREADY_EXISTS (DBInstanceAlreadyExists). INVALID_ARGUMENT: as
// stack::rds' rules; InvalidParameterCombination, groups of several VPCs. NOT_FOUND (InvalidGroup.NotFound): a group
// that there is not. FAILED_PRECONDITION (InvalidVPCNetworkStateFault): no subnet. RESOURCE_EXHAUSTED: no address is
// left in it.
absl::StatusOr<std::string> CreateDBInstance(Context& context, const v1::Owner& owner,
                                             const CreateDBInstanceRequest& request);

// ALREADY_EXISTS (DBInstanceAlreadyExists): one that is not `owner`'s is called so. "" is nobody's.
absl::Status CheckDBInstanceIdentifier(const Model& model, const v1::Owner& owner, absl::string_view identifier);

// What is absent stays as it is.
struct ModifyDBInstanceRequest {
  std::string db_instance_identifier;
  std::optional<std::string> master_user_password = {};
  std::optional<bool> manage_master_user_password = {};
  // Which of them acts on nothing.
  std::optional<std::vector<std::string>> vpc_security_group_ids = {};
  std::optional<bool> deletion_protection = {};
};

// Another password is learnt by starting the server again, which the status "resetting-master-credentials" tells.
// NOT_FOUND (DBInstanceNotFound, InvalidGroup.NotFound). INVALID_ARGUMENT (InvalidParameterCombination): a password is
// given and RDS keeps its own, or neither; (InvalidParameterValue) no password. FAILED_PRECONDITION: groups of another
// VPC (InvalidVPCNetworkStateFault), or it is being deleted (InvalidDBInstanceState).
absl::Status ModifyDBInstance(Context& context, const ModifyDBInstanceRequest& request);

struct DeleteDBInstanceRequest {
  std::string db_instance_identifier;
  // Or they stay for the next one; CreateDBInstance says for which.
  bool delete_data = false;
};

// NOT_FOUND (DBInstanceNotFound). FAILED_PRECONDITION: it is protected from deletion (InvalidParameterCombination), or
// being deleted already (InvalidDBInstanceState).
absl::Status DeleteDBInstance(Context& context, const DeleteDBInstanceRequest& request);

struct RebootDBInstanceRequest {
  std::string db_instance_identifier;
};

// NOT_FOUND (DBInstanceNotFound). FAILED_PRECONDITION (InvalidDBInstanceState): it is not available.
absl::Status RebootDBInstance(Context& context, const RebootDBInstanceRequest& request);

}  // namespace nubo::region

#endif  // NUBO_REGION_DATABASES_OPERATIONS_H_
