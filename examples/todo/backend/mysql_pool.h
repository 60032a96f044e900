// A bounded pool of database connections that outlives the database's restarts.
//
// Run lends a connection to `work`. When the connection breaks, `work` runs once more on a new connection; so work
// must be safe to repeat after an attempt of unknown outcome. While the database restarts, a new connection is tried
// for `reconnect_patience` from when it went away; after that calls fail at once until it is back.
//
// Example:
//   MysqlPool pool({.host = "db.example", .address = {...}}, resolver, clock);
//   absl::Status done = pool.Run(deadline, [&](MysqlConnection& c) { return c.Execute("...").status(); });
//
// Thread safety: thread-safe. Run blocks.
#ifndef EXAMPLES_TODO_BACKEND_MYSQL_POOL_H_
#define EXAMPLES_TODO_BACKEND_MYSQL_POOL_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "examples/todo/backend/host_resolver.h"
#include "examples/todo/backend/mysql_connection.h"
#include "nubo/base/clock.h"

namespace nubo::examples::todo {

struct MysqlPoolOptions {
  // A name or address; looked up for every new connection.
  std::string host;
  // `address.host` is filled in by the pool.
  MysqlAddress address;
  int connections_max = 16;
  int waiters_max = 256;
  absl::Duration acquire_timeout = absl::Seconds(5);
  absl::Duration resolve_timeout = absl::Seconds(2);
  absl::Duration reconnect_patience = absl::Seconds(3);
  absl::Duration reconnect_backoff = absl::Milliseconds(50);
};

class MysqlPool {
 public:
  // `resolver` and `clock` must outlive the pool; `clock` must move on by itself.
  MysqlPool(MysqlPoolOptions options, HostResolver& resolver, const base::Clock& clock);
  // All work must be done.
  ~MysqlPool();

  // Returns what `work` returned, after repeating it once if its connection broke, and a few times if it was ABORTED.
  // UNAVAILABLE: the database cannot be reached, or no connection became free in time.
  // RESOURCE_EXHAUSTED: too many callers wait for a connection. DEADLINE_EXCEEDED: `deadline` passed.
  absl::Status Run(absl::Time deadline, absl::FunctionRef<absl::Status(MysqlConnection&)> work);

  // Connections that exist, lent or idle.
  int open_connections() const;

 private:
  struct Lease {
    std::unique_ptr<MysqlConnection> connection;
    // Connections of a generation that has passed may have broken without knowing it.
    int64_t generation = 0;
  };

  absl::StatusOr<Lease> Acquire(absl::Time deadline);
  void Release(Lease lease);
  // Retires every connection made so far: one of them broke, so the database went away under all of them.
  void RetireAll();
  absl::StatusOr<std::unique_ptr<MysqlConnection>> Connect(absl::Time deadline);
  // How long to wait before connecting again; zero when it is no use.
  absl::Duration NoteFailure(absl::Time deadline);

  const MysqlPoolOptions options_;
  HostResolver& resolver_;
  const base::Clock& clock_;

  mutable std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<Lease> idle_;
  int open_ = 0;
  int waiters_ = 0;
  int64_t generation_ = 0;
  // When connecting began to fail; InfiniteFuture while it works.
  absl::Time away_since_ = absl::InfiniteFuture();
};

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_BACKEND_MYSQL_POOL_H_
