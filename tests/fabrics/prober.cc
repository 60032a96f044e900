#include "tests/fabrics/prober.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/owned_fd.h"
#include "nubo/base/status.h"
#include "nubo/fabrics/network_namespace.h"

namespace nubo::fabrics {
namespace {

struct RawAddress {
  sockaddr_storage storage = {};
  socklen_t size = sizeof(sockaddr_storage);

  RawAddress() = default;
  RawAddress(const net::IpAddress& ip, int port) {
    const std::string bytes = ip.ToBytes();
    const uint16_t in_order = htons(static_cast<uint16_t>(port));
    if (ip.is_v4()) {
      auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
      v4.sin_family = AF_INET;
      v4.sin_port = in_order;
      std::memcpy(&v4.sin_addr, bytes.data(), bytes.size());
      size = sizeof v4;
    } else {
      auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
      v6.sin6_family = AF_INET6;
      v6.sin6_port = in_order;
      std::memcpy(&v6.sin6_addr, bytes.data(), bytes.size());
      size = sizeof v6;
    }
  }

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  std::string ip() const {
    std::array<char, INET6_ADDRSTRLEN> text = {};
    const void* const bytes = storage.ss_family == AF_INET
                                  ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in&>(storage).sin_addr)
                                  : &reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr;
    return inet_ntop(storage.ss_family, bytes, text.data(), text.size()) == nullptr ? "?" : text.data();
  }
};

// A socket of the namespace that this thread is in, bound, which does not block.
absl::StatusOr<base::OwnedFd> Bound(const net::IpAddress& ip, int type, int protocol, int port) {
  base::OwnedFd fd(socket(ip.is_v4() ? AF_INET : AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (!fd.ok()) return absl::ErrnoToStatus(errno, "no socket");
  const int on = 1;
  if (type == SOCK_STREAM) setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  RawAddress address(ip, port);
  if (bind(fd.get(), address.get(), address.size) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot bind ", ip.ToString(), " ", port));
  }
  return fd;
}

class Run {
 public:
  Run() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

  absl::Status Listen(const std::string& name, const net::IpAddress& ip, int port) {
    Socket listener{.kind = Kind::kListener, .name = absl::StrCat(name, " ", ip.ToString())};
    NUBO_ASSIGN_OR_RETURN(listener.fd, Bound(ip, SOCK_STREAM, 0, port));
    if (listen(listener.fd.get(), 128) != 0) return absl::ErrnoToStatus(errno, "cannot listen");
    Socket echo{.kind = Kind::kEcho, .name = listener.name};
    NUBO_ASSIGN_OR_RETURN(echo.fd, Bound(ip, SOCK_DGRAM, 0, port));
    Watch(std::move(listener));
    Watch(std::move(echo));
    return absl::OkStatus();
  }

  // The first packet goes when all listen.
  absl::Status Prepare(const Probe& probe, size_t index) {
    Socket prober{.kind = Kind::kProbe, .probe = &probe, .index = index};
    const bool icmp = probe.protocol == IPPROTO_ICMP || probe.protocol == IPPROTO_ICMPV6;
    NUBO_ASSIGN_OR_RETURN(prober.fd, Bound(probe.source, probe.protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM,
                                           icmp ? probe.protocol : 0, probe.source_port));
    Watch(std::move(prober));
    return absl::OkStatus();
  }

  std::vector<Answer> Go(size_t probes, absl::Duration quiet) {
    answers_.resize(probes);
    for (const Socket& socket : sockets_) {
      if (socket.kind == Kind::kProbe) Send(socket);
    }
    std::array<epoll_event, 64> events;
    const int quiet_ms = static_cast<int>(absl::ToInt64Milliseconds(quiet));
    for (int n; (n = epoll_wait(epoll_.get(), events.data(), events.size(), quiet_ms)) > 0;) {
      for (int i = 0; i < n; ++i) Serve(sockets_[events[static_cast<size_t>(i)].data.u64]);
    }
    return std::move(answers_);
  }

 private:
  enum class Kind { kListener, kEcho, kProbe };
  struct Socket {
    Kind kind;
    base::OwnedFd fd = {};
    std::string name = {};
    const Probe* probe = nullptr;
    size_t index = 0;
  };

  void Watch(Socket socket) {
    // A stream that has not been connected yet is "hung up".
    epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.u64 = sockets_.size()}};
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket.fd.get(), &event);
    sockets_.push_back(std::move(socket));
  }

