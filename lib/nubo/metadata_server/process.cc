#include "nubo/metadata_server/process.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/random/random.h"
#include "absl/strings/string_view.h"
#include "nubo/base/status.h"
#include "nubo/control/messages.h"
#include "nubo/control/server.h"
#include "nubo/http/metrics_endpoint.h"
#include "nubo/metadata_server/config.h"
#include "nubo/metadata_server/metrics.h"

namespace nubo::metadata_server {
namespace {

namespace v1 = nubo::metadata::v1;

constexpr size_t kRefusedShownMax = 1000;

void CountersToProto(const ServerCounters& counters, v1::Counters* out) {
  out->set_ok(counters.ok);
  out->set_bad_request(counters.bad_request);
  out->set_unauthorized(counters.unauthorized);
  out->set_forbidden(counters.forbidden);
  out->set_not_found(counters.not_found);
  out->set_not_allowed(counters.not_allowed);
  out->set_throttled(counters.throttled);
  out->set_tokens_issued(counters.tokens_issued);
  out->set_unknown_sources(counters.unknown_sources);
  out->set_connections(counters.connections);
  out->set_connections_closed(counters.connections_closed);
}

uint32_t InstancesIn(const InstanceTable& table) {
  absl::flat_hash_set<absl::string_view> ids;
  table.ForEach([&](const ec2::MetadataTree& tree) { ids.insert(tree.instance().instance_id); });
  return static_cast<uint32_t>(ids.size());
}

}  // namespace

class MetadataProcess::State : public control::MessageHandler<v1::Config, v1::Status>,
                               public std::enable_shared_from_this<State> {
 public:
  State(net::Loop& loop, absl::BitGenRef rng, MetadataProcessOptions options)
      : loop_(loop),
        options_(std::move(options)),
        server_(loop, rng, options_.source == nullptr ? host_ : *options_.source, options_.server),
        control_(loop, *this, {options_.snapshot_path, options_.report_interval}) {}

  absl::Status Start();
  void Close();
  v1::Status status();

 private:
  using MessageHandler::Apply;
  using MessageHandler::Describe;
  absl::Status Apply(const v1::Config& config) override;
  v1::Status Describe() override;
  // True if what the listeners say differs from before.
  bool RetryListeners();

  // Keeps the state alive while it runs.
  static net::Task<void> RetryAgainAndAgain(std::shared_ptr<State> self);

  net::Loop& loop_;
  const MetadataProcessOptions options_;
  HostListenerSource host_;
  Server server_;
  control::Server control_;
  std::vector<VpcAddress> listeners_;
  uint64_t applied_revision_ = 0;
  uint32_t instances_ = 0;
  std::vector<v1::Refused> refused_;
  bool closed_ = false;
};

absl::Status MetadataProcess::State::Start() {
  NUBO_RETURN_IF_ERROR(control_.Listen(options_.control_path));
  control_.ApplySnapshot();
  loop_.Spawn(RetryAgainAndAgain(shared_from_this()));
  return absl::OkStatus();
}

void MetadataProcess::State::Close() {
  closed_ = true;
  control_.Close();
  server_.SetListeners({});
}

bool MetadataProcess::State::RetryListeners() {
  const std::vector<Server::ListenerStatus> before = server_.listeners();
  const bool failing = std::any_of(before.begin(), before.end(), [](const auto& each) { return !each.status.ok(); });
  if (!failing) return false;
  server_.SetListeners(listeners_);
  const std::vector<Server::ListenerStatus> after = server_.listeners();
  for (size_t i = 0; i < after.size(); ++i) {
    if (after[i].status != before[i].status) return true;
  }
  return false;
}

// What of it cannot be served is left out and told.
absl::Status MetadataProcess::State::Apply(const v1::Config& config) {
  NUBO_ASSIGN_OR_RETURN(ServedConfig served, FromProto(config));
  applied_revision_ = served.revision;
  instances_ = InstancesIn(*served.instances);
  listeners_ = std::move(served.listeners);
  refused_ = std::move(served.refused);
  server_.SetInstances(std::move(served.instances), ec2::MetadataTokens(std::move(served.seal)));
  server_.SetListeners(listeners_);
  return absl::OkStatus();
}

v1::Status MetadataProcess::State::Describe() {
  v1::Status status;
  status.set_applied_revision(applied_revision_);
  status.set_instances(instances_);
  for (const Server::ListenerStatus& listener : server_.listeners()) {
    v1::ListenerStatus* out = status.add_listeners();
    const net::SocketAddress& address = listener.status.ok() ? listener.bound : listener.wanted.address;
    out->set_vpc_id(listener.wanted.vpc_id);
    out->set_ip(address.ip.ToString());
    out->set_port(address.port);
    out->set_error(std::string(listener.status.message()));
  }
  const size_t shown = std::min(refused_.size(), kRefusedShownMax);
  *status.mutable_refused() = {refused_.begin(), refused_.begin() + static_cast<std::ptrdiff_t>(shown)};
  status.set_refused_count(static_cast<uint32_t>(refused_.size()));
  CountersToProto(server_.counters(), status.mutable_counters());
  return status;
}

v1::Status MetadataProcess::State::status() {
  v1::Status status;
  (void)status.ParseFromString(Describe(control_.refused()));
  return status;
}

net::Task<void> MetadataProcess::State::RetryAgainAndAgain(std::shared_ptr<State> self) {
  while (!self->closed_) {
    co_await self->loop_.SleepFor(self->options_.retry_interval);
    if (!self->closed_ && self->RetryListeners()) self->control_.Changed();
  }
}

MetadataProcess::MetadataProcess(net::Loop& loop, absl::BitGenRef rng, MetadataProcessOptions options)
    : state_(std::make_shared<State>(loop, rng, std::move(options))) {}

MetadataProcess::~MetadataProcess() { state_->Close(); }

absl::Status MetadataProcess::Start() { return state_->Start(); }

v1::Status MetadataProcess::status() const { return state_->status(); }

absl::Status RunMetadataProcess(const MetadataProcessOptions& options) {
  net::Loop loop;
  absl::BitGen rng;
  MetadataProcess process(loop, rng, options);
  NUBO_RETURN_IF_ERROR(process.Start());
  http::MetricsEndpoint metrics(loop, [&process] { return MetricsText(process.status()); });
  if (options.metrics_address) NUBO_RETURN_IF_ERROR(metrics.Listen(*options.metrics_address));
  loop.Run();
  return absl::OkStatus();
}

}  // namespace nubo::metadata_server
