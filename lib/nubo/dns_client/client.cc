#include "nubo/dns_client/client.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/memory/memory.h"
#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/dns_client/tcp_message.h"
#include "nubo/net/datagram.h"
#include "nubo/net/stream.h"

namespace nubo::dns_client {
namespace {

using dns::StubResolver;

// Replies are no longer than we said we would take; what is cut off no longer decodes.
constexpr size_t kReplyMax = 4096;

absl::Status CheckAddressType(dns::RecordType type) {
  if (type == dns::RecordType::kA || type == dns::RecordType::kAaaa) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("addresses have type A or AAAA, not ", dns::ToString(type)));
}

// What `name` stands for if it is an IP address; nothing if it is not.
std::optional<absl::StatusOr<Addresses>> Literal(absl::string_view name, dns::RecordType type) {
  const absl::StatusOr<net::IpAddress> ip = net::IpAddress::Parse(name);
  if (!ip.ok()) return std::nullopt;
  if (ip->is_v4() != (type == dns::RecordType::kA)) {
    return absl::NotFoundError(absl::StrCat("address ", name, " is not of type ", dns::ToString(type)));
  }
  return Addresses{{*ip}, absl::InfiniteFuture()};
}

std::vector<net::IpAddress> AddressesOf(const dns::Resolution& resolution) {
  std::vector<net::IpAddress> addresses;
  for (const dns::Rdata& rdata : resolution.records) {
    if (const dns::A* a = std::get_if<dns::A>(&rdata)) addresses.push_back(a->address);
    if (const dns::Aaaa* aaaa = std::get_if<dns::Aaaa>(&rdata)) addresses.push_back(aaaa->address);
  }
  return addresses;
}

absl::Status MissingError(const dns::Question& question, dns::Rcode rcode) {
  const std::string name = question.name.ToDisplayString();
  if (rcode == dns::Rcode::kNxDomain) return absl::NotFoundError(absl::StrCat("name ", name, " does not exist"));
  return absl::NotFoundError(absl::StrCat("name ", name, " has no record of type ", dns::ToString(question.type)));
}

}  // namespace

class Client::State : public std::enable_shared_from_this<State> {
 public:
  State(net::Loop& loop, absl::BitGenRef rng, dns::StubResolverOptions options)
      : loop_(loop), resolver_(std::move(options), rng), timer_changed_(loop) {}

  void Start() { loop_.Spawn(RunTimer(shared_from_this())); }
  void Close();
  bool closed() const { return closed_; }
  net::Loop& loop() { return loop_; }

  static net::Task<absl::StatusOr<dns::Resolution>> Ask(std::shared_ptr<State> self, dns::Question question,
                                                        absl::Time deadline);
  static net::Task<absl::StatusOr<Addresses>> Resolve(std::shared_ptr<State> self, std::string name,
                                                      dns::RecordType type, absl::Time deadline);

 private:
  struct Request {
    explicit Request(net::Loop& loop) : answered(loop) {}
    net::Event answered;
    std::optional<absl::StatusOr<dns::Resolution>> result;
  };
  // One of the two, once it is open.
  struct Attempt {
    std::shared_ptr<net::Datagram> udp;
    std::shared_ptr<net::Stream> tcp;
  };

  void Perform(StubResolver::Output output);
  void Fail(StubResolver::AttemptId attempt, const absl::Status& status) {
    if (!closed_) Perform(resolver_.OnFailure(attempt, status, loop_.Now()));
  }
  static void CloseAttempt(const Attempt& attempt);

  // Each keeps the state alive while it runs.
  static net::Task<void> RunTimer(std::shared_ptr<State> self);
  static net::Task<void> RunUdp(std::shared_ptr<State> self, StubResolver::Send send);
  static net::Task<void> RunTcp(std::shared_ptr<State> self, StubResolver::Send send);

  net::Loop& loop_;
  // Draws from the client's generator: not asked any more once closed_.
  StubResolver resolver_;
  // By id, from the moment the resolver asks for the attempt until it ends it.
  absl::flat_hash_map<StubResolver::AttemptId, Attempt> attempts_;
  absl::flat_hash_map<StubResolver::RequestId, std::shared_ptr<Request>> requests_;
  StubResolver::RequestId next_request_ = 1;
  net::Event timer_changed_;
  absl::Time timer_ = absl::InfiniteFuture();
  bool closed_ = false;
};

void Client::State::Perform(StubResolver::Output output) {
  if (closed_) return;
  for (const StubResolver::AttemptId id : output.ended) {
    const auto attempt = attempts_.find(id);
    if (attempt == attempts_.end()) continue;
    CloseAttempt(attempt->second);
    attempts_.erase(attempt);
  }
  for (StubResolver::Done& done : output.done) {
    const auto request = requests_.find(done.request);
    if (request == requests_.end()) continue;
    request->second->result = std::move(done.result);
    request->second->answered.Notify();
    requests_.erase(request);
  }
  for (StubResolver::Send& send : output.sends) {
    attempts_.emplace(send.attempt, Attempt());
    const auto run = send.transport == dns::Transport::kUdp ? RunUdp : RunTcp;
    loop_.Spawn(run(shared_from_this(), std::move(send)));
  }
  if (resolver_.next_timer() < timer_) timer_changed_.Notify();
}

