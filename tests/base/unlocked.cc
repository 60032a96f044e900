// What locks are declared for, used in each way that must not compile: read by analysis_test.sh alone. An error that is
// expected and does not come fails it as well as one that is not expected.
#include <memory>

#include "nubo/base/mutex.h"

namespace nubo::base {

class Account {
 public:
  int Read() const {
    // expected-error@+1 {{reading variable 'balance_' requires holding mutex 'mutex_'}}
    return balance_;
  }
  void Write() {
    // expected-error@+1 {{writing variable 'balance_' requires holding mutex 'mutex_' exclusively}}
    balance_ = 1;
  }
  int ReadThrough() {
    // expected-error@+1 {{reading the value pointed to by 'shared_' requires holding mutex 'mutex_'}}
    return *shared_;
  }
  void Call() {
    // expected-error@+1 {{calling function 'AddLocked' requires holding mutex 'mutex_' exclusively}}
    AddLocked();
  }
  void LockTwice() {
    MutexLock lock(mutex_);
    // expected-error@+1 {{cannot call function 'Add' while mutex 'mutex_' is held}}
    Add();
  }
  void GoOnWithout() {
    MutexLock lock(mutex_);
    lock.Unlock();
    // expected-error@+1 {{writing variable 'balance_' requires holding mutex 'mutex_' exclusively}}
    balance_ = 1;
  }
  void Keep() {
    // expected-note@+1 {{mutex acquired here}}
    mutex_.Lock();
    balance_ = 1;
    // expected-error@+1 {{mutex 'mutex_' is still held at the end of function}}
  }
  void Try() {
    mutex_.TryLock();
    // expected-error@+1 {{writing variable 'balance_' requires holding mutex 'mutex_' exclusively}}
    balance_ = 1;
  }
  void LockAnother(Account& other) {
    MutexLock lock(other.mutex());
    other.balance_ = 1;
    // expected-error@+2 {{writing variable 'balance_' requires holding mutex 'mutex_' exclusively}}
    // expected-note@+1 {{found near match 'other.mutex_'}}
    balance_ = 1;
  }
  void Wait() {
    // expected-error@+1 {{calling function 'Wait<}}
    changed_.Wait(mutex_, [this]() NUBO_REQUIRES(mutex_) { return balance_ > 0; });
  }
  void WaitWithout() {
    MutexLock lock(mutex_);
    lock.Unlock();
    // expected-error@+1 {{calling function 'WaitFor' requires holding mutex 'mutex_' exclusively}}
    changed_.WaitFor(mutex_, absl::Seconds(1));
  }
  void WaitUnsaid() {
    MutexLock lock(mutex_);
    // expected-error@+1 {{reading variable 'balance_' requires holding mutex 'mutex_'}}
    changed_.Wait(mutex_, [this] { return balance_ > 0; });
  }

  // None of this is wrong.
  void Add() NUBO_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    AddLocked();
    lock.Unlock();
    lock.Lock();
    changed_.Wait(mutex_, [this]() NUBO_REQUIRES(mutex_) { return balance_ > 0 && *shared_ > 0; });
    balance_ = *shared_;
  }
  bool AddAtOnce() {
    if (!mutex_.TryLock()) return false;
    AddLocked();
    mutex_.Unlock();
    return true;
  }
  int Guess() const NUBO_NO_THREAD_SAFETY_ANALYSIS { return balance_; }
  Mutex& mutex() NUBO_RETURN_CAPABILITY(mutex_) { return mutex_; }

 private:
  void AddLocked() NUBO_REQUIRES(mutex_) { ++balance_; }

  Mutex mutex_;
  CondVar changed_;
  int balance_ NUBO_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<int> shared_ NUBO_PT_GUARDED_BY(mutex_);
};

}  // namespace nubo::base
