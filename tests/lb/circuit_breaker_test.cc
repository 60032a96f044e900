#include "nubo/lb/circuit_breaker.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

#include "nubo/testing/status_matchers.h"

namespace nubo::lb {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;
using Resource = CircuitBreaker::Resource;

BOOST_AUTO_TEST_CASE(each_resource_has_envoys_default) {
  const CircuitBreaker breaker({});
  BOOST_TEST(breaker.limit(Resource::kConnections) == 1024);
  BOOST_TEST(breaker.limit(Resource::kPending) == 1024);
  BOOST_TEST(breaker.limit(Resource::kRequests) == 1024);
  BOOST_TEST(breaker.limit(Resource::kRetries) == 3);
}

BOOST_AUTO_TEST_CASE(past_the_bound_there_is_no_permit_and_it_is_counted) {
  CircuitBreaker breaker({.requests_max = 2});
  const CircuitBreaker::Permit one = breaker.TryAcquire(Resource::kRequests);
  CircuitBreaker::Permit two = breaker.TryAcquire(Resource::kRequests);
  BOOST_TEST(bool(one));
  BOOST_TEST(bool(two));
  BOOST_TEST(!breaker.TryAcquire(Resource::kRequests));
  BOOST_TEST(bool(breaker.TryAcquire(Resource::kPending)));
  BOOST_TEST(breaker.overflows(Resource::kRequests) == 1u);
  two.Release();
  BOOST_TEST(bool(breaker.TryAcquire(Resource::kRequests)));
}

BOOST_AUTO_TEST_CASE(a_permit_is_given_back_once_however_it_is_moved) {
  CircuitBreaker breaker({});
  {
    CircuitBreaker::Permit a = breaker.TryAcquire(Resource::kRequests);
    CircuitBreaker::Permit b = std::move(a);
    CircuitBreaker::Permit c = breaker.TryAcquire(Resource::kRequests);
    c = std::move(b);
    BOOST_TEST(breaker.in_use(Resource::kRequests) == 1);
  }
  BOOST_TEST(breaker.in_use(Resource::kRequests) == 0);
}

BOOST_AUTO_TEST_CASE(a_retry_budget_is_a_fifth_of_the_requests_and_at_least_three) {
  CircuitBreaker breaker({.retry_budget = ConcurrentRetryBudget{}});
  BOOST_TEST(breaker.limit(Resource::kRetries) == 3);
  std::vector<CircuitBreaker::Permit> requests;
  for (int i = 0; i < 50; ++i) requests.push_back(breaker.TryAcquire(Resource::kRequests));
  BOOST_TEST(breaker.limit(Resource::kRetries) == 10);
}

BOOST_AUTO_TEST_CASE(threads_never_exceed_the_bound) {
  CircuitBreaker breaker({.requests_max = 3});
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        const CircuitBreaker::Permit permit = breaker.TryAcquire(Resource::kRequests);
        if (!permit) continue;
        const int now = ++inside;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(most <= 3);
  BOOST_TEST(breaker.in_use(Resource::kRequests) == 0);
}

BOOST_AUTO_TEST_CASE(bad_bounds_are_refused) {
  const auto invalid = absl::StatusCode::kInvalidArgument;
  BOOST_TEST(IsOk(CheckCircuitBreaker({})));
  BOOST_TEST(StatusIs(CheckCircuitBreaker({.requests_max = -1}), invalid, "bound of requests is -1"));
  BOOST_TEST(StatusIs(CheckCircuitBreaker({.retry_budget = ConcurrentRetryBudget{.ratio = 2}}), invalid, "is 2"));
}

}  // namespace
}  // namespace nubo::lb
