#include "examples/todo/backend/mysql_connection.h"

#include <mariadb/errmsg.h>
#include <mariadb/mysql.h>
#include <mariadb/mysqld_error.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::examples::todo {
namespace {

// Run on every new connection; each holds for MySQL 8 and MariaDB alike. Read committed leaves no gap locks to
// deadlock on, and nothing here reads the same row twice in one transaction.
constexpr const char* kSessionSetup[] = {
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
    "SET SESSION innodb_lock_wait_timeout = 3",
};

unsigned ToSeconds(absl::Duration duration) {
  return static_cast<unsigned>(std::max<int64_t>(1, absl::ToInt64Seconds(absl::Ceil(duration, absl::Seconds(1)))));
}

// Errors after which a connection is of no use: the client library's own (2000 to 2999, 5000 and up), and the
// server's goodbyes.
bool EndsConnection(unsigned code) {
  return (code >= CR_MIN_ERROR && code <= CR_MAX_ERROR) || code >= CR_EVENT_CREATE_FAILED ||
         code == ER_SERVER_SHUTDOWN || code == ER_NORMAL_SHUTDOWN || code == ER_CONNECTION_KILLED;
}

// At connecting, what waiting may cure.
bool IsTransient(unsigned code) { return EndsConnection(code) || code == ER_CON_COUNT_ERROR; }

// A parameter as the library wants it; points into `value` and `length`, which must live until execution.
MYSQL_BIND ToBind(MysqlValue& value, unsigned long& length) {
  MYSQL_BIND bind = {};
  bind.length = &length;
  if (auto* number = std::get_if<int64_t>(&value)) {
    bind.buffer_type = MYSQL_TYPE_LONGLONG;
    bind.buffer = number;
  } else if (auto* text = std::get_if<std::string>(&value)) {
    bind.buffer_type = MYSQL_TYPE_STRING;
    bind.buffer = text->data();
    length = bind.buffer_length = text->size();
  } else {
    bind.buffer_type = MYSQL_TYPE_NULL;
  }
  return bind;
}

bool IsInteger(enum_field_types type) {
  return type == MYSQL_TYPE_TINY || type == MYSQL_TYPE_SHORT || type == MYSQL_TYPE_INT24 || type == MYSQL_TYPE_LONG ||
         type == MYSQL_TYPE_LONGLONG;
}

// Where the library writes one column of the row it fetches.
struct Column {
  bool integer = false;
  int64_t number = 0;
  std::string text;
  unsigned long length = 0;
  my_bool null = 0;

  MYSQL_BIND Bind(const MYSQL_FIELD& field) {
    integer = IsInteger(field.type);
    MYSQL_BIND bind = {};
    bind.length = &length;
    bind.is_null = &null;
    if (integer) {
      bind.buffer_type = MYSQL_TYPE_LONGLONG;
      bind.buffer = &number;
    } else {
      text.resize(field.max_length);
      bind.buffer_type = MYSQL_TYPE_STRING;
      bind.buffer = text.data();
      bind.buffer_length = text.size();
    }
    return bind;
  }

  MysqlValue Value() const {
    if (null) return std::monostate();
    if (integer) return number;
    return text.substr(0, length);
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<MysqlConnection>> MysqlConnection::Open(const MysqlAddress& address) {
  // The library initialises itself on first use, which is not thread-safe.
  static std::once_flag once;
  std::call_once(once, [] { mysql_library_init(0, nullptr, nullptr); });
  MYSQL* mysql = mysql_init(nullptr);
  if (mysql == nullptr) return absl::ResourceExhaustedError("there is no memory for a database connection");
  const unsigned connect_seconds = ToSeconds(address.connect_timeout);
  const unsigned io_seconds = ToSeconds(address.io_timeout);
  const unsigned no_local_infile = 0;
  mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_seconds);
  mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &io_seconds);
  mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &io_seconds);
  mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &no_local_infile);
  mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  for (const char* sql : kSessionSetup) mysql_options(mysql, MYSQL_INIT_COMMAND, sql);
  if (mysql_real_connect(mysql, address.host.c_str(), address.user.c_str(), address.password.c_str(),
                         address.database.c_str(), address.port, nullptr, 0) == nullptr) {
    const unsigned code = mysql_errno(mysql);
    const std::string message = absl::StrCat("cannot connect to the database at ", address.host, ":", address.port,
                                             ": ", mysql_error(mysql), " (", code, ")");
    mysql_close(mysql);
    return IsTransient(code) ? absl::UnavailableError(message) : absl::InternalError(message);
  }
  return std::unique_ptr<MysqlConnection>(new MysqlConnection(mysql));
}

