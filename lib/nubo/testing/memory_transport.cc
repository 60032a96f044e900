#include "nubo/testing/memory_transport.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace nubo::testing {
namespace {

// One direction of a connection.
struct Pipe {
  Pipe(net::Loop& loop, std::vector<size_t> fragments, size_t buffer_bytes)
      : fragments(std::move(fragments)), buffer_bytes(buffer_bytes), changed(loop) {}

  size_t NextFragment() { return fragments.empty() ? 0 : fragments[turn++ % fragments.size()]; }

  const std::vector<size_t> fragments;
  const size_t buffer_bytes;
  size_t turn = 0;
  std::string bytes;
  bool ended = false;   // the writer writes no more
  bool broken = false;  // the reader is gone
  bool reset = false;   // the writer is gone, and what it wrote is lost
  net::Event changed;
};

// Closed from this side, and deadlines: what streams and datagrams have in common. Waiters look here when woken.
struct Door {
  absl::Status Usable(const net::Loop& loop) const {
    if (closed) return absl::CancelledError("the connection is closed");
    if (deadline != absl::InfiniteFuture() && loop.Now() >= deadline) {
      return absl::DeadlineExceededError("the connection's deadline has passed");
    }
    return absl::OkStatus();
  }
  bool closed = false;
  absl::Time deadline = absl::InfiniteFuture();
};

class MemoryStream final : public net::Stream {
 public:
  MemoryStream(net::Loop& loop, std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out, net::SocketAddress local,
               net::SocketAddress peer)
      : loop_(loop), in_(std::move(in)), out_(std::move(out)), local_(local), peer_(peer) {}
  ~MemoryStream() override { Close(); }

  net::Task<absl::StatusOr<size_t>> Read(absl::Span<char> buffer) override {
    const std::shared_ptr<Pipe> in = in_;
    const std::shared_ptr<Door> door = door_;
    net::Loop& loop = loop_;
    while (true) {
      if (absl::Status status = door->Usable(loop); !status.ok()) co_return status;
      if (in->reset) co_return absl::AbortedError("the connection was reset");
      if (!in->bytes.empty()) break;
      if (in->ended) co_return size_t{0};
      co_await in->changed.WaitUntil(door->deadline);
    }
    size_t size = std::min(buffer.size(), in->bytes.size());
    if (const size_t fragment = in->NextFragment()) size = std::min(size, fragment);
    std::copy_n(in->bytes.data(), size, buffer.data());
    in->bytes.erase(0, size);
    in->changed.Notify();
    co_return size;
  }

  net::Task<absl::Status> Write(absl::Span<const absl::string_view> pieces) override {
    const std::shared_ptr<Pipe> out = out_;
    const std::shared_ptr<Door> door = door_;
    net::Loop& loop = loop_;
    for (absl::string_view piece : pieces) {
      while (!piece.empty()) {
        if (absl::Status status = door->Usable(loop); !status.ok()) co_return status;
        if (out->broken || out->ended) co_return absl::AbortedError("the peer is gone");
        const size_t size = std::min(piece.size(), out->buffer_bytes - out->bytes.size());
        out->bytes.append(piece.data(), size);
        piece.remove_prefix(size);
        if (size > 0) out->changed.Notify();
        if (!piece.empty()) co_await out->changed.WaitUntil(door->deadline);
      }
    }
    co_return door->Usable(loop);
  }
  using net::Stream::Write;

  void SetDeadline(absl::Time deadline) override {
    door_->deadline = deadline;
    Wake();
  }

  void ShutdownWrite() override {
    out_->ended = true;
    out_->changed.Notify();
  }

  void Close() override {
    if (std::exchange(door_->closed, true)) return;
    // What was read by nobody when the reader closes makes a socket reset the connection.
    if (!in_->bytes.empty()) out_->reset = true;
    out_->ended = true;
    in_->broken = true;
    Wake();
  }

  void Reset() override {
    if (!door_->closed) out_->reset = true;
    Close();
  }

  bool Broken() override { return door_->closed || in_->reset || out_->broken; }
  bool IdleBroken() override { return door_->closed || in_->ended || in_->reset || !in_->bytes.empty(); }

  net::SocketAddress local() const override { return local_; }
  net::SocketAddress peer() const override { return peer_; }

 private:
  void Wake() {
    in_->changed.Notify();
    out_->changed.Notify();
  }

