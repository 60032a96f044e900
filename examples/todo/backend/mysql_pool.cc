#include "examples/todo/backend/mysql_pool.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::examples::todo {
namespace {

// One lost connection is ordinary (the database restarted); a second one in a row is for the caller to hear of.
constexpr int kLostMax = 2;
// Deadlocks: the database gives one of those that block each other up, and asks it to try again. The same may meet
// again at once, so that each waits a little longer than before.
constexpr int kAbortedMax = 8;
constexpr absl::Duration kAbortedPause = absl::Milliseconds(1);

absl::Status DeadlinePassed() {
  return absl::DeadlineExceededError("the deadline passed while waiting for the database");
}

}  // namespace

MysqlPool::MysqlPool(MysqlPoolOptions options, HostResolver& resolver, const base::Clock& clock)
    : options_(std::move(options)), resolver_(resolver), clock_(clock) {}

MysqlPool::~MysqlPool() = default;

int MysqlPool::open_connections() const {
  std::lock_guard lock(mutex_);
  return open_;
}

absl::Status MysqlPool::Run(absl::Time deadline, absl::FunctionRef<absl::Status(MysqlConnection&)> work) {
  int lost = 0;
  int aborted = 0;
  while (true) {
    if (clock_.Now() >= deadline) return DeadlinePassed();
    NUBO_ASSIGN_OR_RETURN(Lease lease, Acquire(deadline));
    const absl::Status status = work(*lease.connection);
    if (lease.connection->broken()) {
      RetireAll();
      Release(std::move(lease));
      if (++lost < kLostMax) continue;
      return status;
    }
    Release(std::move(lease));
    if (absl::IsAborted(status) && ++aborted < kAbortedMax) {
      std::this_thread::sleep_for(absl::ToChronoNanoseconds(kAbortedPause * (1 << (aborted - 1))));
      continue;
    }
    return absl::IsAborted(status) ? absl::UnavailableError(status.message()) : status;
  }
}

absl::StatusOr<MysqlPool::Lease> MysqlPool::Acquire(absl::Time deadline) {
  const absl::Time give_up = std::min(deadline, clock_.Now() + options_.acquire_timeout);
  std::unique_lock lock(mutex_);
  if (idle_.empty() && open_ >= options_.connections_max) {
    if (waiters_ >= options_.waiters_max) {
      return absl::ResourceExhaustedError(absl::StrCat("already ", waiters_, " calls wait for the database"));
    }
    ++waiters_;
    const bool got = freed_.wait_for(lock, absl::ToChronoNanoseconds(give_up - clock_.Now()),
                                     [&] { return !idle_.empty() || open_ < options_.connections_max; });
    --waiters_;
    if (!got && clock_.Now() >= deadline) return DeadlinePassed();
    if (!got) {
      return absl::UnavailableError(
          absl::StrCat("none of the ", options_.connections_max, " database connections became free in time"));
    }
  }
  if (!idle_.empty()) {
    Lease lease = std::move(idle_.back());
    idle_.pop_back();
    return lease;
  }
  ++open_;
  const int64_t generation = generation_;
  lock.unlock();
  absl::StatusOr<std::unique_ptr<MysqlConnection>> connection = Connect(deadline);
  if (connection.ok()) return Lease{*std::move(connection), generation};
  lock.lock();
  --open_;
  freed_.notify_one();
  return connection.status();
}

void MysqlPool::Release(Lease lease) {
  {
    std::lock_guard lock(mutex_);
    if (!lease.connection->broken() && lease.generation == generation_) {
      idle_.push_back(std::move(lease));
    } else {
      --open_;
    }
  }
  freed_.notify_one();
  // A retired connection closes here, outside the lock: closing says goodbye over the network.
}

void MysqlPool::RetireAll() {
  std::vector<Lease> retired;
  {
    std::lock_guard lock(mutex_);
    ++generation_;
    open_ -= static_cast<int>(idle_.size());
    retired.swap(idle_);
  }
  freed_.notify_all();
}

absl::StatusOr<std::unique_ptr<MysqlConnection>> MysqlPool::Connect(absl::Time deadline) {
  while (true) {
    MysqlAddress address = options_.address;
    absl::Status status;
    absl::StatusOr<net::IpAddress> ip = resolver_.Resolve(options_.host, options_.resolve_timeout);
    if (ip.ok()) {
      address.host = ip->ToString();
      absl::StatusOr<std::unique_ptr<MysqlConnection>> connection = MysqlConnection::Open(address);
      if (connection.ok()) {
        std::lock_guard lock(mutex_);
        away_since_ = absl::InfiniteFuture();
        return connection;
      }
      status = connection.status();
    } else {
      status = absl::UnavailableError(
          absl::StrCat("cannot find the database \"", options_.host, "\": ", ip.status().message()));
    }
    const absl::Duration wait = NoteFailure(deadline);
    if (!absl::IsUnavailable(status) || wait <= absl::ZeroDuration()) return status;
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(wait));
  }
}

absl::Duration MysqlPool::NoteFailure(absl::Time deadline) {
  std::lock_guard lock(mutex_);
  const absl::Time now = clock_.Now();
  if (away_since_ == absl::InfiniteFuture()) away_since_ = now;
  const absl::Time give_up = std::min(deadline, away_since_ + options_.reconnect_patience);
  return std::min(options_.reconnect_backoff, give_up - now);
}

}  // namespace nubo::examples::todo