MysqlConnection::MysqlConnection(MYSQL* mysql) : mysql_(mysql) {}

MysqlConnection::~MysqlConnection() {
  for (const auto& [sql, statement] : statements_) mysql_stmt_close(statement);
  mysql_close(mysql_);
}

absl::Status MysqlConnection::ToStatus(unsigned code, absl::string_view message) {
  const std::string text = absl::StrCat("database: ", message, " (", code, ")");
  if (EndsConnection(code)) {
    broken_ = true;
    return absl::UnavailableError(text);
  }
  if (code == ER_DUP_ENTRY) return absl::AlreadyExistsError(text);
  if (code == ER_LOCK_DEADLOCK || code == ER_LOCK_WAIT_TIMEOUT) return absl::AbortedError(text);
  return absl::InternalError(text);
}

absl::StatusOr<MYSQL_STMT*> MysqlConnection::Prepare(absl::string_view sql) {
  if (const auto it = statements_.find(sql); it != statements_.end()) return it->second;
  MYSQL_STMT* statement = mysql_stmt_init(mysql_);
  if (statement == nullptr) return ToStatus(mysql_errno(mysql_), mysql_error(mysql_));
  // Lets Fetch size its buffers by the longest value there is, not by the column's type.
  const my_bool update_max_length = 1;
  mysql_stmt_attr_set(statement, STMT_ATTR_UPDATE_MAX_LENGTH, &update_max_length);
  if (mysql_stmt_prepare(statement, sql.data(), sql.size()) != 0) {
    const absl::Status status = ToStatus(mysql_stmt_errno(statement), mysql_stmt_error(statement));
    mysql_stmt_close(statement);
    return status;
  }
  statements_.emplace(sql, statement);
  return statement;
}

absl::StatusOr<MysqlResult> MysqlConnection::Execute(absl::string_view sql, std::vector<MysqlValue> parameters) {
  NUBO_ASSIGN_OR_RETURN(MYSQL_STMT * statement, Prepare(sql));
  if (mysql_stmt_param_count(statement) != parameters.size()) {
    return absl::InternalError(absl::StrCat("the statement takes ", mysql_stmt_param_count(statement),
                                            " parameters, not ", parameters.size(), ": ", sql));
  }
  std::vector<unsigned long> lengths(parameters.size());
  std::vector<MYSQL_BIND> binds;
  for (size_t i = 0; i < parameters.size(); ++i) binds.push_back(ToBind(parameters[i], lengths[i]));
  if ((!binds.empty() && mysql_stmt_bind_param(statement, binds.data()) != 0) || mysql_stmt_execute(statement) != 0) {
    return ToStatus(mysql_stmt_errno(statement), mysql_stmt_error(statement));
  }
  absl::StatusOr<MysqlResult> result = Fetch(statement);
  mysql_stmt_free_result(statement);
  return result;
}

absl::StatusOr<MysqlResult> MysqlConnection::Fetch(MYSQL_STMT* statement) {
  MysqlResult result;
  if (mysql_stmt_field_count(statement) == 0) {
    result.affected = static_cast<int64_t>(mysql_stmt_affected_rows(statement));
    return result;
  }
  if (mysql_stmt_store_result(statement) != 0) {
    return ToStatus(mysql_stmt_errno(statement), mysql_stmt_error(statement));
  }
  const std::unique_ptr<MYSQL_RES, void (*)(MYSQL_RES*)> metadata(mysql_stmt_result_metadata(statement),
                                                                  &mysql_free_result);
  if (metadata == nullptr) return ToStatus(mysql_stmt_errno(statement), mysql_stmt_error(statement));
  std::vector<Column> columns(mysql_num_fields(metadata.get()));
  std::vector<MYSQL_BIND> binds;
  for (size_t i = 0; i < columns.size(); ++i) {
    binds.push_back(columns[i].Bind(*mysql_fetch_field_direct(metadata.get(), static_cast<unsigned>(i))));
  }
  if (mysql_stmt_bind_result(statement, binds.data()) != 0) {
    return ToStatus(mysql_stmt_errno(statement), mysql_stmt_error(statement));
  }
  int fetched = 0;
  while ((fetched = mysql_stmt_fetch(statement)) == 0) {
    std::vector<MysqlValue>& row = result.rows.emplace_back();
    for (const Column& column : columns) row.push_back(column.Value());
  }
  if (fetched != MYSQL_NO_DATA) return ToStatus(mysql_stmt_errno(statement), mysql_stmt_error(statement));
  return result;
}

}  // namespace nubo::examples::todo
