#include "nubo/region/state/hang_watch.h"

#include <boost/test/unit_test.hpp>

namespace nubo::region {
namespace {

using Verdict = HangWatch::Verdict;

const absl::Status kSilent = absl::DeadlineExceededError("it says nothing");

struct Fixture {
  Verdict Ask(const absl::Status& status, int pid = 17) {
    now += absl::Seconds(3);
    return watch.Take("lb-1", pid, status, now);
  }
  // Asks in vain until there is a restart; how often.
  int AskUntilRestart(int pid = 17) {
    for (int i = 1; i < 10000; ++i) {
      if (Ask(kSilent, pid) == Verdict::kRestart) return i;
    }
    return 0;
  }

  absl::Time now = absl::FromUnixSeconds(1000000);
  HangWatch watch;
};

BOOST_FIXTURE_TEST_SUITE(hang_watch, Fixture)

BOOST_AUTO_TEST_CASE(a_process_that_stays_silent_is_told_of_and_restarted) {
  BOOST_TEST((Ask(kSilent) == Verdict::kNothing));
  BOOST_TEST((Ask(kSilent) == Verdict::kHung));
  BOOST_TEST((Ask(kSilent) == Verdict::kNothing));
  BOOST_TEST((Ask(kSilent) == Verdict::kRestart));
  BOOST_TEST(watch.Find("lb-1")->restarts == 1);
}

BOOST_AUTO_TEST_CASE(silence_counts_only_over_some_time) {
  for (int i = 0; i < 3; ++i) watch.Take("lb-1", 17, kSilent, now);
  BOOST_TEST((watch.Take("lb-1", 17, kSilent, now + absl::Seconds(7)) == Verdict::kNothing));
  BOOST_TEST((watch.Take("lb-1", 17, kSilent, now + absl::Seconds(8)) == Verdict::kRestart));
}

BOOST_AUTO_TEST_CASE(one_answer_begins_anew) {
  for (int i = 0; i < 100; ++i) {
    BOOST_TEST((Ask(kSilent) == Verdict::kNothing));
    BOOST_TEST((Ask(absl::OkStatus()) == Verdict::kNothing));
  }
  Ask(kSilent);
  Ask(kSilent);
  BOOST_TEST((Ask(absl::OkStatus()) == Verdict::kAnswersAgain));
  BOOST_TEST((Ask(absl::OkStatus()) == Verdict::kNothing));
}

// It says so itself: nobody listens, or it has closed the connection.
BOOST_AUTO_TEST_CASE(a_refusal_is_no_hang) {
  for (int i = 0; i < 100; ++i) BOOST_TEST((Ask(absl::UnavailableError("refused")) == Verdict::kNothing));
}

BOOST_AUTO_TEST_CASE(another_process_begins_anew) {
  for (int i = 0; i < 3; ++i) Ask(kSilent, 17);
  BOOST_TEST((Ask(kSilent, 18) == Verdict::kNothing));
  BOOST_TEST((Ask(kSilent, 18) == Verdict::kHung));
}

BOOST_AUTO_TEST_CASE(restarts_are_ever_further_apart) {
  AskUntilRestart(1);
  absl::Duration former;
  for (int pid = 2; pid < 12; ++pid) {
    const absl::Time last = now;
    AskUntilRestart(pid);
    const absl::Duration pause = now - last;
    BOOST_TEST((pause >= HangWatch::kPauseMin));
    BOOST_TEST((pause >= former));
    BOOST_TEST((pause <= HangWatch::kPauseMax + absl::Seconds(3)));
    former = pause;
  }
  BOOST_TEST((former >= HangWatch::kPauseMax));
}

BOOST_AUTO_TEST_CASE(long_answering_makes_good) {
  AskUntilRestart(1);
  AskUntilRestart(2);
  now += HangWatch::kForgetAfter;
  Ask(absl::OkStatus(), 3);
  BOOST_TEST(watch.Find("lb-1")->restarts == 0);
  BOOST_TEST(AskUntilRestart(3) == 4);
}

BOOST_AUTO_TEST_CASE(services_do_not_know_of_each_other) {
  for (int i = 0; i < 3; ++i) Ask(kSilent);
  BOOST_TEST((watch.Take("dns", 17, kSilent, now) == Verdict::kNothing));
  watch.Forget("lb-1");
  BOOST_TEST(watch.Find("lb-1") == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
