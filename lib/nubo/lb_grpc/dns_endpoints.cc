#include "nubo/lb_grpc/dns_endpoints.h"

#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "nubo/net/loop.h"

namespace nubo::lb_grpc {

// A loop, its thread, and what runs on it.
struct DnsEndpoints::Running {
  net::Loop loop;
  // For the ports and ids of questions, which nobody else should be able to guess.
  absl::BitGen rng;
  std::unique_ptr<dns_client::Client> client;
  std::unique_ptr<dns_client::Watcher> watcher;
  std::thread thread;
};

DnsEndpoints::DnsEndpoints(std::string name, uint16_t port, DnsEndpointsOptions options)
    : name_(std::move(name)), port_(port), options_(std::move(options)) {}

DnsEndpoints::~DnsEndpoints() {
  if (running_ == nullptr) return;
  running_->loop.Post([running = running_.get()] {
    running->watcher.reset();
    running->client.reset();
    running->loop.Stop();
  });
  running_->thread.join();
}

absl::Status DnsEndpoints::Start(OnChange on_change) {
  running_ = std::make_unique<Running>();
  Running& running = *running_;
  // Shared: the caller may be gone before the loop's thread has quite set it.
  const auto started = std::make_shared<std::promise<absl::Status>>();
  std::future<absl::Status> status = started->get_future();
  const auto tell = [port = port_, on_change = std::move(on_change)](const std::vector<net::IpAddress>& addresses) {
    std::vector<lb::TargetSpec> endpoints;
    for (const net::IpAddress& ip : addresses) {
      const net::SocketAddress address = {ip, port};
      endpoints.push_back({.id = address.ToString(), .address = address});
    }
    on_change(endpoints);
  };
  // This object outlives its thread.
  running.loop.Post([this, &running, started, tell] {
    running.client = std::make_unique<dns_client::Client>(running.loop, running.rng, options_.resolver);
    auto watcher = running.client->Watch(name_, options_.watch, tell);
    if (watcher.ok()) running.watcher = *std::move(watcher);
    started->set_value(watcher.status());
  });
  running.thread = std::thread([&running] { running.loop.Run(); });
  return status.get();
}

}  // namespace nubo::lb_grpc
