// The listening sockets of a process that is kept running, held while there is none.
//
// The process sends copies of its sockets over a socket of its own (nubo/net/socket_keeper.h); its successor inherits
// them. Meanwhile clients wait in their queues and are not refused. (systemd's FDSTORE=1, sd_pid_notify_with_fds(3).)
//
// A message is "store NAME" with one descriptor, or "remove NAME". "listen tcp ADDRESS", "listen udp ADDRESS" are
// answered, where that is offered: by "made" and a socket that has been made in the network of the shim, for a process
// that is in another, or by the number of an error. Anything else is passed over.
//
// Only POSIX and Linux: unix(7), cmsg(3).
//
// Thread safety: thread-compatible.
#ifndef NUBO_DRIVERS_SHIM_FD_STORE_H_
#define NUBO_DRIVERS_SHIM_FD_STORE_H_

#include <map>
#include <string>

namespace nubo::drivers {

class FdStore {
 public:
  // More are not held, and are lost with the process. As many as have room, with their names, in one variable.
  static constexpr size_t kHeldMax = 512;
  static constexpr size_t kNetworksMax = 4096;
  static constexpr size_t kMessageMax = 256;

  // With `makes_sockets`, what the process asks for is made.
  explicit FdStore(bool makes_sockets = false, size_t held_max = kHeldMax)
      : makes_sockets_(makes_sockets), held_max_(held_max) {}
  ~FdStore();
  FdStore(const FdStore&) = delete;
  FdStore& operator=(const FdStore&) = delete;

  // The end for the next process, which the caller closes; the former process is listened to no more. -1: there is
  // none.
  int Open();
  // To be polled; -1: nobody sends.
  int fd() const { return fd_; }
  // Takes in all that has been sent.
  void Read();
  const std::map<std::string, int>& held() const { return held_; }
  // Closes all that is held.
  void Drop();

 private:
  void Take(const std::string& message, int received);
  void Make(const std::string& wanted);
  void Close();

  const bool makes_sockets_;
  const size_t held_max_;
  int fd_ = -1;
  std::map<std::string, int> held_;
};

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_FD_STORE_H_
