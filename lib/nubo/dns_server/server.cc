#include "nubo/dns_server/server.h"

#include <algorithm>
#include <array>
#include <list>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/dns_client/tcp_message.h"
#include "nubo/net/datagram.h"
#include "nubo/net/stream.h"

namespace nubo::dns_server {
namespace {

// No query is longer: what is cut off here no longer decodes and gets FORMERR.
constexpr size_t kUdpQueryMax = 4096;
// Bursts wait here while queries are answered one by one.
constexpr int kReceiveBufferBytes = 1 << 20;
constexpr int kAnyPortTries = 16;
// After an error that may repeat at once, such as no more file descriptors.
constexpr absl::Duration kErrorPause = absl::Milliseconds(100);

void Count(const dns::QuerySummary& summary, ServerCounters* counters) {
  if (summary.truncated) ++counters->truncated;
  switch (summary.rcode) {
    case dns::Rcode::kNoError:
      ++counters->no_error;
      break;
    case dns::Rcode::kNxDomain:
      ++counters->nx_domain;
      break;
    case dns::Rcode::kRefused:
      ++counters->refused;
      break;
    case dns::Rcode::kServFail:
      ++counters->server_failure;
      break;
    default:
      ++counters->other_errors;
      break;
  }
}

}  // namespace

std::string ToLogLine(const QueryRecord& record) {
  const dns::QuerySummary& summary = record.summary;
  const std::string question = summary.has_question ? absl::StrCat(summary.question.name.ToDisplayString(), " ",
                                                                   dns::ToString(summary.question.type))
                                                    : "- -";
  return absl::StrCat(absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", record.time, absl::UTCTimeZone()), " ",
                      record.client.ToString(), record.transport == dns::Transport::kUdp ? " udp " : " tcp ", question,
                      " ", dns::ToString(summary.rcode), " ", summary.answers);
}

class Server::State : public std::enable_shared_from_this<State> {
 public:
  State(net::Loop& loop, absl::BitGenRef rng, ServerOptions options)
      : loop_(loop), rng_(rng), options_(std::move(options)), zones_(std::make_shared<dns::ZoneSet>()) {}

  void SetListeners(const std::vector<net::SocketAddress>& addresses);
  std::vector<ListenerStatus> listeners() const;
  void SetZones(std::shared_ptr<const dns::ZoneSet> zones, std::shared_ptr<const dns::HealthView> health) {
    zones_ = std::move(zones);
    health_ = std::move(health);
  }
  const ServerCounters& counters() const { return counters_; }
  void Close();

 private:
  struct Endpoint {
    ListenerStatus status;
    // Shared with the coroutine that serves it; null if binding failed.
    std::shared_ptr<net::Datagram> udp;
    std::shared_ptr<net::Listener> tcp;
  };
  struct Connection {
    std::unique_ptr<net::Stream> stream;
  };
  using Connections = std::list<Connection>;

  void Open(Endpoint* endpoint);
  absl::Status Bind(Endpoint* endpoint);
  static void CloseEndpoint(const Endpoint& endpoint);
  // False: no answer is due.
  bool Answer(absl::string_view query, const net::SocketAddress& client, dns::Transport transport,
              std::string* response);

  // Each keeps the state alive while it runs.
  static net::Task<void> ServeUdp(std::shared_ptr<State> self, std::shared_ptr<net::Datagram> socket);
  static net::Task<void> AcceptTcp(std::shared_ptr<State> self, std::shared_ptr<net::Listener> listener);
  static net::Task<void> ServeTcp(std::shared_ptr<State> self, Connections::iterator connection);

