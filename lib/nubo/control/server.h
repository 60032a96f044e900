// The control socket of a process that the control plane runs: configurations come in, statuses go out.
//
// Each is a frame (nubo/net/frames.h). A configuration is answered by a status at once; another status comes when
// something has changed, and figures are told now and then. One client at a time: a new one replaces the old, since it
// is the restarted control plane and the old one may be a connection to nobody. Without a client the process serves on
// with what it has. What was applied last is kept in a file, for the process that takes this one's place.
//
// Example:
//   control::Server control(loop, handler, {.snapshot_path = "/run/nubo/lb.snapshot"});
//   control.ApplySnapshot();
//   NUBO_RETURN_IF_ERROR(control.Listen("/run/nubo/lb.sock"));
//   control.Changed();  // whenever a status should be told
//
// Thread safety: belongs to its loop's thread. The handler outlives it, or its Close().
#ifndef NUBO_CONTROL_SERVER_H_
#define NUBO_CONTROL_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nubo/control/handler.h"
#include "nubo/net/loop.h"

namespace nubo::control {

struct ServerOptions {
  // Where the last configuration is kept; empty: nowhere.
  std::string snapshot_path;
  // How often a status is told that nobody has called for, if it says something new.
  absl::Duration refresh_interval = absl::Seconds(1);
};

class Server {
 public:
  // A client that does not read its status for this long is dropped.
  static constexpr absl::Duration kWriteTimeout = absl::Seconds(10);

  Server(net::Loop& loop, Handler& handler, ServerOptions options = {});
  // As Close().
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Applies what a former process has kept. One that cannot be read, or is refused, is passed over: the control plane
  // sends its own.
  void ApplySnapshot();

  // Errors as net::ListenUnix.
  absl::Status Listen(const std::string& path);
  // Tells the client, soon; changes in quick succession make one message.
  void Changed();
  // The last configuration that came, if it was refused; OK otherwise.
  const Outcome& refused() const;
  // From then on the handler is not asked, nor told, anything.
  void Close();

 private:
  // Shared with the coroutines that serve: they end after the server does.
  class State;
  const std::shared_ptr<State> state_;
};

}  // namespace nubo::control

#endif  // NUBO_CONTROL_SERVER_H_
