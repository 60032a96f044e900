// The control plane's end of a process's control socket: the peer of server.h.
//
// Keeps trying to connect, sends the newest configuration whenever there is one the process does not have, and hands on
// each status. It runs on a loop; the configuration may be set from any thread.
//
// Thread safety: SetConfig and Stop are thread-safe; the callbacks run on the loop's thread.
#ifndef NUBO_CONTROL_LINK_H_
#define NUBO_CONTROL_LINK_H_

#include <functional>
#include <memory>
#include <string>

#include "nubo/net/loop.h"
#include "nubo/net/stream.h"

namespace nubo::control {

class Link : public std::enable_shared_from_this<Link> {
 public:
  // `on_status` gets each serialized status message.
  Link(net::Loop& loop, std::string path, std::function<void(std::string)> on_status);

  void Start();
  // The serialized configuration to be sent now, and again after every reconnection.
  void SetConfig(std::string config);
  void Stop();

 private:
  static net::Task<void> Run(std::shared_ptr<Link> self);
  static net::Task<void> Send(std::shared_ptr<Link> self, std::shared_ptr<net::Stream> stream);

  net::Loop& loop_;
  const std::string path_;
  const std::function<void(std::string)> on_status_;
  // The loop's own.
  std::string config_;
  bool unsent_ = false;
  bool stopped_ = false;
  std::shared_ptr<net::Stream> stream_;
  net::Event changed_;
};

}  // namespace nubo::control

#endif  // NUBO_CONTROL_LINK_H_
