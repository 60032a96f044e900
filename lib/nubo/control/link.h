// The control plane's end of a data-plane process's control socket.
//
// Keeps trying to connect, sends the newest configuration whenever there is one the process does not have, and hands on
// each status. It runs on a loop; the configuration may be set from any thread.
//
// Thread safety: SetConfig and Stop are thread-safe; the callbacks run on the loop's thread.
#ifndef NUBO_REGION_CONTROL_LINK_H_
#define NUBO_REGION_CONTROL_LINK_H_

#include <functional>
#include <memory>
#include <string>

#include "nubo/net/loop.h"
#include "nubo/net/stream.h"

namespace nubo::region {

class ControlLink : public std::enable_shared_from_this<ControlLink> {
 public:
  // `on_status` gets each serialized status message.
  ControlLink(net::Loop& loop, std::string path, std::function<void(std::string)> on_status);

  void Start();
  // The serialized configuration to be sent now, and again after every reconnection.
  void SetConfig(std::string config);
  void Stop();

 private:
  static net::Task<void> Run(std::shared_ptr<ControlLink> self);
  static net::Task<void> Send(std::shared_ptr<ControlLink> self, std::shared_ptr<net::Stream> stream);

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

}  // namespace nubo::region

#endif  // NUBO_REGION_CONTROL_LINK_H_
