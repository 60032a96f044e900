#include "nubo/dns_server/process.h"

#include <algorithm>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/file_saver.h"
#include "nubo/base/files.h"
#include "nubo/base/status.h"
#include "nubo/dns_server/config.h"
#include "nubo/dns_server/server.h"
#include "nubo/net/frames.h"
#include "nubo/net/stream.h"

namespace nubo::dns_server {
namespace {

namespace v1 = nubo::dns::v1;

constexpr size_t kRefusedShownMax = 1000;

ServerOptions OptionsFor(const DnsProcessOptions& options) {
  ServerOptions server_options;
  server_options.keeper = options.keeper;
  if (options.query_log != nullptr) {
    server_options.on_query = [log = options.query_log](const QueryRecord& record) {
      log->Write(absl::StrCat(ToLogLine(record), "\n"));
    };
  }
  return server_options;
}

void CountersToProto(const ServerCounters& counters, v1::Counters* out) {
  out->set_udp_queries(counters.udp_queries);
  out->set_tcp_queries(counters.tcp_queries);
  out->set_no_error(counters.no_error);
  out->set_nx_domain(counters.nx_domain);
  out->set_refused(counters.refused);
  out->set_server_failure(counters.server_failure);
  out->set_other_errors(counters.other_errors);
  out->set_truncated(counters.truncated);
  out->set_dropped(counters.dropped);
  out->set_tcp_connections(counters.tcp_connections);
}

}  // namespace

class DnsProcess::State : public std::enable_shared_from_this<State> {
 public:
  State(net::Loop& loop, absl::BitGenRef rng, DnsProcessOptions options)
      : loop_(loop), options_(std::move(options)), server_(loop, rng, OptionsFor(options_)) {
    if (!options_.snapshot_path.empty()) snapshot_ = std::make_unique<base::FileSaver>(options_.snapshot_path, 0600);
  }

  absl::Status Start();
  void Close();
  v1::Status status() const;

 private:
  // One connected control plane. Status messages go out one at a time; those that come due meanwhile become one.
  struct Session {
    Session(net::Loop& loop, std::unique_ptr<net::Stream> connected) : stream(std::move(connected)), changed(loop) {}
    std::unique_ptr<net::Stream> stream;
    net::Event changed;
    // A status is due; the first one at once.
    bool due = true;
    bool closed = false;
  };

  // False: refused, and the former one stays.
  bool Apply(absl::string_view bytes);
  void ApplySnapshot();
  void SetListeners();
  // True if what the listeners say differs from before.
  bool RetryListeners();
  void StatusChanged();
  static void CloseSession(const std::shared_ptr<Session>& session);

  // Each keeps the state alive while it runs.
  static net::Task<void> Accept(std::shared_ptr<State> self);
  static net::Task<void> ReadConfigs(std::shared_ptr<State> self, std::shared_ptr<Session> session);
  static net::Task<void> WriteStatuses(std::shared_ptr<State> self, std::shared_ptr<Session> session);
  static net::Task<void> Tick(std::shared_ptr<State> self);

