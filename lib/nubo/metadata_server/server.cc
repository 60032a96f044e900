#include "nubo/metadata_server/server.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/ec2/metadata_service.h"
#include "nubo/http/server.h"
#include "nubo/net/stream.h"

namespace nubo::metadata_server {
namespace {

constexpr size_t kFieldsMax = 64;
// What clients have not taken yet of all answers together: a few of the longest user data.
constexpr size_t kQueuedBytesMax = 4 << 20;
// HTTP/2 has no place here, yet its parser reads first.
constexpr uint32_t kStreamsMax = 4;

http::ServerOptions HttpOptions(const ServerOptions& options) {
  http::ServerOptions http;
  http.limits.line_bytes_max = options.head_bytes_max;
  http.limits.head_bytes_max = options.head_bytes_max;
  http.limits.fields_max = kFieldsMax;
  // Connections bounds them before.
  http.connections_max = options.connections.total_max + 1;
  http.streams_max = kStreamsMax;
  http.queued_bytes_max = kQueuedBytesMax;
  http.head_timeout = options.head_timeout;
  http.idle_timeout = options.idle_timeout;
  http.body_timeout = options.head_timeout;
  return http;
}

// Counts what passes through it.
class CountingListener final : public net::Listener {
 public:
  CountingListener(std::string vpc_id, std::unique_ptr<net::Listener> listener,
                   std::shared_ptr<Connections> connections)
      : vpc_id_(std::move(vpc_id)), listener_(std::move(listener)), connections_(std::move(connections)) {}

  net::Task<absl::StatusOr<std::unique_ptr<net::Stream>>> Accept() override {
    // This may be gone when it ends.
    const std::string vpc_id = vpc_id_;
    const std::shared_ptr<Connections> connections = connections_;
    absl::StatusOr<std::unique_ptr<net::Stream>> stream = co_await listener_->Accept();
    if (stream.ok()) stream = connections->Admit(vpc_id, *std::move(stream));
    co_return stream;
  }
  void Close() override { listener_->Close(); }
  net::SocketAddress local() const override { return listener_->local(); }

 private:
  const std::string vpc_id_;
  const std::unique_ptr<net::Listener> listener_;
  const std::shared_ptr<Connections> connections_;
};

// So many a second, and a second's worth at once.
class Allowance {
 public:
  Allowance(int per_second, absl::Time now) : per_second_(per_second), left_(per_second), at_(now) {}

  bool Take(absl::Time now) {
    if (now > at_) left_ = std::min(per_second_, left_ + per_second_ * absl::ToDoubleSeconds(now - at_));
    at_ = now;
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  double per_second_;
  double left_;
  absl::Time at_;
};

}  // namespace

class Server::State : public std::enable_shared_from_this<State> {
 public:
  State(net::Loop& loop, absl::BitGenRef rng, ListenerSource& source, ServerOptions options)
      : loop_(loop),
        rng_(rng),
        source_(source),
        options_(options),
        connections_(std::make_shared<Connections>(options.connections)),
        strangers_(options.requests_per_second_max, loop.Now()) {}

  void SetListeners(const std::vector<VpcAddress>& addresses);
  std::vector<ListenerStatus> listeners() const;
  void SetInstances(std::shared_ptr<const InstanceTable> instances, ec2::MetadataTokens tokens);
  ServerCounters counters() const;
  int open_connections() const { return connections_->open(); }
  void Close();

 private:
  // One listener's HTTP server and the handler of its requests.
  class Door;
  struct Endpoint {
    ListenerStatus status;
    // Null if it could not be opened.
    std::shared_ptr<Door> door;
  };

  void Open(Endpoint* endpoint);
  // Lets go of the door once its connections have ended.
  static net::Task<void> Shut(net::Loop& loop, std::shared_ptr<Door> door);

  ec2::MetadataResponse Answer(const std::string& vpc_id, const http::Exchange& exchange);
  void Count(const ec2::MetadataResponse& response);

  net::Loop& loop_;
  absl::BitGenRef rng_;
  ListenerSource& source_;
  const ServerOptions options_;
  const std::shared_ptr<Connections> connections_;
  std::vector<Endpoint> endpoints_;
  std::shared_ptr<const InstanceTable> instances_;
  std::optional<ec2::MetadataTokens> tokens_;
  // By instance id, of instances that are known.
  absl::flat_hash_map<std::string, Allowance> allowances_;
  Allowance strangers_;
  ServerCounters counters_;
  // Nothing of the server's user is touched any more.
  bool closed_ = false;
};

class Server::State::Door final : public http::Handler {
 public:
  Door(std::shared_ptr<State> state, std::string vpc_id)
      : state_(std::move(state)),
        vpc_id_(std::move(vpc_id)),
        server_(state_->loop_, *this, HttpOptions(state_->options_)) {}

  http::Server& server() { return server_; }

  net::Task<void> Handle(http::Exchange& exchange) override {
    ec2::MetadataResponse response = state_->Answer(vpc_id_, exchange);
    if (response.hop_limit) {
      state_->connections_->SetHopLimit(vpc_id_, exchange.local(), exchange.peer(), *response.hop_limit);
    }
    http::ResponseHead head;
    head.status = response.status;
    for (const auto& [name, value] : response.headers) head.headers.Add(name, value);
    // A client that has gone wants no answer.
    (void)co_await exchange.SendWhole(std::move(head), response.body);
  }

