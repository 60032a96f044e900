// What every verb prints to, and how errors become lines and exit codes.
//
// Exit codes: 0 done, 1 failed, 2 wrong input, 130 interrupted. A reader that went away ends a verb with 0: it had
// what it wanted.
//
// Thread safety: thread-compatible.
#ifndef NUBO_CLI_OUTPUT_OUTPUT_H_
#define NUBO_CLI_OUTPUT_OUTPUT_H_

#include <cstddef>
#include <ostream>
#include <streambuf>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nubo::cli {

constexpr int kExitOk = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kExitChanges = 2;
constexpr int kExitInterrupted = 130;

// The user's input is wrong: exit code 2, whatever the cause further down was called.
absl::Status UsageError(absl::string_view message);
// The same of an error that came from elsewhere.
absl::Status AsUsageError(absl::Status status);
bool IsUsageError(const absl::Status& status);

// Not a failure: a plan that has something to do. Exit code 2 (as `terraform plan -detailed-exitcode`), and no message.
absl::Status ChangesPending();
bool IsChangesPending(const absl::Status& status);

// 0, 1, 2 or 130.
int ExitCode(const absl::Status& status);

// "nubo: CODE: message", "" of ChangesPending(); one such line for each line of the message. The code is AWS's, if
// there is one.
std::string ErrorText(const absl::Status& status);

// A stream buffer over a file descriptor that remembers why writing failed. Does not own the descriptor.
class FdBuffer final : public std::streambuf {
 public:
  explicit FdBuffer(int fd);
  ~FdBuffer() override;
  FdBuffer(const FdBuffer&) = delete;
  FdBuffer& operator=(const FdBuffer&) = delete;

  // 0, or the errno of the first write that failed; what comes after it is dropped.
  int error() const { return error_; }

 private:
  int_type overflow(int_type c) override;
  int sync() override;
  bool Write();

  const int fd_;
  int error_ = 0;
  char buffer_[8192];
};

}  // namespace nubo::cli

#endif  // NUBO_CLI_OUTPUT_OUTPUT_H_