  static void Send(const Socket& socket) {
    const Probe& probe = *socket.probe;
    RawAddress to(probe.destination, probe.port);
    // What fails at once is an answer that does not come.
    if (connect(socket.fd.get(), to.get(), to.size) != 0 || probe.protocol == IPPROTO_TCP) return;
    icmphdr echo = {};
    echo.type = probe.protocol == IPPROTO_ICMP ? ICMP_ECHO : 128;
    (void)!send(socket.fd.get(), &echo, sizeof echo, MSG_NOSIGNAL);
  }

  void Serve(const Socket& socket) {
    std::array<char, 256> buffer;
    RawAddress peer;
    switch (socket.kind) {
      case Kind::kListener:
        for (;;) {
          peer = RawAddress();
          const base::OwnedFd accepted(accept4(socket.fd.get(), peer.get(), &peer.size, SOCK_CLOEXEC));
          if (!accepted.ok()) return;
          const std::string says = absl::StrCat(socket.name, " sees ", peer.ip());
          (void)!send(accepted.get(), says.data(), says.size(), MSG_NOSIGNAL);
        }
      case Kind::kEcho:
        for (;;) {
          peer = RawAddress();
          if (recvfrom(socket.fd.get(), buffer.data(), buffer.size(), 0, peer.get(), &peer.size) < 0) return;
          const std::string says = absl::StrCat(socket.name, " sees ", peer.ip());
          sendto(socket.fd.get(), says.data(), says.size(), MSG_NOSIGNAL, peer.get(), peer.size);
        }
      case Kind::kProbe:
        const ssize_t got = recv(socket.fd.get(), buffer.data(), buffer.size(), 0);
        if (got <= 0) return;
        Answer& answer = answers_[socket.index];
        answer.came = true;
        const bool speaks = socket.probe->protocol == IPPROTO_TCP || socket.probe->protocol == IPPROTO_UDP;
        if (speaks) answer.says.assign(buffer.data(), static_cast<size_t>(got));
    }
  }

  base::OwnedFd epoll_;
  std::vector<Socket> sockets_;
  std::vector<Answer> answers_;
};

}  // namespace

absl::StatusOr<std::vector<Answer>> Prober::Run(const std::map<std::string, std::vector<net::IpAddress>>& listeners,
                                                const std::vector<int>& ports, const std::vector<Probe>& probes,
                                                absl::Duration quiet) const {
  fabrics::Run run;
  for (const auto& [name, addresses] : listeners) {
    NUBO_ASSIGN_OR_RETURN(const EnteredNamespace inside, EnteredNamespace::Enter(descriptor_of_(name)));
    for (const net::IpAddress& address : addresses) {
      for (const int port : ports) NUBO_RETURN_IF_ERROR(run.Listen(name, address, port));
    }
  }
  std::map<std::string, std::vector<size_t>> by_sender;
  for (size_t i = 0; i < probes.size(); ++i) by_sender[probes[i].from].push_back(i);
  for (const auto& [name, indexes] : by_sender) {
    NUBO_ASSIGN_OR_RETURN(const EnteredNamespace inside, EnteredNamespace::Enter(descriptor_of_(name)));
    for (const size_t i : indexes) NUBO_RETURN_IF_ERROR(run.Prepare(probes[i], i));
  }
  return run.Go(probes.size(), quiet);
}

}  // namespace nubo::fabrics