  net::Loop& loop_;
  const std::shared_ptr<Pipe> in_, out_;
  const std::shared_ptr<Door> door_ = std::make_shared<Door>();
  const net::SocketAddress local_, peer_;
};

struct Message {
  std::string bytes;
  net::SocketAddress from;
};

// What a bound socket has received.
struct Mailbox {
  explicit Mailbox(net::Loop& loop) : changed(loop) {}
  std::deque<Message> messages;
  Door door;
  net::Event changed;
};

}  // namespace

std::pair<std::unique_ptr<net::Stream>, std::unique_ptr<net::Stream>> MemoryStreamPair(
    net::Loop& loop, const MemoryStreamOptions& options) {
  const auto up = std::make_shared<Pipe>(loop, options.fragments, options.buffer_bytes);
  const auto down = std::make_shared<Pipe>(loop, options.fragments, options.buffer_bytes);
  return {std::make_unique<MemoryStream>(loop, down, up, options.client, options.server),
          std::make_unique<MemoryStream>(loop, up, down, options.server, options.client)};
}

struct MemoryNetwork::State {
  explicit State(net::Loop& loop) : loop(loop) {}

  void Deliver(const net::SocketAddress& from, const net::SocketAddress& to, absl::string_view message) {
    const int copies = filter ? filter(from, to, message) : 1;
    const auto found = sockets.find(to);
    if (found == sockets.end()) return;
    Mailbox& mailbox = *found->second;
    for (int i = 0; i < copies && mailbox.messages.size() < kQueueMax; ++i) {
      mailbox.messages.push_back({std::string(message), from});
    }
    mailbox.changed.Notify();
  }

  net::Loop& loop;
  Filter filter;
  std::map<net::SocketAddress, std::shared_ptr<Mailbox>> sockets;
};

namespace {

class MemoryDatagram final : public net::Datagram {
 public:
  MemoryDatagram(std::shared_ptr<MemoryNetwork::State> network, std::shared_ptr<Mailbox> mailbox,
                 net::SocketAddress local)
      : network_(std::move(network)), mailbox_(std::move(mailbox)), local_(local) {}
  ~MemoryDatagram() override { Close(); }

  net::Task<absl::StatusOr<Received>> Receive(absl::Span<char> buffer) override {
    const std::shared_ptr<MemoryNetwork::State> network = network_;
    const std::shared_ptr<Mailbox> mailbox = mailbox_;
    while (true) {
      if (absl::Status status = mailbox->door.Usable(network->loop); !status.ok()) co_return status;
      if (!mailbox->messages.empty()) break;
      co_await mailbox->changed.WaitUntil(mailbox->door.deadline);
    }
    const Message message = std::move(mailbox->messages.front());
    mailbox->messages.pop_front();
    Received received;
    received.size = std::min(buffer.size(), message.bytes.size());
    received.peer = message.from;
    std::copy_n(message.bytes.data(), received.size, buffer.data());
    co_return received;
  }

  net::Task<absl::Status> Send(absl::string_view message, net::SocketAddress peer) override {
    if (absl::Status status = mailbox_->door.Usable(network_->loop); !status.ok()) co_return status;
    network_->Deliver(local_, peer, message);
    co_return absl::OkStatus();
  }

  void SetDeadline(absl::Time deadline) override {
    mailbox_->door.deadline = deadline;
    mailbox_->changed.Notify();
  }

  void Close() override {
    if (std::exchange(mailbox_->door.closed, true)) return;
    network_->sockets.erase(local_);
    mailbox_->changed.Notify();
  }

  net::SocketAddress local() const override { return local_; }

 private:
  const std::shared_ptr<MemoryNetwork::State> network_;
  const std::shared_ptr<Mailbox> mailbox_;
  const net::SocketAddress local_;
};

}  // namespace

MemoryNetwork::MemoryNetwork(net::Loop& loop) : state_(std::make_shared<State>(loop)) {}
MemoryNetwork::~MemoryNetwork() = default;

void MemoryNetwork::SetFilter(Filter filter) { state_->filter = std::move(filter); }

absl::StatusOr<std::unique_ptr<net::Datagram>> MemoryNetwork::Bind(net::SocketAddress address) {
  constexpr uint16_t kFirstFreePort = 49152;
  if (address.port == 0) {
    address.port = kFirstFreePort;
    while (state_->sockets.count(address) > 0 && address.port != 0) ++address.port;
    if (address.port == 0) return absl::ResourceExhaustedError("every port is bound");
  }
  const auto [place, fresh] = state_->sockets.emplace(address, nullptr);
  if (!fresh) return absl::AlreadyExistsError(absl::StrCat(address.ToString(), " is bound already"));
  place->second = std::make_shared<Mailbox>(state_->loop);
  return std::make_unique<MemoryDatagram>(state_, place->second, address);
}

}  // namespace nubo::testing