 private:
  const std::shared_ptr<State> state_;
  const std::string vpc_id_;
  http::Server server_;
};

void Server::State::SetListeners(const std::vector<VpcAddress>& addresses) {
  std::vector<Endpoint> next;
  for (const VpcAddress& address : addresses) {
    const auto same = [&](const Endpoint& endpoint) { return endpoint.status.wanted == address; };
    if (std::any_of(next.begin(), next.end(), same)) continue;
    const auto present = std::find_if(endpoints_.begin(), endpoints_.end(), same);
    Endpoint& endpoint = next.emplace_back();
    endpoint.status.wanted = address;
    if (present != endpoints_.end()) endpoint = std::exchange(*present, Endpoint());
  }
  for (Endpoint& gone : endpoints_) {
    if (gone.door != nullptr) loop_.Spawn(Shut(loop_, std::move(gone.door)));
  }
  endpoints_ = std::move(next);
  for (Endpoint& endpoint : endpoints_) {
    if (endpoint.door == nullptr) Open(&endpoint);
  }
}

void Server::State::Open(Endpoint* endpoint) {
  const VpcAddress& wanted = endpoint->status.wanted;
  const std::string place = absl::StrCat("metadata listener ", wanted.address.ToString(), " in ", wanted.vpc_id);
  absl::StatusOr<int> fd = source_.Listen(wanted.vpc_id, wanted.address);
  absl::StatusOr<std::unique_ptr<net::Listener>> listener =
      fd.ok() ? net::ListenerFromFd(loop_, *fd) : absl::StatusOr<std::unique_ptr<net::Listener>>(fd.status());
  endpoint->status.status = base::Annotate(listener.status(), place);
  if (!listener.ok()) return;
  endpoint->status.bound = (*listener)->local();
  endpoint->door = std::make_shared<Door>(shared_from_this(), wanted.vpc_id);
  auto counting = std::make_unique<CountingListener>(wanted.vpc_id, *std::move(listener), connections_);
  loop_.Spawn(endpoint->door->server().Serve(std::move(counting)));
}

net::Task<void> Server::State::Shut(net::Loop& loop, std::shared_ptr<Door> door) {
  co_await door->server().Drain(loop.Now());
}

std::vector<Server::ListenerStatus> Server::State::listeners() const {
  std::vector<ListenerStatus> statuses;
  for (const Endpoint& endpoint : endpoints_) statuses.push_back(endpoint.status);
  return statuses;
}

void Server::State::SetInstances(std::shared_ptr<const InstanceTable> instances, ec2::MetadataTokens tokens) {
  instances_ = std::move(instances);
  tokens_ = std::move(tokens);
  absl::flat_hash_map<std::string, Allowance> kept;
  instances_->ForEach([&](const ec2::MetadataTree& tree) {
    const std::string& id = tree.instance().instance_id;
    const auto known = allowances_.find(id);
    kept.try_emplace(
        id, known != allowances_.end() ? known->second : Allowance(options_.requests_per_second_max, loop_.Now()));
  });
  allowances_ = std::move(kept);
}

ec2::MetadataResponse Server::State::Answer(const std::string& vpc_id, const http::Exchange& exchange) {
  if (closed_) return ec2::MetadataError(503);
  const InstanceTable::Tree tree = instances_ == nullptr ? nullptr : instances_->Find(vpc_id, exchange.peer().ip);
  Allowance& allowance = tree == nullptr ? strangers_ : allowances_.at(tree->instance().instance_id);
  ec2::MetadataResponse response;
  if (!allowance.Take(loop_.Now())) {
    response = ec2::MetadataError(503);
  } else if (tree == nullptr) {
    ++counters_.unknown_sources;
    response = ec2::MetadataError(404);
  } else {
    const http::RequestHead& head = exchange.head();
    ec2::MetadataRequest request;
    request.method = head.method;
    request.path = head.path;
    for (const http::Field& field : head.headers) request.headers.emplace_back(field.name, field.value);
    request.over_ipv6 = exchange.local().ip.is_v6();
    response = HandleMetadata(request, *tree, *tokens_, loop_.Now(), rng_);
  }
  Count(response);
  return response;
}

void Server::State::Count(const ec2::MetadataResponse& response) {
  // Tokens alone are sent for so many hops.
  if (response.hop_limit) ++counters_.tokens_issued;
  switch (response.status) {
    case 200:
      ++counters_.ok;
      break;
    case 400:
      ++counters_.bad_request;
      break;
    case 401:
      ++counters_.unauthorized;
      break;
    case 403:
      ++counters_.forbidden;
      break;
    case 404:
      ++counters_.not_found;
      break;
    case 405:
      ++counters_.not_allowed;
      break;
    default:
      ++counters_.throttled;
  }
}

ServerCounters Server::State::counters() const {
  ServerCounters counters = counters_;
  counters.connections = connections_->admitted();
  counters.connections_closed = connections_->closed();
  return counters;
}

void Server::State::Close() {
  closed_ = true;
  SetListeners({});
}

Server::Server(net::Loop& loop, absl::BitGenRef rng, ListenerSource& source, ServerOptions options)
    : state_(std::make_shared<State>(loop, rng, source, options)) {}

Server::~Server() { state_->Close(); }

void Server::SetListeners(const std::vector<VpcAddress>& addresses) { state_->SetListeners(addresses); }

std::vector<Server::ListenerStatus> Server::listeners() const { return state_->listeners(); }

void Server::SetInstances(std::shared_ptr<const InstanceTable> instances, ec2::MetadataTokens tokens) {
  state_->SetInstances(std::move(instances), std::move(tokens));
}

ServerCounters Server::counters() const { return state_->counters(); }

int Server::open_connections() const { return state_->open_connections(); }

}  // namespace nubo::metadata_server
