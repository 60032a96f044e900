// A real mariadbd of its own in a temporary directory, for tests that must see it die.
//
// Example:
//   TemporaryMariadb server;
//   MysqlAddress address = server.NewDatabase();
//   server.Kill();
//   server.Start();
//
// Thread safety: thread-compatible.
#ifndef TESTS_EXAMPLES_TODO_TEMPORARY_MARIADB_H_
#define TESTS_EXAMPLES_TODO_TEMPORARY_MARIADB_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "examples/todo/backend/mysql_connection.h"

namespace nubo::examples::todo {

class TemporaryMariadb {
 public:
  // Makes the data directory and starts the server; throws std::runtime_error if that takes more than 60 s.
  TemporaryMariadb();
  ~TemporaryMariadb();
  TemporaryMariadb(const TemporaryMariadb&) = delete;
  TemporaryMariadb& operator=(const TemporaryMariadb&) = delete;

  // Returns once it accepts connections.
  void Start();
  // Starts it without waiting.
  void StartSoon();
  // kill -9.
  void Kill();
  // SIGSTOP, until it has stopped, and SIGCONT: in between it neither answers nor goes away.
  void Freeze();
  void Thaw();

  // A fresh, empty database.
  MysqlAddress NewDatabase();

 private:
  MysqlAddress Root() const;

  std::string directory_;
  uint16_t port_ = 0;
  pid_t pid_ = -1;
  int databases_ = 0;
};

}  // namespace nubo::examples::todo

#endif  // TESTS_EXAMPLES_TODO_TEMPORARY_MARIADB_H_
