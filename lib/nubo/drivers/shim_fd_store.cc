#include "nubo/drivers/shim_fd_store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nubo/base/descriptors.h"

namespace nubo::drivers {
namespace {

constexpr char kStore[] = "store ";
constexpr char kRemove[] = "remove ";

// The rest of `message` behind `word`; empty: it begins otherwise.
std::string After(const char* word, const std::string& message) {
  return message.rfind(word, 0) == 0 ? message.substr(strlen(word)) : "";
}

// Of the descriptors of a message the first one; others are closed. -1: there is none.
int FirstDescriptor(const base::ReceivedMessage& received) {
  for (size_t i = 1; i < received.count; ++i) close(received.descriptors[i]);
  return received.count > 0 ? received.descriptors[0] : -1;
}

}  // namespace

FdStore::~FdStore() {
  Close();
  for (const auto& [name, fd] : held_) close(fd);
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
  const std::string stored = After(kStore, message);
  const std::string name = stored.empty() ? After(kRemove, message) : stored;
  const auto held = held_.find(name);
  if (!name.empty() && held != held_.end()) {
    close(held->second);
    held_.erase(held);
  }
  if (received < 0) return;
  if (stored.empty() || held_.size() >= kHeldMax) {
    close(received);
    return;
  }
  held_[stored] = received;
}

std::vector<int> FdStore::held() const {
  std::vector<int> all;
  for (const auto& [name, fd] : held_) all.push_back(fd);
  return all;
}

}  // namespace nubo::drivers
