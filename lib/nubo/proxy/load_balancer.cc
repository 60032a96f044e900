#include "nubo/proxy/load_balancer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::proxy {
namespace {

void CollectGroups(const Action& action, std::set<std::string>& ids) {
  if (const auto* forward = std::get_if<ForwardAction>(&action)) {
    for (const ForwardAction::Part& part : forward->parts) ids.insert(part.target_group_id);
  }
}

// The groups that a listener can lead to; others are not in use.
std::set<std::string> GroupsInUse(const Configuration& config) {
  std::set<std::string> ids;
  for (const ListenerConfig& listener : config.listeners) {
    CollectGroups(listener.default_action, ids);
    for (const RuleConfig& rule : listener.rules) CollectGroups(rule.action, ids);
  }
  return ids;
}

http::ServerOptions ToServerOptions(const LimitsConfig& limits) {
  http::ServerOptions options;
  options.connections_max = limits.connections_max;
  options.idle_timeout = limits.client_idle_timeout;
  options.body_timeout = limits.idle_timeout;
  return options;
}

void SetAddress(const net::SocketAddress& from, v1::Address* to) {
  to->set_ip(from.ip.ToString());
  to->set_port(from.port);
}

void AddTargets(const ServedGroup& group, v1::Status& status) {
  for (const lb::TargetStatus& target : group.Describe()) {
    v1::TargetStatus* out = status.add_targets();
    out->set_target_group_id(group.config().id);
    out->set_target_id(target.id);
    out->set_state(std::string(lb::StateName(target.health.state)));
    out->set_reason(std::string(lb::ReasonCode(target.health.reason)));
    out->set_description(target.health.description);
    out->set_requests_in_flight(static_cast<int32_t>(target.in_flight));
    out->set_requests(target.requests);
    out->set_errors(target.errors);
    out->set_ejected(target.ejected);
    out->set_latency_us(absl::ToInt64Microseconds(target.latency));
  }
}

void AddCounters(const ProxyCounters& counters, v1::Counters& out) {
  out.set_requests(counters.requests);
  out.set_responses_2xx(counters.responses_2xx);
  out.set_responses_3xx(counters.responses_3xx);
  out.set_responses_4xx(counters.responses_4xx);
  out.set_responses_5xx(counters.responses_5xx);
  out.set_responses_5xx_own(counters.responses_5xx_own);
  out.set_retries(counters.retries);
  out.set_received_bytes(counters.received_bytes);
  out.set_sent_bytes(counters.sent_bytes);
}

}  // namespace

LoadBalancer::LoadBalancer(net::Loop& loop, absl::BitGenRef rng, AccessLog& access_log,
                           const lb::PolicyRegistry& policies, net::SocketKeeper* keeper)
    : loop_(loop), access_log_(access_log), policies_(policies), keeper_(keeper), forwarder_(loop, rng, access_log) {
  loop_.Spawn(KeepHouse(loop_, self_));
}

LoadBalancer::~LoadBalancer() {
  // A request under way may keep its group for longer, which must not tell this object of changes.
  for (auto& [id, group] : groups_) group->Stop();
}

void LoadBalancer::Changed() {
  if (on_change_) on_change_();
}

absl::Status LoadBalancer::Apply(const v1::Configuration& configuration) {
  NUBO_ASSIGN_OR_RETURN(Configuration config, FromProto(configuration));
  NUBO_RETURN_IF_ERROR(CheckGroups(config));
  if (server_ == nullptr) {
    server_ = std::make_unique<http::Server>(loop_, forwarder_, ToServerOptions(config.limits));
  } else {
    server_->SetOptions(ToServerOptions(config.limits));
  }
  ApplyGroups(config);
  ApplyListeners(config);
  config_ = std::move(config);
  // What a former process listened on and this configuration does not name.
  if (keeper_ != nullptr) keeper_->CloseUnclaimed();
  Publish();
  return absl::OkStatus();
}

absl::Status LoadBalancer::CheckGroups(const Configuration& config) const {
  for (const TargetGroupConfig& group : config.target_groups) {
    const absl::Status status = ServedGroup::Check(group, policies_, loop_.Now());
    if (!status.ok()) return base::Annotate(status, absl::StrCat("target group \"", group.id, "\""));
  }
  return absl::OkStatus();
}

