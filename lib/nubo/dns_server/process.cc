#include "nubo/dns_server/process.h"

#include <algorithm>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/control/messages.h"
#include "nubo/control/server.h"
#include "nubo/dns_server/config.h"
#include "nubo/dns_server/metrics.h"
#include "nubo/dns_server/server.h"
#include "nubo/http/metrics_endpoint.h"

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

class DnsProcess::State : public control::MessageHandler<v1::Config, v1::Status>,
                          public std::enable_shared_from_this<State> {
 public:
  State(net::Loop& loop, absl::BitGenRef rng, DnsProcessOptions options)
      : loop_(loop),
        options_(std::move(options)),
        server_(loop, rng, OptionsFor(options_)),
        control_(loop, *this, {options_.snapshot_path, options_.report_interval}) {}

  absl::Status Start();
  void Close();
  v1::Status status();

 private:
  using MessageHandler::Apply;
  using MessageHandler::Describe;
  absl::Status Apply(const v1::Config& config) override;
  v1::Status Describe() override;
  void SetListeners();
  // True if what the listeners say differs from before.
  bool RetryListeners();

  // Keeps the state alive while it runs.
  static net::Task<void> RetryAgainAndAgain(std::shared_ptr<State> self);

  net::Loop& loop_;
  const DnsProcessOptions options_;
  Server server_;
  control::Server control_;
  std::vector<net::SocketAddress> configured_listeners_;
  uint64_t applied_revision_ = 0;
  uint32_t zones_ = 0;
  std::vector<v1::Refused> refused_;
  bool closed_ = false;
};

absl::Status DnsProcess::State::Start() {
  NUBO_RETURN_IF_ERROR(control_.Listen(options_.control_path));
  control_.ApplySnapshot();
  SetListeners();
  loop_.Spawn(RetryAgainAndAgain(shared_from_this()));
  return absl::OkStatus();
}

void DnsProcess::State::Close() {
  closed_ = true;
  control_.Close();
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

// What of it cannot be served is left out and told.
absl::Status DnsProcess::State::Apply(const v1::Config& config) {
  ServedConfig served = FromProto(config);
  applied_revision_ = served.revision;
  zones_ = static_cast<uint32_t>(served.zones->Zones().size());
  configured_listeners_ = std::move(served.listeners);
  refused_ = std::move(served.refused);
  server_.SetZones(std::move(served.zones), std::move(served.health));
  SetListeners();
  // What a former process listened on and this configuration does not name.
  if (options_.keeper != nullptr) options_.keeper->CloseUnclaimed();
  return absl::OkStatus();
}

v1::Status DnsProcess::State::Describe() {
  v1::Status status;
  status.set_applied_revision(applied_revision_);
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

v1::Status DnsProcess::State::status() {
  v1::Status status;
  (void)status.ParseFromString(Describe(control_.refused()));
  return status;
}

net::Task<void> DnsProcess::State::RetryAgainAndAgain(std::shared_ptr<State> self) {
  while (!self->closed_) {
    co_await self->loop_.SleepFor(self->options_.retry_interval);
    if (!self->closed_ && self->RetryListeners()) self->control_.Changed();
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
  http::MetricsEndpoint metrics(loop, [&process] { return MetricsText(process.status()); });
  if (options.metrics_address) NUBO_RETURN_IF_ERROR(metrics.Listen(*options.metrics_address));
  loop.Run();
  return absl::OkStatus();
}

}  // namespace nubo::dns_server
