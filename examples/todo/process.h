// What both programs of the todo list do first and last: prepare the process, and wait to be told to stop.
//
// Example:
//   const StopSignal stop;  // before any thread is made
//   ...
//   stop.Wait();
//
// Thread safety: Wait may be called from one thread.
#ifndef EXAMPLES_TODO_PROCESS_H_
#define EXAMPLES_TODO_PROCESS_H_

#include <csignal>

namespace nubo::examples::todo {

class StopSignal {
 public:
  // From now on SIGTERM and SIGINT wait to be asked for, SIGPIPE is ignored, and as many files may be open as the
  // hard limit allows: a connection is one, and the usual soft limit of 1,024 is soon reached.
  StopSignal();

  // Returns once SIGTERM or SIGINT has come.
  void Wait() const;

 private:
  sigset_t signals_;
};

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_PROCESS_H_