  net::Loop& loop_;
  const DnsProcessOptions options_;
  Server server_;
  std::unique_ptr<base::FileSaver> snapshot_;
  std::unique_ptr<net::Listener> control_;
  std::shared_ptr<Session> session_;
  std::vector<net::SocketAddress> configured_listeners_;
  uint64_t applied_revision_ = 0;
  uint32_t zones_ = 0;
  std::string error_;
  std::vector<v1::Refused> refused_;
  bool closed_ = false;
};

absl::Status DnsProcess::State::Start() {
  NUBO_ASSIGN_OR_RETURN(control_, net::ListenUnix(loop_, options_.control_path));
  ApplySnapshot();
  SetListeners();
  loop_.Spawn(Accept(shared_from_this()));
  loop_.Spawn(Tick(shared_from_this()));
  return absl::OkStatus();
}

void DnsProcess::State::ApplySnapshot() {
  if (options_.snapshot_path.empty()) return;
  const absl::StatusOr<std::string> bytes = base::ReadFile(options_.snapshot_path, net::kFrameBytesMax);
  if (bytes.ok()) (void)Apply(*bytes);
  // The control plane sends its own, and need not be told of a file.
  error_.clear();
}

void DnsProcess::State::Close() {
  closed_ = true;
  if (control_ != nullptr) control_->Close();
  if (session_ != nullptr) CloseSession(session_);
  server_.SetListeners({});
}

void DnsProcess::State::SetListeners() {
  std::vector<net::SocketAddress> addresses = options_.listeners;
  addresses.insert(addresses.end(), configured_listeners_.begin(), configured_listeners_.end());
  server_.SetListeners(addresses);
}

bool DnsProcess::State::RetryListeners() {
  const std::vector<Server::ListenerStatus> before = server_.listeners();
  bool failing = false;
  for (const Server::ListenerStatus& listener : before) failing = failing || !listener.status.ok();
  if (!failing) return false;
  SetListeners();
  const std::vector<Server::ListenerStatus> after = server_.listeners();
  for (size_t i = 0; i < after.size(); ++i) {
    if (after[i].status != before[i].status) return true;
  }
  return false;
}

// What of it cannot be served is left out and told; what is no configuration at all leaves what is served as it is.
bool DnsProcess::State::Apply(absl::string_view bytes) {
  v1::Config config;
  if (!config.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    error_ = absl::StrCat("a message of ", bytes.size(), " bytes is not a DNS configuration");
    return false;
  }
  ServedConfig served = FromProto(config);
  applied_revision_ = served.revision;
  error_.clear();
  zones_ = static_cast<uint32_t>(served.zones->Zones().size());
  configured_listeners_ = std::move(served.listeners);
  refused_ = std::move(served.refused);
  server_.SetZones(std::move(served.zones), std::move(served.health));
  SetListeners();
  // What a former process listened on and this configuration does not name.
  if (options_.keeper != nullptr) options_.keeper->CloseUnclaimed();
  return true;
}

v1::Status DnsProcess::State::status() const {
  v1::Status status;
  status.set_applied_revision(applied_revision_);
  status.set_error(error_);
  status.set_zones(zones_);
  for (const Server::ListenerStatus& listener : server_.listeners()) {
    v1::ListenerStatus* out = status.add_listeners();
    const net::SocketAddress& address = listener.status.ok() ? listener.bound : listener.wanted;
    out->set_ip(address.ip.ToString());
    out->set_port(address.port);
    out->set_error(std::string(listener.status.message()));
  }
  const size_t shown = std::min(refused_.size(), kRefusedShownMax);
  *status.mutable_refused() = {refused_.begin(), refused_.begin() + static_cast<std::ptrdiff_t>(shown)};
  status.set_refused_count(static_cast<uint32_t>(refused_.size()));
  CountersToProto(server_.counters(), status.mutable_counters());
  if (options_.query_log != nullptr) status.mutable_counters()->set_log_lines_dropped(options_.query_log->dropped());
  return status;
}

void DnsProcess::State::StatusChanged() {
  if (session_ == nullptr) return;
  session_->due = true;
  session_->changed.Notify();
}

void DnsProcess::State::CloseSession(const std::shared_ptr<Session>& session) {
  session->closed = true;
  session->stream->Close();
  session->changed.Notify();
}

net::Task<void> DnsProcess::State::Accept(std::shared_ptr<State> self) {
  while (!self->closed_) {
    absl::StatusOr<std::unique_ptr<net::Stream>> stream = co_await self->control_->Accept();
    if (self->closed_ || absl::IsCancelled(stream.status())) co_return;
    if (!stream.ok()) {
      co_await self->loop_.SleepFor(self->options_.retry_interval);
      continue;
    }
    if (self->session_ != nullptr) CloseSession(self->session_);
    self->session_ = std::make_shared<Session>(self->loop_, *std::move(stream));
    self->loop_.Spawn(ReadConfigs(self, self->session_));
    self->loop_.Spawn(WriteStatuses(self, self->session_));
  }
}

net::Task<void> DnsProcess::State::ReadConfigs(std::shared_ptr<State> self, std::shared_ptr<Session> session) {
  while (!session->closed) {
    const absl::StatusOr<std::string> message = co_await net::ReadFrame(*session->stream);
    if (session->closed || !message.ok()) break;
    const bool applied = self->Apply(*message);
    // Without a file only a successor's first moments are the poorer.
    if (applied && self->snapshot_ != nullptr) (void)self->snapshot_->Save(*message);
    self->StatusChanged();
  }
  CloseSession(session);
  if (self->session_ == session) self->session_ = nullptr;
}

net::Task<void> DnsProcess::State::WriteStatuses(std::shared_ptr<State> self, std::shared_ptr<Session> session) {
  while (true) {
    while (!session->due && !session->closed) co_await session->changed.Wait();
    if (session->closed) co_return;
    session->due = false;
    const std::string message = self->status().SerializeAsString();
    const absl::Status written = co_await net::WriteFrame(*session->stream, message);
    if (!written.ok()) co_return CloseSession(session);
  }
}

net::Task<void> DnsProcess::State::Tick(std::shared_ptr<State> self) {
  absl::Time report_at = self->loop_.Now() + self->options_.report_interval;
  std::string reported;
  while (!self->closed_) {
    co_await self->loop_.SleepFor(self->options_.retry_interval);
    if (self->closed_) co_return;
    if (self->RetryListeners()) self->StatusChanged();
    if (self->loop_.Now() < report_at) continue;
    report_at = self->loop_.Now() + self->options_.report_interval;
    std::string now = self->status().SerializeAsString();
    if (now != reported) self->StatusChanged();
    reported = std::move(now);
  }
}

DnsProcess::DnsProcess(net::Loop& loop, absl::BitGenRef rng, DnsProcessOptions options)
    : state_(std::make_shared<State>(loop, rng, std::move(options))) {}

DnsProcess::~DnsProcess() { state_->Close(); }

absl::Status DnsProcess::Start() { return state_->Start(); }

v1::Status DnsProcess::status() const { return state_->status(); }

absl::Status RunDnsProcess(const DnsProcessOptions& options) {
  net::Loop loop;
  absl::BitGen rng;
  DnsProcess process(loop, rng, options);
  NUBO_RETURN_IF_ERROR(process.Start());
  loop.Run();
  return absl::OkStatus();
}

}  // namespace nubo::dns_server
