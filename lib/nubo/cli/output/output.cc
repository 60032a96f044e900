#include "nubo/cli/output/output.h"

#include <unistd.h>

#include <cerrno>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nubo/base/status.h"
#include "nubo/cli/output/table.h"

namespace nubo::cli {
namespace {

constexpr char kUsageUrl[] = "nubo/usage-error";
constexpr char kChangesUrl[] = "nubo/changes-pending";

}  // namespace

absl::Status AsUsageError(absl::Status status) {
  status.SetPayload(kUsageUrl, absl::Cord("1"));
  return status;
}

absl::Status UsageError(absl::string_view message) { return AsUsageError(absl::InvalidArgumentError(message)); }

bool IsUsageError(const absl::Status& status) { return status.GetPayload(kUsageUrl).has_value(); }

absl::Status ChangesPending() {
  absl::Status status = absl::FailedPreconditionError("there are changes");
  status.SetPayload(kChangesUrl, absl::Cord("1"));
  return status;
}

bool IsChangesPending(const absl::Status& status) { return status.GetPayload(kChangesUrl).has_value(); }

int ExitCode(const absl::Status& status) {
  if (status.ok()) return kExitOk;
  if (IsChangesPending(status)) return kExitChanges;
  if (IsUsageError(status)) return kExitUsage;
  return absl::IsCancelled(status) ? kExitInterrupted : kExitFailed;
}

std::string ErrorText(const absl::Status& status) {
  if (IsChangesPending(status)) return "";
  std::string message(status.message());
  if (message.empty()) message = absl::StatusCodeToString(status.code());
  const std::string code = base::ErrorCode(status);
  if (!code.empty() && !absl::StartsWith(message, code)) message = absl::StrCat(code, ": ", message);
  std::string text;
  for (absl::string_view line : absl::StrSplit(message, '\n', absl::SkipWhitespace())) {
    absl::StrAppend(&text, "nubo: ", OneLine(line), "\n");
  }
  return text;
}

FdBuffer::FdBuffer(int fd) : fd_(fd) { setp(buffer_, buffer_ + sizeof(buffer_)); }

FdBuffer::~FdBuffer() { Write(); }

FdBuffer::int_type FdBuffer::overflow(int_type c) {
  if (!Write()) return traits_type::eof();
  if (c != traits_type::eof()) sputc(traits_type::to_char_type(c));
  return traits_type::not_eof(c);
}

int FdBuffer::sync() { return Write() ? 0 : -1; }

bool FdBuffer::Write() {
  const char* next = pbase();
  while (error_ == 0 && next < pptr()) {
    const ssize_t written = ::write(fd_, next, static_cast<size_t>(pptr() - next));
    if (written >= 0) {
      next += written;
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  setp(buffer_, buffer_ + sizeof(buffer_));
  return error_ == 0;
}

}  // namespace nubo::cli
