#include "examples/todo/process.h"

#include <pthread.h>
#include <sys/resource.h>

namespace nubo::examples::todo {

StopSignal::StopSignal() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  // Inherited by every thread made later, so that only Wait hears of them.
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  signal(SIGPIPE, SIG_IGN);
  rlimit files = {};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
  }
}

void StopSignal::Wait() const {
  int received = 0;
  sigwait(&signals_, &received);
}

}  // namespace nubo::examples::todo
