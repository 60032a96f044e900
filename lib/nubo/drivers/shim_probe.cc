#include "nubo/drivers/shim_probe.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace nubo::drivers {
namespace {

using Clock = std::chrono::steady_clock;

// Descriptors that one round takes.
constexpr size_t kAtOnceMax = 256;
// Of one round among several: the hung ones of a thousand must not use up the time of the rest.
constexpr int kRoundMsMax = 500;

int MsUntil(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 1 << 30));
}

int PeerPid(int fd) {
  ucred peer = {};
  socklen_t size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

// Does not wait: a shim with a full queue of connections is one that does not take them.
int Connect(const std::string& path, ShimAnswer& answer) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    answer.status = absl::UnavailableError(absl::StrCat("the socket's path ", path, " is too long"));
    return -1;
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    answer.status = absl::UnavailableError(absl::StrCat("no socket can be made: ", std::strerror(errno)));
    return -1;
  }
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    answer.pid = PeerPid(fd);
    return fd;
  }
  if (errno == EAGAIN) {
    answer.status = absl::DeadlineExceededError("it takes no connections");
  } else if (errno == ENOENT || errno == ECONNREFUSED) {
    answer.status = absl::NotFoundError("nobody listens on its socket");
  } else {
    answer.status = absl::UnavailableError(std::strerror(errno));
  }
  close(fd);
  return -1;
}

// Takes what a shim says by itself; true: it has said something, or is gone.
bool Take(int fd, ShimAnswer& answer) {
  char byte = 0;
  const ssize_t got = read(fd, &byte, 1);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  answer.status = got > 0 ? absl::OkStatus() : absl::NotFoundError("it has closed the connection");
  return true;
}

void AskRound(const std::vector<std::string>& paths, size_t first, Clock::time_point deadline,
              std::vector<ShimAnswer>& answers) {
  std::vector<pollfd> fds;
  std::vector<size_t> whose;
  for (size_t i = first; i < std::min(paths.size(), first + kAtOnceMax); ++i) {
    const int fd = Connect(paths[i], answers[i]);
    if (fd < 0) continue;
    answers[i].status = absl::DeadlineExceededError("it says nothing");
    fds.push_back({fd, POLLIN, 0});
    whose.push_back(i);
  }
  size_t left = fds.size();
  while (left > 0) {
    const int ready = poll(fds.data(), fds.size(), MsUntil(deadline));
    if (ready == 0 || (ready < 0 && errno != EINTR)) break;
    for (size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].fd < 0 || fds[i].revents == 0 || !Take(fds[i].fd, answers[whose[i]])) continue;
      close(fds[i].fd);
      fds[i].fd = -1;
      --left;
    }
  }
  for (const pollfd& fd : fds) {
    if (fd.fd >= 0) close(fd.fd);
  }
}

}  // namespace

std::vector<ShimAnswer> AskShims(const std::vector<std::string>& socket_paths, absl::Duration limit) {
  std::vector<ShimAnswer> answers(socket_paths.size());
  const Clock::time_point deadline = Clock::now() + absl::ToChronoNanoseconds(limit);
  const bool several = socket_paths.size() > kAtOnceMax;
  for (size_t first = 0; first < socket_paths.size(); first += kAtOnceMax) {
    if (first > 0 && MsUntil(deadline) == 0) {
      for (size_t i = first; i < answers.size(); ++i) answers[i].status = absl::UnavailableError("not asked in time");
      break;
    }
    const auto round = several ? std::min(deadline, Clock::now() + std::chrono::milliseconds(kRoundMsMax)) : deadline;
    AskRound(socket_paths, first, round, answers);
  }
  return answers;
}

}  // namespace nubo::drivers