void Client::State::CloseAttempt(const Attempt& attempt) {
  if (attempt.udp != nullptr) attempt.udp->Close();
  if (attempt.tcp != nullptr) attempt.tcp->Close();
}

void Client::State::Close() {
  closed_ = true;
  for (const auto& [id, attempt] : attempts_) CloseAttempt(attempt);
  attempts_.clear();
  for (const auto& [id, request] : requests_) {
    request->result = absl::CancelledError("the resolver was closed");
    request->answered.Notify();
  }
  requests_.clear();
  timer_changed_.Notify();
}

net::Task<void> Client::State::RunTimer(std::shared_ptr<State> self) {
  while (!self->closed_) {
    self->timer_ = self->resolver_.next_timer();
    co_await self->timer_changed_.WaitUntil(self->timer_);
    if (!self->closed_) self->Perform(self->resolver_.OnTimer(self->loop_.Now()));
  }
}

net::Task<void> Client::State::RunUdp(std::shared_ptr<State> self, StubResolver::Send send) {
  absl::StatusOr<std::unique_ptr<net::Datagram>> connected = net::ConnectUdp(self->loop_, send.server);
  if (!connected.ok()) co_return self->Fail(send.attempt, connected.status());
  const std::shared_ptr<net::Datagram> socket = *std::move(connected);
  const auto attempt = self->attempts_.find(send.attempt);
  if (attempt == self->attempts_.end()) co_return;
  attempt->second.udp = socket;
  const absl::Status sent = co_await socket->Send(send.packet, send.server);
  if (!sent.ok()) co_return self->Fail(send.attempt, sent);
  std::vector<char> buffer(kReplyMax);
  while (self->attempts_.contains(send.attempt)) {
    const absl::StatusOr<net::Datagram::Received> received = co_await socket->Receive(absl::MakeSpan(buffer));
    if (self->closed_) co_return;
    if (!received.ok()) co_return self->Fail(send.attempt, received.status());
    const absl::string_view bytes(buffer.data(), received->size);
    self->Perform(self->resolver_.OnMessage(send.attempt, received->peer, bytes, self->loop_.Now()));
  }
}

net::Task<void> Client::State::RunTcp(std::shared_ptr<State> self, StubResolver::Send send) {
  // The resolver ends the attempt earlier; this only bounds the time in which nobody could close it.
  const absl::Time deadline = self->loop_.Now() + absl::Seconds(30);
  absl::StatusOr<std::unique_ptr<net::Stream>> connected = co_await net::ConnectTcp(self->loop_, send.server, deadline);
  if (!connected.ok()) co_return self->Fail(send.attempt, connected.status());
  const std::shared_ptr<net::Stream> stream = *std::move(connected);
  const auto attempt = self->attempts_.find(send.attempt);
  if (attempt == self->attempts_.end()) co_return;
  attempt->second.tcp = stream;
  const absl::Status sent = co_await WriteTcpMessage(*stream, send.packet);
  if (!sent.ok()) co_return self->Fail(send.attempt, sent);
  TcpMessageReader reader(*stream);
  while (self->attempts_.contains(send.attempt)) {
    const absl::StatusOr<std::string> message = co_await reader.Read();
    if (self->closed_) co_return;
    if (!message.ok()) co_return self->Fail(send.attempt, message.status());
    self->Perform(self->resolver_.OnMessage(send.attempt, send.server, *message, self->loop_.Now()));
  }
}

net::Task<absl::StatusOr<dns::Resolution>> Client::State::Ask(std::shared_ptr<State> self, dns::Question question,
                                                              absl::Time deadline) {
  if (self->closed_) co_return absl::CancelledError("the resolver was closed");
  const StubResolver::RequestId id = self->next_request_++;
  const auto request = std::make_shared<Request>(self->loop_);
  self->requests_.emplace(id, request);
  self->Perform(self->resolver_.Ask(id, question, self->loop_.Now()));
  while (!request->result.has_value()) {
    const bool notified = co_await request->answered.WaitUntil(deadline);
    if (notified || request->result.has_value()) continue;
    self->requests_.erase(id);
    if (!self->closed_) self->Perform(self->resolver_.Cancel(id));
    co_return absl::DeadlineExceededError(absl::StrCat("resolving ", question.name.ToDisplayString(), " ",
                                                       dns::ToString(question.type), ": no answer in time"));
  }
  co_return *std::move(request->result);
}

net::Task<absl::StatusOr<Addresses>> Client::State::Resolve(std::shared_ptr<State> self, std::string name,
                                                            dns::RecordType type, absl::Time deadline) {
  NUBO_CO_RETURN_IF_ERROR(CheckAddressType(type));
  if (const auto literal = Literal(name, type); literal.has_value()) co_return *literal;
  dns::Question question;
  NUBO_CO_ASSIGN_OR_RETURN(question.name, dns::Name::Parse(name));
  question.type = type;
  NUBO_CO_ASSIGN_OR_RETURN(const dns::Resolution resolution, co_await Ask(self, question, deadline));
  Addresses out{AddressesOf(resolution), resolution.expires};
  if (out.addresses.empty()) co_return MissingError(question, resolution.rcode);
  co_return out;
}

