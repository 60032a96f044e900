// A test case that runs as a coroutine on a loop of its own, for at most ten seconds.
//
// Example:
//   struct Fixture : LoopTestCase { … };
//   BOOST_FIXTURE_TEST_CASE(answers, Fixture) {
//     Run([&]() -> net::Task<void> { … });
//   }
//
// Thread safety: belongs to the test's thread.
#ifndef NUBO_TESTS_DNS_SERVER_LOOP_TEST_CASE_H_
#define NUBO_TESTS_DNS_SERVER_LOOP_TEST_CASE_H_

#include <boost/test/unit_test.hpp>
#include <functional>

#include "absl/time/time.h"
#include "nubo/net/loop.h"

namespace nubo {

struct LoopTestCase {
  // Deadlines that only a hung test reaches.
  absl::Time Soon() { return loop.Now() + absl::Seconds(10); }

  // Runs `body` to its end.
  void Run(const std::function<net::Task<void>()>& body) {
    bool finished = false;
    loop.Spawn(RunBody(body, &finished));
    loop.Spawn(Watchdog());
    loop.Run();
    BOOST_TEST(finished, "the test case did not end in time");
  }

  net::Loop loop;

 private:
  net::Task<void> RunBody(std::function<net::Task<void>()> body, bool* finished) {
    co_await body();
    *finished = true;
    loop.Stop();
  }
  net::Task<void> Watchdog() {
    co_await loop.SleepFor(absl::Seconds(10));
    loop.Stop();
  }
};

}  // namespace nubo

#endif  // NUBO_TESTS_DNS_SERVER_LOOP_TEST_CASE_H_
