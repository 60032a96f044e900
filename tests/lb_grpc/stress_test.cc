// Endpoints come, go, refuse, hold and fail their calls while threads call, plainly and hedged, and pools end with
// calls under way. What is used after its end is found by a sanitizer; what is asked here is that every call returns,
// with an answer or with a status that says why not.
//
// What happens follows from a seed, which is printed; when it happens is also up to the machine. It is one round of
// some calls with a seed that is always the same; others, for so many seconds, or one of them again:
//
//   bazel test --config=asan --config=ubsan --test_env=NUBO_STRESS_SECONDS=60 //tests/lb_grpc:stress_test
//   bazel test --test_env=NUBO_STRESS_SEED=4242 //tests/lb_grpc:stress_test
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/clock.h"
#include "nubo/lb/policy_registry.h"
#include "nubo/lb_grpc/grpc_pool.h"
#include "nubo/testing/status_matchers.h"
#include "tests/lb_grpc/echo_server.h"
#include "tests/lb_grpc/keep_callback_queue.h"

namespace nubo::lb_grpc {
namespace {

using testing::KeepCallbackQueue;
BOOST_TEST_GLOBAL_FIXTURE(KeepCallbackQueue);

using ::nubo::testing::IsOk;
using Stub = echo::EchoService::Stub;
using Pool = GrpcPool<Stub>;

constexpr int kServers = 4;
constexpr int kCallers = 4;
// Of each caller, in a round.
constexpr int kCalls = 16;
constexpr uint64_t kSeed = 1;
constexpr absl::Duration kCallMax = absl::Milliseconds(500);
// Beyond its deadline, on a busy machine.
constexpr absl::Duration kLateMax = absl::Seconds(10);

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  uint64_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : otherwise;
}

struct Outcomes {
  std::map<int, int> codes;
  int late = 0;
  // OK, with what another call has asked.
  int mixed_up = 0;
};

class Stress {
 public:
  explicit Stress(uint64_t seed) : random_(seed), pool_random_(seed) {
    const lb::PolicyRegistry policies = lb::PolicyRegistry::Builder().AddBuiltins().Build();
    std::vector<std::string> names;
    for (const std::string& name : policies.names()) {
      if (policies.Create(name).ok()) names.push_back(name);
    }
    const std::string policy = names[random_() % names.size()];
    ChannelPoolOptions options;
    options.name = policy;
    options.group.health_check.interval = absl::Milliseconds(60);
    options.group.health_check.timeout = absl::Milliseconds(60);
    options.group.deregistration_delay = absl::Milliseconds(50);
    options.hedging.delay_initial = absl::Milliseconds(5);
    auto made = Pool::Create(std::move(options), *policies.Create(policy), clock_, pool_random_);
    BOOST_REQUIRE(IsOk(made.status()));
    pool_ = *std::move(made);
    for (int i = 0; i < kServers; ++i) servers_.push_back(std::make_unique<EchoServer>(absl::StrCat("s", i)));
    for (const auto& server : servers_) specs_.push_back(server->spec());
    BOOST_REQUIRE(IsOk(pool_->SetEndpoints(specs_)));
  }

  Outcomes Run() {
    std::vector<Outcomes> each(kCallers);
    std::vector<std::thread> callers;
    std::atomic<int> calling = kCallers;
    for (Outcomes& outcomes : each) {
      callers.emplace_back([this, &calling, &outcomes, seed = random_()] {
        Call(seed, outcomes);
        --calling;
      });
    }
    while (calling > 0) {
      Happen();
      std::this_thread::sleep_for(std::chrono::milliseconds(random_() % 20));
    }
    for (std::thread& caller : callers) caller.join();
    // With losers of hedged calls, and health checks, under way; what answers them goes after it.
    pool_.reset();
    Outcomes all;
    for (const Outcomes& outcomes : each) {
      for (const auto& [code, count] : outcomes.codes) all.codes[code] += count;
      all.late += outcomes.late;
      all.mixed_up += outcomes.mixed_up;
    }
    return all;
  }

 private:
  void Happen() {
    const size_t i = random_() % kServers;
    switch (random_() % 8) {
      case 0:
        servers_[i] = nullptr;
        break;
      case 1:
        for (auto& server : servers_) server = nullptr;
        break;
      case 2:
      case 3:
        for (size_t each = 0; each < kServers; ++each) {
          // At another port: the one it had may be in use by now.
          if (servers_[each] == nullptr) servers_[each] = std::make_unique<EchoServer>(absl::StrCat("s", each));
          specs_[each] = servers_[each]->spec();
        }
        Publish();
        break;
      case 4:
        if (servers_[i] != nullptr) servers_[i]->Hold();
        break;
      case 5:
        if (servers_[i] != nullptr) servers_[i]->Release();
        break;
      case 6:
        if (servers_[i] == nullptr) break;
        servers_[i]->AnswerWith(random_() % 2 == 0 ? grpc::Status::OK
                                                   : grpc::Status(grpc::StatusCode::UNAVAILABLE, "not now"));
        break;
      default:
        Publish();
        break;
    }
  }

