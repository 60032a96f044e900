// A descriptor that a coroutine waits for: for kinds of sockets and files that streams and datagrams do not cover.
//
// Example:
//   net::Readable listener(loop, std::move(fd));
//   while (co_await listener.Wait()) Accept(listener.fd());
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_NET_READABLE_H_
#define NUBO_NET_READABLE_H_

#include <memory>

#include "nubo/base/owned_fd.h"
#include "nubo/net/loop.h"

namespace nubo::net {

class Readable {
 public:
  // The descriptor does not block.
  Readable(Loop& loop, base::OwnedFd fd);
  // As Close().
  ~Readable();
  Readable(const Readable&) = delete;
  Readable& operator=(const Readable&) = delete;

  // Still this object's.
  int fd() const;
  // True: something can be read or accepted, or the other end is gone. False: it has been closed. One at a time; the
  // object may go while it waits.
  Task<bool> Wait();
  void Close();

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace nubo::net

#endif  // NUBO_NET_READABLE_H_