struct Watcher::State {
  State(net::Loop& loop, WatchOptions watch_options) : options(watch_options), wake(loop) {}

  // Takes what a question came to, and tells of a change.
  void Take(const absl::StatusOr<dns::Resolution>& result);
  static net::Task<void> Run(std::shared_ptr<State> self, std::shared_ptr<Client::State> client);

  dns::Question question;
  const WatchOptions options;
  std::function<void(const std::vector<net::IpAddress>&)> on_change;
  // As last reported.
  std::optional<std::vector<net::IpAddress>> reported;
  absl::Status status = absl::UnavailableError("not asked yet");
  net::Event wake;
  bool closed = false;
};

void Watcher::State::Take(const absl::StatusOr<dns::Resolution>& result) {
  status = result.status();
  if (!result.ok()) return;
  std::vector<net::IpAddress> addresses = AddressesOf(*result);
  std::sort(addresses.begin(), addresses.end());
  // A set (RFC 2181, section 5), though an answer may repeat itself.
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  if (addresses.empty()) {
    status = MissingError(question, result->rcode);
    if (options.keep_when_missing) return;
  }
  if (addresses == reported) return;
  reported = addresses;
  on_change(addresses);
}

net::Task<void> Watcher::State::Run(std::shared_ptr<State> self, std::shared_ptr<Client::State> client) {
  while (!self->closed && !client->closed()) {
    const absl::Time deadline = client->loop().Now() + self->options.timeout;
    const absl::StatusOr<dns::Resolution> result = co_await Client::State::Ask(client, self->question, deadline);
    if (self->closed || client->closed()) co_return;
    self->Take(result);
    if (self->closed) co_return;
    const absl::Time soonest = client->loop().Now() + self->options.interval_min;
    co_await self->wake.WaitUntil(result.ok() ? std::max(soonest, result->expires) : soonest);
  }
}

Watcher::Watcher(std::shared_ptr<State> state) : state_(std::move(state)) {}

Watcher::~Watcher() {
  state_->closed = true;
  state_->wake.Notify();
}

absl::Status Watcher::status() const { return state_->status; }

Client::Client(net::Loop& loop, absl::BitGenRef rng, dns::StubResolverOptions options)
    : state_(std::make_shared<State>(loop, rng, std::move(options))) {
  state_->Start();
}

Client::~Client() { state_->Close(); }

net::Task<absl::StatusOr<Addresses>> Client::Resolve(std::string name, dns::RecordType type, absl::Time deadline) {
  return State::Resolve(state_, std::move(name), type, deadline);
}

net::Task<absl::StatusOr<dns::Resolution>> Client::Ask(dns::Question question, absl::Time deadline) {
  return State::Ask(state_, std::move(question), deadline);
}

absl::StatusOr<std::unique_ptr<Watcher>> Client::Watch(
    absl::string_view name, WatchOptions options, std::function<void(const std::vector<net::IpAddress>&)> on_change) {
  NUBO_RETURN_IF_ERROR(CheckAddressType(options.type));
  auto watch = std::make_shared<Watcher::State>(state_->loop(), options);
  watch->on_change = std::move(on_change);
  watch->question.type = options.type;
  if (const auto literal = Literal(name, options.type); literal.has_value()) {
    NUBO_ASSIGN_OR_RETURN(const Addresses addresses, *literal);
    watch->status = absl::OkStatus();
    // As for every other name, not before the caller has its watcher.
    state_->loop().Post([watch, addresses] {
      if (!watch->closed) watch->on_change(addresses.addresses);
    });
  } else {
    NUBO_ASSIGN_OR_RETURN(watch->question.name, dns::Name::Parse(name));
    state_->loop().Spawn(Watcher::State::Run(watch, state_));
  }
  return absl::WrapUnique(new Watcher(std::move(watch)));
}

namespace {

// The blocked caller outlives the loop's run.
net::Task<void> RunResolve(net::Loop& loop, Client& client, std::string name, dns::RecordType type,
                           absl::Duration timeout, absl::StatusOr<Addresses>* out) {
  *out = co_await client.Resolve(std::move(name), type, loop.Now() + timeout);
  loop.Stop();
}

}  // namespace

absl::StatusOr<Addresses> ResolveBlocking(const dns::StubResolverOptions& options, absl::string_view name,
                                          dns::RecordType type, absl::Duration timeout) {
  net::Loop loop;
  absl::BitGen rng;
  Client client(loop, rng, options);
  absl::StatusOr<Addresses> out = absl::UnknownError("the loop ended early");
  loop.Spawn(RunResolve(loop, client, std::string(name), type, timeout, &out));
  loop.Run();
  return out;
}

}  // namespace nubo::dns_client