void LoadBalancer::ApplyGroups(const Configuration& config) {
  const std::set<std::string> in_use = GroupsInUse(config);
  std::map<std::string, std::shared_ptr<ServedGroup>> groups;
  for (const TargetGroupConfig& group : config.target_groups) {
    std::shared_ptr<ServedGroup>& served = groups[group.id];
    const auto former = groups_.find(group.id);
    if (former != groups_.end()) {
      served = former->second;
    } else {
      served = std::make_shared<ServedGroup>(loop_, policies_, group, config.limits, [this] { Changed(); });
    }
    served->Configure(group, config.limits, in_use.contains(group.id));
  }
  groups_.swap(groups);
  for (auto& [id, group] : groups) {
    if (!groups_.contains(id)) group->Stop();
  }
}

void LoadBalancer::ApplyListeners(const Configuration& config) {
  routes_.clear();
  std::vector<Binding> bindings;
  for (const ListenerConfig& listener : config.listeners) {
    routes_[listener.id] =
        std::make_shared<ListenerRoutes>(ListenerRoutes{listener.id, listener.public_port, RouteTable(listener)});
    for (const net::SocketAddress& address : listener.addresses) {
      const auto same = std::find_if(bindings_.begin(), bindings_.end(),
                                     [&](const Binding& b) { return b.wanted == address && b.bound.has_value(); });
      Binding binding{.wanted = address, .listener_id = listener.id};
      if (same != bindings_.end()) binding.bound = std::exchange(same->bound, std::nullopt);
      bindings.push_back(std::move(binding));
    }
  }
  // What nobody took over is closed first: a new listener may want its port.
  for (const Binding& binding : bindings_) {
    if (binding.bound.has_value()) server_->CloseListener(*binding.bound);
  }
  bindings_ = std::move(bindings);
  for (Binding& binding : bindings_) Bind(binding);
}

void LoadBalancer::Bind(Binding& binding) {
  if (binding.bound.has_value()) return;
  absl::StatusOr<std::unique_ptr<net::Listener>> listener = net::ListenTcp(loop_, binding.wanted, {.keeper = keeper_});
  if (!listener.ok()) {
    binding.error = std::string(listener.status().message());
    return;
  }
  binding.error.clear();
  binding.bound = (*listener)->local();
  loop_.Spawn(server_->Serve(*std::move(listener)));
}

void LoadBalancer::Publish() {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->load_balancer_id = config_.load_balancer_id;
  snapshot->access_log = config_.access_log;
  snapshot->limits = config_.limits;
  snapshot->headers = config_.headers;
  snapshot->groups = groups_;
  for (const Binding& binding : bindings_) {
    if (binding.bound.has_value()) snapshot->listeners[*binding.bound] = routes_[binding.listener_id];
  }
  forwarder_.Publish(std::move(snapshot));
  Changed();
}

v1::Status LoadBalancer::Describe() {
  v1::Status status;
  status.set_revision(config_.revision);
  for (const ListenerConfig& listener : config_.listeners) {
    v1::ListenerStatus* out = status.add_listeners();
    out->set_id(listener.id);
    for (const Binding& binding : bindings_) {
      if (binding.listener_id != listener.id) continue;
      if (binding.bound.has_value()) SetAddress(*binding.bound, out->add_bound());
      if (!binding.error.empty()) out->set_error(binding.error);
    }
  }
  for (const auto& [id, group] : groups_) AddTargets(*group, status);
  AddCounters(forwarder_.counters(), *status.mutable_counters());
  status.mutable_counters()->set_log_lines_dropped(access_log_.dropped());
  if (server_ != nullptr) status.mutable_counters()->set_connections_open(server_->connections());
  return status;
}

net::Task<void> LoadBalancer::KeepHouse(net::Loop& loop, std::weak_ptr<LoadBalancer> balancer) {
  for (;;) {
    co_await loop.SleepFor(kHousekeepingInterval);
    const std::shared_ptr<LoadBalancer> self = balancer.lock();
    if (self == nullptr) co_return;
    self->KeepHouseOnce();
  }
}

void LoadBalancer::KeepHouseOnce() {
  access_log_.Flush();
  for (auto& [id, group] : groups_) group->Sweep();
  bool bound = false;
  for (Binding& binding : bindings_) {
    if (binding.bound.has_value()) continue;
    Bind(binding);
    bound |= binding.bound.has_value();
  }
  if (bound) Publish();
}

net::Task<void> LoadBalancer::Drain(absl::Time deadline) {
  if (server_ != nullptr) co_await server_->Drain(deadline);
  for (auto& [id, group] : groups_) group->Stop();
  access_log_.Flush();
}

}  // namespace nubo::proxy
