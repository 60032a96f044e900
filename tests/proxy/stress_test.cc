// Targets come, go, refuse, stall and break off, and configurations replace each other, while requests run. Whatever is
// used after its end is found by a sanitizer; what is asked here is that every request gets an answer.
//
// What happens follows from a seed, which is printed; when it happens is also up to the machine. It is one round of
// some requests with a seed that is always the same; others, for so many seconds, or one of them again:
//
//   bazel test --config=asan --config=ubsan --test_env=NUBO_STRESS_SECONDS=60 //tests/proxy:stress_test
//   bazel test --test_env=NUBO_STRESS_SEED=4242 //tests/proxy:stress_test
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/proxy/proxy_fixture.h"

namespace nubo::proxy {
namespace {

constexpr int kBackends = 4;
constexpr int kClients = 12;
constexpr int kBodyMax = 150'000;
// Of a round.
constexpr int kRequests = 100;
constexpr uint64_t kSeed = 1;
// A request waits for a target this long at most, and tries again for about as long.
constexpr absl::Duration kAnswerMax = absl::Seconds(15);

// What a target does with a request.
enum class Mood { kServe, kSlow, kStall, kBreakOff, kStallHalfway, kBreakOffHalfway, kFail };
constexpr int kMoods = 7;

// How the requests of one round ended.
struct Outcomes {
  int sent = 0;
  std::map<int, int> answers;
  // By the client itself.
  int abandoned = 0;
  // Within a response that a target had begun.
  int cut = 0;
  int unanswered = 0;
};

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  uint64_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : otherwise;
}

class Stress : public ProxyFixture {
 public:
  explicit Stress(uint64_t seed) : random_(seed), idle_(loop) {
    for (int i = 0; i < kBackends; ++i) {
      backends.push_back(std::make_unique<Backend>(loop, absl::StrCat("t", i)));
      Backend& backend = *backends.back();
      // Of its own, so that no client's port is in its way when it comes back.
      backend.address = {net::IpAddress::V4(0x7f004201 + static_cast<uint32_t>(i)), 0};
      backend.serve = [this, i](http::Exchange& exchange) { return Serve(exchange, moods_[i]); };
      backend.Start();
      alive_[i] = true;
    }
    for (const std::string& name : policies.names()) {
      if (policies.Create(name).ok()) policy_names_.push_back(name);
    }
    Configure(Random());
  }

  // One round.
  net::Task<void> Act() {
    const net::SocketAddress proxy = proxy_address();
    for (int i = 0; i < kClients; ++i) loop.Spawn(Ask(proxy, random_()));
    while (outcomes.sent < kRequests) {
      Happen();
      co_await loop.SleepFor(absl::Milliseconds(random_() % 10));
    }
    // Those who still wait for an answer get one, whatever there is left to answer with.
    const absl::Time last = loop.Now() + kAnswerMax;
    while (asking_ > 0 && loop.Now() < last) co_await idle_.WaitUntil(last);
    outcomes.unanswered += asking_;
    while (dying_ > 0) co_await idle_.Wait();
  }

  Outcomes outcomes;

 private:
  bool Chance(int percent) { return static_cast<int>(random_() % 100) < percent; }

  void Happen() {
    const size_t i = random_() % kBackends;
    switch (random_() % 8) {
      case 0:
      case 1:
        if (alive_[i]) loop.Spawn(Kill(i));
        break;
      case 2:
        // The group loses every target.
        for (size_t each = 0; each < kBackends; ++each) {
          if (alive_[each]) loop.Spawn(Kill(each));
        }
        break;
      case 3:
      case 4:
        for (size_t each = 0; each < kBackends; ++each) {
          if (!alive_[each] && !killing_[each] && Chance(60)) Revive(each);
        }
        break;
      case 5:
        moods_[i] = Chance(50) ? Mood::kServe : static_cast<Mood>(random_() % kMoods);
        break;
      default:
        Configure(Random());
        break;
    }
  }

  net::Task<void> Kill(size_t i) {
    alive_[i] = false;
    killing_[i] = true;
    ++dying_;
    co_await backends[i]->Kill();
    killing_[i] = false;
    --dying_;
    idle_.Notify();
  }

  void Revive(size_t i) {
    backends[i]->Start();
    alive_[i] = true;
  }

