#include "tests/proxy/proxy_fixture.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::proxy {

using ::nubo::testing::IsOk;

Backend::Backend(net::Loop& loop, std::string n) : name(std::move(n)), loop_(loop) {
  serve = [this](http::Exchange& exchange) -> net::Task<void> {
    http::ResponseHead head;
    (void)co_await exchange.SendWhole(std::move(head), name);
  };
}

net::Task<void> Backend::Handle(http::Exchange& exchange) {
  if (exchange.head().path == "/healthz") {
    ++health_checks;
    http::ResponseHead head;
    head.headers = {{"content-type", "application/grpc"}, {"grpc-status", "12"}};
    (void)co_await exchange.SendHead(std::move(head), /*end=*/true);
    co_return;
  }
  ++requests;
  co_await serve(exchange);
}

void Backend::Start() {
  if (address.port == 0) address = *net::SocketAddress::Parse("127.0.0.1:0");
  auto listener = net::ListenTcp(loop_, address);
  BOOST_REQUIRE(IsOk(listener));
  address = (*listener)->local();
  server_ = std::make_unique<http::Server>(loop_, *this, http::ServerOptions{});
  loop_.Spawn(server_->Serve(*std::move(listener)));
}

net::Task<void> Backend::Kill() {
  if (server_ == nullptr) co_return;
  const absl::Time now = loop_.Now();
  co_await server_->Drain(now);
  server_ = nullptr;
}

net::Task<void> UntilGone(net::Loop& loop, http::Exchange& exchange) {
  net::Event gone(loop);
  exchange.OnGone([&gone] { gone.Notify(); });
  while (!exchange.gone()) co_await gone.Wait();
  exchange.OnGone(nullptr);
}

ProxyFixture::ProxyFixture() {
  balancer.OnChange([this] { changed.Notify(); });
}

ProxyFixture::~ProxyFixture() { balancer.OnChange(nullptr); }

Backend& ProxyFixture::AddBackend(std::string name) {
  backends.push_back(std::make_unique<Backend>(loop, std::move(name)));
  backends.back()->Start();
  return *backends.back();
}

v1::Configuration ProxyFixture::OneGroup(v1::ProtocolVersion version) {
  v1::Configuration configuration;
  v1::Listener* listener = configuration.add_listeners();
  listener->set_id("l");
  listener->add_addresses()->set_ip("127.0.0.1");
  listener->mutable_default_action()->mutable_forward()->add_target_groups()->set_target_group_id("tg");
  v1::TargetGroup* group = configuration.add_target_groups();
  group->set_id("tg");
  group->set_protocol_version(version);
  group->mutable_health_check()->set_path("/healthz");
  group->mutable_health_check()->set_healthy_threshold(1);
  for (const auto& backend : backends) {
    v1::Target* target = group->add_targets();
    target->set_id(backend->name);
    target->mutable_address()->set_ip("127.0.0.1");
    target->mutable_address()->set_port(backend->address.port);
  }
  return configuration;
}

void ProxyFixture::Configure(v1::Configuration configuration) {
  configuration.set_revision(++revision_);
  BOOST_REQUIRE(IsOk(balancer.Apply(configuration)));
}

net::SocketAddress ProxyFixture::proxy_address() {
  const v1::Status status = balancer.Describe();
  BOOST_REQUIRE(status.listeners_size() > 0);
  BOOST_REQUIRE(status.listeners(0).bound_size() > 0);
  return {*net::IpAddress::Parse("127.0.0.1"), static_cast<uint16_t>(status.listeners(0).bound(0).port())};
}

net::Task<void> ProxyFixture::RunToEnd(net::Task<void> task) {
  try {
    co_await std::move(task);
  } catch (...) {
    // A BOOST_REQUIRE that failed; it has been reported.
  }
  co_await balancer.Drain(loop.Now());
  for (const auto& backend : backends) co_await backend->Kill();
  loop.Stop();
}

net::Task<void> ProxyFixture::Watch() {
  net::Event never(loop);
  co_await never.WaitUntil(loop.Now() + kTestTimeout);
  BOOST_ERROR("the test did not end in time");
  loop.Stop();
}

void ProxyFixture::Run(net::Task<void> task) {
  loop.Spawn(Watch());
  loop.Spawn(RunToEnd(std::move(task)));
  loop.Run();
}

net::Task<void> ProxyFixture::Until(std::function<bool()> done) {
  // Figures such as requests in flight change without a notice, so it also looks by itself.
  while (!done()) co_await changed.WaitUntil(loop.Now() + absl::Milliseconds(5));
}

int ProxyFixture::Healthy() {
  int healthy = 0;
  const v1::Status status = balancer.Describe();
  for (const v1::TargetStatus& target : status.targets()) healthy += target.state() == "healthy" ? 1 : 0;
  return healthy;
}

net::Task<void> ProxyFixture::UntilHealthy() {
  return Until([this] {
    const v1::Status status = balancer.Describe();
    for (const v1::TargetStatus& target : status.targets()) {
      if (target.state() != "healthy" && target.state() != "draining") return false;
    }
    return true;
  });
}

std::string ProxyFixture::StateOf(const std::string& id) {
  const v1::Status status = balancer.Describe();
  for (const v1::TargetStatus& target : status.targets()) {
    if (target.target_id() == id) return target.state();
  }
  return "";
}

net::Task<std::shared_ptr<http::ClientConnection>> ProxyFixture::Connect(http::Version version) {
  auto stream = co_await net::ConnectTcp(loop, proxy_address(), loop.Now() + kTestTimeout);
  BOOST_REQUIRE(IsOk(stream));
  co_return http::StartClient(loop, *std::move(stream), version, {});
}

net::Task<Answer> ProxyFixture::Send(Ask ask) {
  const auto connection = co_await Connect(ask.version);
  auto exchange = connection->Open();
  BOOST_REQUIRE(exchange != nullptr);
  http::RequestHead head;
  head.method = ask.method;
  head.path = ask.path;
  head.authority = ask.authority;
  head.headers = ask.headers;
  if (!ask.body.empty()) head.headers.Set("content-length", absl::StrCat(ask.body.size()));
  Answer answer;
  answer.status = co_await exchange->SendHead(std::move(head), ask.body.empty());
  if (answer.status.ok() && !ask.body.empty()) answer.status = co_await exchange->SendBody(ask.body);
  http::Headers none;
  if (answer.status.ok() && !ask.body.empty()) answer.status = co_await exchange->Finish(std::move(none));
  absl::StatusOr<http::ResponseHead> response = co_await exchange->ReadHead();
  answer.status = response.status();
  if (!response.ok()) co_return answer;
  answer.head = *std::move(response);
  for (;;) {
    absl::StatusOr<std::optional<std::string>> piece = co_await exchange->ReadBody();
    answer.status = piece.status();
    if (!piece.ok() || !piece->has_value()) break;
    answer.body += **piece;
  }
  if (answer.status.ok()) answer.trailers = exchange->trailers();
  co_return answer;
}

}  // namespace nubo::proxy
