#include "nubo/drivers/shim_fd_store.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nubo/base/descriptors.h"

namespace nubo::drivers {
namespace {

constexpr char kStore[] = "store ";
constexpr char kRemove[] = "remove ";
constexpr char kListen[] = "listen ";

// The rest of `message` behind `word`; empty: it begins otherwise.
std::string After(const char* word, const std::string& message) {
  return message.rfind(word, 0) == 0 ? message.substr(strlen(word)) : "";
}

// What follows "tcp " or "udp ": 127.0.0.1:80, [::1]:80.
bool ParseAddress(const std::string& text, sockaddr_storage& address, socklen_t& size) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon + 1 == text.size()) return false;
  char* end = nullptr;
  const unsigned long port = strtoul(text.c_str() + colon + 1, &end, 10);
  if (*end != '\0' || port > 65535) return false;
  const std::string host = text.substr(0, colon);
  auto& v4 = reinterpret_cast<sockaddr_in&>(address);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<uint16_t>(port));
    size = sizeof v4;
    return true;
  }
  if (host.size() < 2 || inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6.sin6_addr) != 1) return false;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(static_cast<uint16_t>(port));
  size = sizeof v6;
  return true;
}

// A bound socket; -1: errno says why there is none.
int ListenHere(const std::string& what) {
  const bool tcp = what.rfind("tcp ", 0) == 0;
  sockaddr_storage address = {};
  socklen_t size = 0;
  errno = EINVAL;
  if ((!tcp && what.rfind("udp ", 0) != 0) || !ParseAddress(what.substr(4), address, size)) return -1;
  const int fd = socket(address.ss_family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd >= 0 && (!tcp || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0) &&
      bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0) {
    return fd;
  }
  const int problem = errno;
  if (fd >= 0) close(fd);
  errno = problem;
  return -1;
}

// Of the descriptors of a message the first one; others are closed. -1: there is none.
int FirstDescriptor(const base::ReceivedMessage& received) {
  for (size_t i = 1; i < received.count; ++i) close(received.descriptors[i]);
  return received.count > 0 ? received.descriptors[0] : -1;
}

}  // namespace

FdStore::~FdStore() {
  Close();
  Drop();
}

void FdStore::Drop() {
  for (const auto& [name, fd] : held_) close(fd);
  held_.clear();
}

int FdStore::Open() {
  Close();
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  fd_ = ends[0];
  fcntl(fd_, F_SETFL, O_NONBLOCK);
  return ends[1];
}

void FdStore::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

void FdStore::Read() {
  while (fd_ >= 0) {
    char text[kMessageMax];
    const base::ReceivedMessage received = base::ReceiveMessage(fd_, text, sizeof text);
    const ssize_t got = received.size;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return Close();
    Take(std::string(text, got), FirstDescriptor(received));
  }
}

void FdStore::Take(const std::string& message, int received) {
  const std::string wanted = After(kListen, message);
  if (makes_sockets_ && received < 0 && !wanted.empty()) return Make(wanted);
  const std::string stored = After(kStore, message);
  const std::string name = stored.empty() ? After(kRemove, message) : stored;
  const auto held = held_.find(name);
  if (!name.empty() && held != held_.end()) {
    close(held->second);
    held_.erase(held);
  }
  if (received < 0) return;
  if (stored.empty() || held_.size() >= held_max_) {
    close(received);
    return;
  }
  held_[stored] = received;
}

void FdStore::Make(const std::string& wanted) {
  const int made = ListenHere(wanted);
  const std::string text = made >= 0 ? "made" : std::to_string(errno);
  iovec piece = {const_cast<char*>(text.data()), text.size()};
  msghdr header = {};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof made)] = {};
  if (made >= 0) {
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof made);
    memcpy(CMSG_DATA(part), &made, sizeof made);
  }
  (void)sendmsg(fd_, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (made >= 0) close(made);
}

}  // namespace nubo::drivers
