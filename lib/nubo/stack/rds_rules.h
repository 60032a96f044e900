// What RDS asks of a DB instance's own words: engines, ports, names, passwords. Templates are checked by these rules
// before anything is made, and the region by the same when it makes or changes one.
//
// Source: the API reference's CreateDBInstance, of RDS for MySQL and MariaDB.
//
// Example:
//   NUBO_RETURN_IF_ERROR(rds::CheckIdentifier("todo-db"));
//   NUBO_RETURN_IF_ERROR(rds::CheckPassword(password));
//
// Errors are INVALID_ARGUMENT with AWS's code: InvalidParameterValue, or InvalidParameterCombination.
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_RDS_RULES_H_
#define NUBO_STACK_RDS_RULES_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nubo::stack::rds {

// Comma-separated: those that AWS has, and of these those that are here.
inline constexpr char kEngines[] =
    "aurora-mysql,aurora-postgresql,custom-oracle-ee,custom-oracle-ee-cdb,custom-oracle-se2,custom-oracle-se2-cdb,"
    "custom-sqlserver-ee,custom-sqlserver-se,custom-sqlserver-web,custom-sqlserver-dev,db2-ae,db2-se,mariadb,mysql,"
    "oracle-ee,oracle-ee-cdb,oracle-se2,oracle-se2-cdb,postgres,sqlserver-ee,sqlserver-se,sqlserver-ex,sqlserver-web";
inline constexpr char kEnginesOffered[] = "mysql,mariadb";

inline constexpr int kPortMin = 1150;
inline constexpr int kPortMax = 65535;
// Of both engines; the second is how schemas have it.
inline constexpr int kPortDefault = 3306;
inline constexpr char kPortDefaultText[] = "3306";

inline constexpr size_t kIdentifierSizeMax = 63;

// One of kEnginesOffered, in any case.
absl::Status CheckEngine(absl::string_view engine);

absl::Status CheckPort(int64_t port);

// DBInstanceIdentifier: letters, digits and hyphens, of which none is the last or stands beside another.
absl::Status CheckIdentifier(absl::string_view identifier);

// DBName and MasterUsername: letters, digits and underscores, and no word that the engine keeps for itself.
absl::Status CheckDatabaseName(absl::string_view name);
absl::Status CheckMasterUsername(absl::string_view name);

// MasterUserPassword. The message does not say what it is.
absl::Status CheckPassword(absl::string_view password);

// Whether the password is RDS's own (ManageMasterUserPassword), or MasterUserPassword is given.
absl::Status CheckPasswordSource(bool is_managed, bool is_given);

}  // namespace nubo::stack::rds

#endif  // NUBO_STACK_RDS_RULES_H_
