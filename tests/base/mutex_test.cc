#include "nubo/base/mutex.h"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <thread>

namespace nubo::base {
namespace {

constexpr int kThreads = 4;
constexpr int kRounds = 1000;
constexpr absl::Duration kPatience = absl::Seconds(20);

struct Counter {
  Mutex mutex;
  CondVar changed;
  int value NUBO_GUARDED_BY(mutex) = 0;

  void Add() NUBO_EXCLUDES(mutex) {
    MutexLock lock(mutex);
    ++value;
    changed.NotifyAll();
  }
};

// As another thread sees it.
bool IsFree(Mutex& mutex) {
  bool free = false;
  std::thread([&] {
    if (!mutex.TryLock()) return;
    free = true;
    mutex.Unlock();
  }).join();
  return free;
}

BOOST_AUTO_TEST_CASE(one_thread_at_a_time) {
  Counter counter;
  std::thread threads[kThreads];
  for (std::thread& thread : threads) {
    thread = std::thread([&counter] {
      for (int i = 0; i < kRounds; ++i) counter.Add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  MutexLock lock(counter.mutex);
  BOOST_TEST(counter.value == kThreads * kRounds);
}

BOOST_AUTO_TEST_CASE(held_for_as_long_as_it_lives) {
  Mutex mutex;
  {
    MutexLock lock(mutex);
    BOOST_TEST(!IsFree(mutex));
  }
  BOOST_TEST(IsFree(mutex));
}

BOOST_AUTO_TEST_CASE(given_up_meanwhile) {
  Counter counter;
  MutexLock lock(counter.mutex);
  counter.value = 1;
  lock.Unlock();
  std::thread([&counter] { counter.Add(); }).join();
  lock.Lock();
  BOOST_TEST(counter.value == 2);
}

BOOST_AUTO_TEST_CASE(given_up_for_good) {
  Mutex mutex;
  {
    MutexLock lock(mutex);
    lock.Unlock();
  }
  BOOST_TEST(IsFree(mutex));
}

BOOST_AUTO_TEST_CASE(waits_until_it_holds) {
  Counter counter;
  MutexLock lock(counter.mutex);
  std::thread adds([&counter] {
    for (int i = 0; i < kRounds; ++i) counter.Add();
  });
  counter.changed.Wait(counter.mutex, [&]() NUBO_REQUIRES(counter.mutex) { return counter.value >= kRounds; });
  BOOST_TEST(counter.value == kRounds);
  lock.Unlock();
  adds.join();
}

BOOST_AUTO_TEST_CASE(what_holds_already_is_not_waited_for) {
  Counter counter;
  MutexLock lock(counter.mutex);
  const auto now = std::chrono::steady_clock::now();
  BOOST_TEST(counter.changed.WaitFor(counter.mutex, -absl::InfiniteDuration(), [] { return true; }));
  BOOST_TEST(counter.changed.WaitUntil(counter.mutex, now, [] { return true; }));
}

BOOST_AUTO_TEST_CASE(says_that_time_was_up) {
  Counter counter;
  MutexLock lock(counter.mutex);
  const auto now = std::chrono::steady_clock::now();
  BOOST_TEST(!counter.changed.WaitFor(counter.mutex, absl::ZeroDuration(), [] { return false; }));
  BOOST_TEST(!counter.changed.WaitFor(counter.mutex, -absl::InfiniteDuration(), [] { return false; }));
  BOOST_TEST(!counter.changed.WaitUntil(counter.mutex, now, [] { return false; }));
}

// The longest wait there is would be none at all, were its end beyond the last time that the clock knows.
BOOST_AUTO_TEST_CASE(waits_for_as_long_as_it_takes) {
  Counter counter;
  MutexLock lock(counter.mutex);
  std::thread adds([&counter] { counter.Add(); });
  const auto added = [&]() NUBO_REQUIRES(counter.mutex) { return counter.value > 0; };
  BOOST_TEST(counter.changed.WaitFor(counter.mutex, absl::InfiniteDuration(), added));
  lock.Unlock();
  adds.join();
}

BOOST_AUTO_TEST_CASE(told_without_a_condition) {
  Counter counter;
  MutexLock lock(counter.mutex);
  std::thread adds([&counter] { counter.Add(); });
  while (counter.value == 0) counter.changed.WaitFor(counter.mutex, kPatience);
  BOOST_TEST(counter.value == 1);
  lock.Unlock();
  adds.join();
}

BOOST_AUTO_TEST_CASE(one_of_those_who_wait_is_enough) {
  Counter counter;
  std::thread waits([&counter] {
    MutexLock lock(counter.mutex);
    counter.changed.Wait(counter.mutex, [&]() NUBO_REQUIRES(counter.mutex) { return counter.value > 0; });
    ++counter.value;
  });
  {
    MutexLock lock(counter.mutex);
    ++counter.value;
  }
  counter.changed.NotifyOne();
  waits.join();
  MutexLock lock(counter.mutex);
  BOOST_TEST(counter.value == 2);
}

BOOST_AUTO_TEST_CASE(still_held_after_a_wait_until_it_ends) {
  Mutex mutex;
  CondVar changed;
  {
    MutexLock lock(mutex);
    changed.WaitFor(mutex, absl::ZeroDuration(), [] { return false; });
    BOOST_TEST(!IsFree(mutex));
  }
  BOOST_TEST(IsFree(mutex));
}

BOOST_AUTO_TEST_CASE(a_condition_that_throws_leaves_it_held) {
  Counter counter;
  struct Thrown {};
  {
    MutexLock lock(counter.mutex);
    BOOST_CHECK_THROW(counter.changed.Wait(counter.mutex, []() -> bool { throw Thrown(); }), Thrown);
    BOOST_TEST(!IsFree(counter.mutex));
    counter.value = 1;
  }
  BOOST_TEST(IsFree(counter.mutex));
}

}  // namespace
}  // namespace nubo::base