  void AddGroup(v1::Configuration& configuration, const std::string& id) {
    v1::TargetGroup* group = configuration.add_target_groups();
    group->set_id(id);
    group->set_policy(policy_names_[random_() % policy_names_.size()]);
    group->set_deregistration_delay_ms(Chance(50) ? 0 : 100);
    group->set_outlier_detection(Chance(50));
    v1::HealthCheck* check = group->mutable_health_check();
    check->set_path("/healthz");
    check->set_healthy_threshold(1 + Chance(30));
    check->set_unhealthy_threshold(1 + Chance(50));
    check->set_interval_ms(50 + static_cast<int>(random_() % 100));
    check->set_timeout_ms(50);
    for (const auto& backend : backends) {
      if (Chance(25)) continue;
      v1::Target* target = group->add_targets();
      // Known by another id now and then: the same address is another target.
      target->set_id(absl::StrCat(backend->name, Chance(20) ? "-b" : ""));
      target->mutable_address()->set_ip(backend->address.ip.ToString());
      target->mutable_address()->set_port(backend->address.port);
      target->set_draining(Chance(10));
    }
  }

  v1::Configuration Random() {
    v1::Configuration configuration;
    // Targets stall for longer. Clients are never silent for so long, nor idle for any time that counts.
    configuration.mutable_limits()->set_idle_timeout_ms(Chance(70) ? 200 : 1000);
    configuration.mutable_limits()->set_client_idle_timeout_ms(60'000);
    configuration.mutable_limits()->set_connect_timeout_ms(200);
    if (Chance(20)) configuration.mutable_limits()->set_pending_requests_max(2);
    if (Chance(20)) configuration.mutable_limits()->set_connections_per_target_max(1);
    v1::Listener* listener = configuration.add_listeners();
    listener->set_id("l");
    listener->add_addresses()->set_ip("127.0.0.1");
    const bool two = Chance(30);
    if (Chance(8)) {
      // Every group goes, whoever waits for one of its targets.
      listener->mutable_default_action()->mutable_fixed_response()->set_status_code(503);
    } else {
      for (const char* id : {"tg", "other"}) {
        if (!two && id == absl::string_view("other")) continue;
        v1::WeightedTargetGroup* part = listener->mutable_default_action()->mutable_forward()->add_target_groups();
        part->set_target_group_id(id);
        part->set_weight(1);
        AddGroup(configuration, id);
      }
    }
    if (Chance(30)) {
      v1::Listener* other = configuration.add_listeners();
      other->set_id("comes-and-goes");
      other->add_addresses()->set_ip("127.0.0.1");
      other->mutable_default_action()->mutable_fixed_response()->set_status_code(404);
    }
    return configuration;
  }

  net::Task<void> Serve(http::Exchange& exchange, Mood mood) {
    if (mood == Mood::kBreakOff) co_return exchange.Abort();
    if (mood == Mood::kStall) co_return co_await UntilGone(loop, exchange);
    const absl::StatusOr<std::string> body = co_await http::ReadWholeBody(exchange, 2 * kBodyMax);
    if (!body.ok()) co_return;
    if (mood == Mood::kSlow) co_await loop.SleepFor(absl::Milliseconds(40));
    http::ResponseHead head;
    head.status = mood == Mood::kFail ? 500 : 200;
    head.headers = {{"x-target", "yes"}};
    const std::string answer(body->size() + 1, 'x');
    if (mood != Mood::kStallHalfway && mood != Mood::kBreakOffHalfway) {
      (void)co_await exchange.SendWhole(std::move(head), answer);
      co_return;
    }
    (void)co_await exchange.SendHead(std::move(head), /*end=*/false);
    (void)co_await exchange.SendBody(answer);
    if (mood == Mood::kStallHalfway) co_await UntilGone(loop, exchange);
    exchange.Abort();
  }

  net::Task<void> Ask(net::SocketAddress proxy, uint64_t seed) {
    ++asking_;
    std::mt19937_64 random(seed);
    while (outcomes.sent < kRequests) {
      const http::Version version = random() % 4 == 0 ? http::Version::kHttp2 : http::Version::kHttp11;
      auto stream = co_await net::ConnectTcp(loop, proxy, loop.Now() + kAnswerMax);
      if (!stream.ok()) {
        BOOST_ERROR(absl::StrCat("the load balancer does not listen: ", stream.status().ToString()));
        break;
      }
      const auto connection = http::StartClient(loop, *std::move(stream), version, {});
      // Several on one connection, as browsers do.
      for (uint64_t more = random() % 4; more < 4 && outcomes.sent < kRequests; ++more) {
        const std::shared_ptr<http::ClientExchange> exchange = connection->Open();
        if (exchange == nullptr) break;
        ++outcomes.sent;
        if (random() % 10 == 0) {
          co_await Abandon(exchange, random());
          break;
        }
        co_await One(exchange, random());
        if (random() % 3 == 0) co_await loop.SleepFor(absl::Milliseconds(random() % 20));
      }
    }
    --asking_;
    idle_.Notify();
  }

  http::RequestHead Head(size_t body) {
    http::RequestHead head;
    head.method = body > 0 ? "POST" : "GET";
    head.path = "/";
    head.authority = "app.example";
    if (body > 0) head.headers.Set("content-length", absl::StrCat(body));
    return head;
  }

  net::Task<void> One(std::shared_ptr<http::ClientExchange> exchange, uint64_t random) {
    const size_t size = random % 2 == 0 ? 0 : (random >> 1) % kBodyMax;
    const std::string body(size, 'q');
    absl::Status written = co_await exchange->SendHead(Head(size), size == 0);
    if (written.ok() && size > 0) written = co_await exchange->SendBody(body);
    http::Headers none;
    if (written.ok() && size > 0) (void)co_await exchange->Finish(std::move(none));
    const absl::StatusOr<http::ResponseHead> head = co_await exchange->ReadHead();
    if (!head.ok()) {
      ++outcomes.unanswered;
      BOOST_ERROR(absl::StrCat("a request with ", size, " bytes got no answer: ", head.status().ToString()));
      co_return;
    }
    size_t received = 0;
    for (;;) {
      const absl::StatusOr<std::optional<std::string>> piece = co_await exchange->ReadBody();
      if (!piece.ok()) {
        ++outcomes.cut;
        // The load balancer's own answers are whole; and only what a target has begun can break off.
        BOOST_TEST(head->headers.Has("x-target"), "an answer " << head->status << " broke off: " << piece.status());
        co_return;
      }
      if (!piece->has_value()) break;
      received += (*piece)->size();
    }
    ++outcomes.answers[head->status];
    if (head->status == 200) BOOST_TEST(received == size + 1);
  }

  // Leaves in the middle of it.
  net::Task<void> Abandon(std::shared_ptr<http::ClientExchange> exchange, uint64_t random) {
    ++outcomes.abandoned;
    const size_t size = random % 2 == 0 ? 0 : kBodyMax;
    const absl::Status written = co_await exchange->SendHead(Head(size), size == 0);
    const std::string half(size / 2, 'q');
    if (written.ok() && size > 0) (void)co_await exchange->SendBody(half);
    co_await loop.SleepFor(absl::Milliseconds((random >> 1) % 30));
    exchange->Cancel();
  }

  std::mt19937_64 random_;
  std::vector<std::string> policy_names_;
  Mood moods_[kBackends] = {};
  bool alive_[kBackends] = {};
  bool killing_[kBackends] = {};
  int dying_ = 0;
  int asking_ = 0;
  // Notified when a client or a target has ended.
  net::Event idle_;
};

BOOST_AUTO_TEST_CASE(every_request_is_answered_whatever_targets_and_configurations_do) {
  const uint64_t seconds = FromEnvironment("NUBO_STRESS_SECONDS", 0);
  const uint64_t only = FromEnvironment("NUBO_STRESS_SEED", seconds == 0 ? kSeed : 0);
  Outcomes all;
  const absl::Time end = absl::Now() + absl::Seconds(static_cast<int64_t>(seconds));
  uint64_t seed = only != 0 ? only : std::random_device()() + uint64_t{1};
  for (bool again = true; again; again = absl::Now() < end, seed += only != 0 ? 0 : 1) {
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);
    Stress stress(seed);
    stress.Run(stress.Act());
    const Outcomes& outcomes = stress.outcomes;
    BOOST_TEST(outcomes.unanswered == 0, "seed " << seed << ": " << outcomes.unanswered << " requests got no answer");
    all.sent += outcomes.sent;
    all.abandoned += outcomes.abandoned;
    all.cut += outcomes.cut;
    for (const auto& [status, count] : outcomes.answers) all.answers[status] += count;
    if (outcomes.unanswered > 0) break;
  }
  std::printf("%d requests; %d abandoned, %d cut off by their target; answers:", all.sent, all.abandoned, all.cut);
  for (const auto& [status, count] : all.answers) std::printf(" %d x %d", count, status);
  std::printf("\n");
  // It has been about something: some were served, and of many some found nobody to serve them.
  BOOST_TEST(all.answers[200] > 0);
  if (seconds > 1) BOOST_TEST(all.answers[502] + all.answers[503] > 0);
}

}  // namespace
}  // namespace nubo::proxy