  // Some of them, some of those draining, now and then none.
  void Publish() {
    std::vector<lb::TargetSpec> some;
    const bool none = random_() % 10 == 0;
    for (const lb::TargetSpec& spec : specs_) {
      if (none || random_() % 4 == 0) continue;
      some.push_back(spec);
      some.back().draining = random_() % 8 == 0;
    }
    BOOST_TEST(IsOk(pool_->SetEndpoints(some)));
  }

  void Call(uint64_t seed, Outcomes& outcomes) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < kCalls; ++i) {
      const absl::Time began = absl::Now();
      echo::EchoRequest request;
      echo::EchoResponse response;
      request.set_text(absl::StrCat(seed, "/", i));
      CallOptions options;
      options.timeout = absl::Milliseconds(random() % absl::ToInt64Milliseconds(kCallMax));
      options.idempotent = random() % 2 == 0;
      const grpc::Status status =
          random() % 2 == 0 ? Plain(request, options, &response) : Hedged(request, options, &response);
      ++outcomes.codes[status.error_code()];
      if (absl::Now() - began > kCallMax + kLateMax) ++outcomes.late;
      if (status.ok() && response.text() != request.text()) ++outcomes.mixed_up;
    }
  }

  grpc::Status Plain(const echo::EchoRequest& request, const CallOptions& options, echo::EchoResponse* response) {
    const auto work = [&](Stub& stub, grpc::ClientContext& context) { return stub.Echo(&context, request, response); };
    return pool_->Call(work, options);
  }

  grpc::Status Hedged(const echo::EchoRequest& request, const CallOptions& options, echo::EchoResponse* response) {
    // A loser may be asked for as long as it likes: the request is its own.
    const auto own = std::make_shared<echo::EchoRequest>(request);
    const auto start = [own](Stub& stub, grpc::ClientContext& context, echo::EchoResponse& answer,
                             std::function<void(grpc::Status)> done) {
      stub.async()->Echo(&context, own.get(), &answer,
                         [own, done = std::move(done)](grpc::Status status) { done(std::move(status)); });
    };
    return pool_->CallHedged<echo::EchoResponse>(start, response, options);
  }

  const base::SystemClock clock_;
  std::mt19937_64 random_;
  // The pool's own.
  std::mt19937_64 pool_random_;
  std::vector<std::unique_ptr<EchoServer>> servers_;
  std::vector<lb::TargetSpec> specs_;
  std::unique_ptr<Pool> pool_;
};

BOOST_AUTO_TEST_CASE(every_call_returns_whatever_endpoints_do) {
  const uint64_t seconds = FromEnvironment("NUBO_STRESS_SECONDS", 0);
  const uint64_t only = FromEnvironment("NUBO_STRESS_SEED", seconds == 0 ? kSeed : 0);
  const absl::Time end = absl::Now() + absl::Seconds(static_cast<int64_t>(seconds));
  std::map<int, int> codes;
  uint64_t seed = only != 0 ? only : std::random_device()() + uint64_t{1};
  for (bool again = true; again; again = absl::Now() < end, seed += only != 0 ? 0 : 1) {
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);
    const Outcomes outcomes = Stress(seed).Run();
    BOOST_TEST(outcomes.late == 0,
               "seed " << seed << ": " << outcomes.late << " calls returned long after their deadline");
    BOOST_TEST(outcomes.mixed_up == 0,
               "seed " << seed << ": " << outcomes.mixed_up << " calls got another one's answer");
    for (const auto& [code, count] : outcomes.codes) codes[code] += count;
  }
  std::printf("calls, by status code:");
  for (const auto& [code, count] : codes) std::printf(" %d x %d", count, code);
  std::printf("\n");
  // It has been about something: of many, some were answered, and some found nobody to answer.
  if (seconds > 1) {
    BOOST_TEST(codes[grpc::StatusCode::OK] > 0);
    BOOST_TEST(codes.size() > 1);
  }
  // Every other code is an error of the pool's own.
  for (const auto& [code, count] : codes) {
    const bool known = code == grpc::StatusCode::OK || code == grpc::StatusCode::UNAVAILABLE ||
                       code == grpc::StatusCode::DEADLINE_EXCEEDED || code == grpc::StatusCode::CANCELLED ||
                       code == grpc::StatusCode::RESOURCE_EXHAUSTED;
    BOOST_TEST(known, count << " calls ended with code " << code);
  }
}

}  // namespace
}  // namespace nubo::lb_grpc
