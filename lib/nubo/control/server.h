// The control socket of a load balancer's process: configurations come in, statuses go out.
//
// Frames as in nubo/net/frames.h, messages as in proto/nubo/proxy/v1/proxy.proto. One client at a time: a new one
// replaces the old, since it is the restarted control plane and the old one may be a connection to nobody. Without a
// client the process serves on with what it has. What was applied last is kept in a file, for the process that takes
// this one's place.
//
// Example:
//   ControlServer control(loop, handler);
//   NUBO_RETURN_IF_ERROR(control.Listen("/run/nubo/lb.sock"));
//   control.Changed();  // whenever a status should be told
//
// Thread safety: belongs to its loop's thread. The handler outlives it.
#ifndef NUBO_PROXY_CONTROL_SERVER_H_
#define NUBO_PROXY_CONTROL_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"
#include "nubo/proxy/v1/proxy.pb.h"

namespace nubo::proxy {

// What the socket talks for.
class ControlHandler {
 public:
  virtual ~ControlHandler() = default;
  // Takes the configuration over as a whole, or refuses it and keeps the former.
  virtual absl::Status Apply(const v1::Configuration& configuration) = 0;
  // `error` and `refused_revision` are filled in by the caller.
  virtual v1::Status Describe() = 0;
};

class ControlServer {
 public:
  // A client that does not read its status for this long is dropped.
  static constexpr absl::Duration kWriteTimeout = absl::Seconds(10);
  // Figures that change with every request are told this often.
  static constexpr absl::Duration kRefreshInterval = absl::Seconds(1);

  // `snapshot_path`: where to keep the last configuration; empty: nowhere.
  ControlServer(net::Loop& loop, ControlHandler& handler, std::string snapshot_path = "");
  ~ControlServer();

  // Applies what a former process has kept. One that cannot be read, or is refused, is passed over: the control plane
  // sends its own.
  void ApplySnapshot();

  // Errors as net::ListenUnix.
  absl::Status Listen(const std::string& path);
  // Tells the client, soon; changes in quick succession make one message.
  void Changed();
  // From then on the handler is not asked, nor told, anything.
  void Close();

 private:
  // Shared with the coroutines that serve: they end after the server does.
  class State;
  const std::shared_ptr<State> state_;
};

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_CONTROL_SERVER_H_
