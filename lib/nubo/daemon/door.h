// The socket on which the region is asked. Somebody may remove it: it is made again.
//
// Thread safety: thread-compatible; what Watch() starts is the door's own.
#ifndef NUBO_DAEMON_DOOR_H_
#define NUBO_DAEMON_DOOR_H_

#include <grpcpp/grpcpp.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/api/grpc/services.h"
#include "nubo/base/mutex.h"
#include "nubo/region/loop/region.h"

namespace nubo::region {

class Door {
 public:
  using Log = std::function<void(absl::string_view)>;

  // `region` outlives the door.
  Door(Region& region, const ServiceOptions& options, std::string socket, Log log);
  // As Close().
  ~Door();
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  // UNAVAILABLE: the socket cannot be made.
  absl::Status Open();

  // Looks once a second whether the socket is still there. `ends`, asked before each look, says whether the region has
  // to end; the watch is over once it has said so.
  void Watch(std::function<bool()> ends);

  // Whoever is connected gets two seconds to be answered.
  void Close();

 private:
  Region& region_;
  const ServiceOptions options_;
  const std::string socket_;
  const Log log_;
  // Those of a socket that was removed go on for who is connected.
  std::vector<std::vector<std::unique_ptr<grpc::Service>>> services_;
  std::vector<std::unique_ptr<grpc::Server>> servers_;
  uint64_t opened_ = 0;
  ino_t inode_ = 0;
  base::Mutex mutex_;
  base::CondVar closing_;
  bool closed_ NUBO_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace nubo::region

#endif  // NUBO_DAEMON_DOOR_H_
