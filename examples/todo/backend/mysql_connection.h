// One connection to MySQL or MariaDB, and prepared statements on it.
//
// Values travel only as parameters, never inside SQL text. Statements are prepared once a connection.
//
// Example:
//   auto connection = *MysqlConnection::Open({.host = "127.0.0.1", .user = "todo", .database = "todo"});
//   MysqlResult found = *connection->Execute("SELECT id FROM users WHERE name_key = ?", {std::string("ada")});
//
// Errors of Execute:
//   UNAVAILABLE: the connection broke (see broken()); the statement may or may not have run.
//   ALREADY_EXISTS: a unique key has this value already.
//   ABORTED: a deadlock or a lock's time limit; the transaction was rolled back and may be run again.
//   INTERNAL: anything else, with the server's number and text.
//
// Thread safety: thread-compatible.
#ifndef EXAMPLES_TODO_BACKEND_MYSQL_CONNECTION_H_
#define EXAMPLES_TODO_BACKEND_MYSQL_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

struct st_mysql;
struct st_mysql_stmt;

namespace nubo::examples::todo {

struct MysqlAddress {
  // An IP address.
  std::string host;
  uint16_t port = 3306;
  std::string user;
  std::string password;
  std::string database;
  // Rounded up to whole seconds, at least 1.
  absl::Duration connect_timeout = absl::Seconds(2);
  // How long one statement may take: the connection is given up after that.
  absl::Duration io_timeout = absl::Seconds(5);
};

// std::monostate is NULL.
using MysqlValue = std::variant<std::monostate, int64_t, std::string>;

struct MysqlResult {
  std::vector<std::vector<MysqlValue>> rows;
  // Rows inserted, deleted or really changed.
  int64_t affected = 0;

  // Of a column that is known to hold a number or text.
  int64_t Integer(size_t row, size_t column) const { return std::get<int64_t>(rows[row][column]); }
  const std::string& Text(size_t row, size_t column) const { return std::get<std::string>(rows[row][column]); }
};

class MysqlConnection {
 public:
  // UNAVAILABLE: nobody answers there, or the server takes no connection now. INTERNAL: the server refuses this user,
  // password or database.
  static absl::StatusOr<std::unique_ptr<MysqlConnection>> Open(const MysqlAddress& address);
  ~MysqlConnection();
  MysqlConnection(const MysqlConnection&) = delete;
  MysqlConnection& operator=(const MysqlConnection&) = delete;

  // `sql` is a constant of the program: each different text is prepared once and kept.
  absl::StatusOr<MysqlResult> Execute(absl::string_view sql, std::vector<MysqlValue> parameters = {});

  // True once the connection can no longer be used.
  bool broken() const { return broken_; }

 private:
  explicit MysqlConnection(st_mysql* mysql);
  absl::StatusOr<st_mysql_stmt*> Prepare(absl::string_view sql);
  absl::StatusOr<MysqlResult> Fetch(st_mysql_stmt* statement);
  // The error of the connection or statement as a status.
  absl::Status ToStatus(unsigned code, absl::string_view message);

  st_mysql* const mysql_;
  bool broken_ = false;
  absl::flat_hash_map<std::string, st_mysql_stmt*> statements_;
};

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_BACKEND_MYSQL_CONNECTION_H_
