// A fixed number of threads behind a bounded queue.
//
// gRPC's own threads must never wait for a database, so a call's work is handed to a pool. What does not fit into the
// queue is refused at once: the caller hears RESOURCE_EXHAUSTED instead of waiting for an answer that comes too late.
//
// Example:
//   WorkerPool pool({.threads = 32, .queue_max = 8192});
//   if (!pool.TrySubmit([&] { ... })) refuse();
//
// Thread safety: thread-safe. The destructor runs what is queued, then joins.
#ifndef EXAMPLES_TODO_BACKEND_WORKER_POOL_H_
#define EXAMPLES_TODO_BACKEND_WORKER_POOL_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace nubo::examples::todo {

struct WorkerPoolOptions {
  int threads = 32;
  size_t queue_max = 8'192;
};

class WorkerPool {
 public:
  explicit WorkerPool(WorkerPoolOptions options);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full; `work` was not kept then.
  bool TrySubmit(std::function<void()> work);

 private:
  void Run();

  const WorkerPoolOptions options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_BACKEND_WORKER_POOL_H_