  net::Loop& loop_;
  absl::BitGenRef rng_;
  const ServerOptions options_;
  std::vector<Endpoint> endpoints_;
  std::shared_ptr<const dns::ZoneSet> zones_;
  std::shared_ptr<const dns::HealthView> health_;
  // Nothing of the server's user is touched any more: neither generator nor log nor keeper.
  bool closed_ = false;
  ServerCounters counters_;
  // The one idle for longest first.
  Connections connections_;
};

void Server::State::SetListeners(const std::vector<net::SocketAddress>& addresses) {
  std::vector<Endpoint> next;
  for (const net::SocketAddress& address : addresses) {
    const auto same = [&](const Endpoint& endpoint) { return endpoint.status.wanted == address; };
    if (std::any_of(next.begin(), next.end(), same)) continue;
    const auto present = std::find_if(endpoints_.begin(), endpoints_.end(), same);
    Endpoint& endpoint = next.emplace_back();
    endpoint.status.wanted = address;
    if (present != endpoints_.end()) endpoint = std::exchange(*present, Endpoint());
  }
  for (const Endpoint& gone : endpoints_) CloseEndpoint(gone);
  endpoints_ = std::move(next);
  for (Endpoint& endpoint : endpoints_) {
    if (endpoint.udp == nullptr) Open(&endpoint);
  }
}

std::vector<Server::ListenerStatus> Server::State::listeners() const {
  std::vector<ListenerStatus> statuses;
  for (const Endpoint& endpoint : endpoints_) statuses.push_back(endpoint.status);
  return statuses;
}

void Server::State::Open(Endpoint* endpoint) {
  endpoint->status.status = Bind(endpoint);
  // A port that was free for UDP may be taken for TCP; where any port will do, another one is tried.
  for (int tries = 1; tries < kAnyPortTries && endpoint->status.wanted.port == 0; ++tries) {
    if (!absl::IsAlreadyExists(endpoint->status.status)) break;
    endpoint->status.status = Bind(endpoint);
  }
  if (!endpoint->status.status.ok()) {
    CloseEndpoint(*endpoint);
    endpoint->udp = nullptr;
    endpoint->tcp = nullptr;
    return;
  }
  loop_.Spawn(ServeUdp(shared_from_this(), endpoint->udp));
  loop_.Spawn(AcceptTcp(shared_from_this(), endpoint->tcp));
}

absl::Status Server::State::Bind(Endpoint* endpoint) {
  const std::string place = absl::StrCat("DNS listener ", endpoint->status.wanted.ToString());
  const net::UdpOptions udp_options{.receive_buffer_bytes = kReceiveBufferBytes, .keeper = options_.keeper};
  absl::StatusOr<std::unique_ptr<net::Datagram>> udp = net::BindUdp(loop_, endpoint->status.wanted, udp_options);
  if (!udp.ok()) return base::Annotate(udp.status(), absl::StrCat(place, " (UDP)"));
  endpoint->udp = *std::move(udp);
  endpoint->status.bound = endpoint->udp->local();
  absl::StatusOr<std::unique_ptr<net::Listener>> tcp =
      net::ListenTcp(loop_, endpoint->status.bound, {.keeper = options_.keeper});
  if (!tcp.ok()) return base::Annotate(tcp.status(), absl::StrCat(place, " (TCP)"));
  endpoint->tcp = *std::move(tcp);
  return absl::OkStatus();
}

void Server::State::CloseEndpoint(const Endpoint& endpoint) {
  if (endpoint.udp != nullptr) endpoint.udp->Close();
  if (endpoint.tcp != nullptr) endpoint.tcp->Close();
}

void Server::State::Close() {
  closed_ = true;
  for (const Endpoint& endpoint : endpoints_) CloseEndpoint(endpoint);
  endpoints_.clear();
  for (const Connection& connection : connections_) connection.stream->Close();
}

bool Server::State::Answer(absl::string_view query, const net::SocketAddress& client, dns::Transport transport,
                           std::string* response) {
  QueryRecord record{.client = client, .transport = transport};
  const dns::RoutingContext context{.rng = rng_, .health = health_.get(), .client = client.ip};
  if (!dns::Respond(*zones_, query, transport, context, response, &record.summary)) {
    ++counters_.dropped;
    return false;
  }
  ++(transport == dns::Transport::kUdp ? counters_.udp_queries : counters_.tcp_queries);
  Count(record.summary, &counters_);
  if (options_.on_query != nullptr) {
    record.time = loop_.Now();
    options_.on_query(record);
  }
  return true;
}

net::Task<void> Server::State::ServeUdp(std::shared_ptr<State> self, std::shared_ptr<net::Datagram> socket) {
  std::array<char, kUdpQueryMax> buffer;
  std::string response;
  while (true) {
    const absl::StatusOr<net::Datagram::Received> received = co_await socket->Receive(absl::MakeSpan(buffer));
    if (self->closed_ || absl::IsCancelled(received.status())) co_return;
    if (!received.ok()) {
      co_await self->loop_.SleepFor(kErrorPause);
      continue;
    }
    const absl::string_view query(buffer.data(), received->size);
    if (!self->Answer(query, received->peer, dns::Transport::kUdp, &response)) continue;
    // A client that cannot be reached asks again or not; neither is our concern.
    (void)co_await socket->Send(response, received->peer);
  }
}

net::Task<void> Server::State::AcceptTcp(std::shared_ptr<State> self, std::shared_ptr<net::Listener> listener) {
  while (true) {
    absl::StatusOr<std::unique_ptr<net::Stream>> stream = co_await listener->Accept();
    if (self->closed_ || absl::IsCancelled(stream.status())) co_return;
    if (!stream.ok()) {
      co_await self->loop_.SleepFor(kErrorPause);
      continue;
    }
    ++self->counters_.tcp_connections;
    if (self->connections_.size() >= static_cast<size_t>(self->options_.tcp_connections_max)) {
      // Behind all others, so that the next one too many finds another to close.
      self->connections_.front().stream->Close();
      self->connections_.splice(self->connections_.end(), self->connections_, self->connections_.begin());
    }
    self->connections_.push_back({*std::move(stream)});
    self->loop_.Spawn(ServeTcp(self, std::prev(self->connections_.end())));
  }
}

net::Task<void> Server::State::ServeTcp(std::shared_ptr<State> self, Connections::iterator connection) {
  // Erased here alone; the state outlives it.
  net::Stream& stream = *connection->stream;
  dns_client::TcpMessageReader reader(stream);
  const net::SocketAddress client = stream.peer();
  std::string response;
  while (true) {
    stream.SetDeadline(self->loop_.Now() + self->options_.tcp_idle_timeout);
    const absl::StatusOr<std::string> query = co_await reader.Read();
    // Whoever sends what is no query over TCP is not a DNS client.
    if (self->closed_ || !query.ok() || !self->Answer(*query, client, dns::Transport::kTcp, &response)) break;
    self->connections_.splice(self->connections_.end(), self->connections_, connection);
    stream.SetDeadline(self->loop_.Now() + self->options_.tcp_idle_timeout);
    const absl::Status written = co_await dns_client::WriteTcpMessage(stream, response);
    if (!written.ok()) break;
  }
  stream.Close();
  self->connections_.erase(connection);
}

Server::Server(net::Loop& loop, absl::BitGenRef rng, ServerOptions options)
    : state_(std::make_shared<State>(loop, rng, std::move(options))) {}

Server::~Server() { state_->Close(); }

void Server::SetListeners(const std::vector<net::SocketAddress>& addresses) { state_->SetListeners(addresses); }

std::vector<Server::ListenerStatus> Server::listeners() const { return state_->listeners(); }

void Server::SetZones(std::shared_ptr<const dns::ZoneSet> zones, std::shared_ptr<const dns::HealthView> health) {
  state_->SetZones(std::move(zones), std::move(health));
}

const ServerCounters& Server::counters() const { return state_->counters(); }

}  // namespace nubo::dns_server
