#include "nubo/proxy/access_log.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace nubo::proxy {
namespace {

// A field of one line shall not be longer than this, whatever the client sent.
constexpr size_t kFieldSizeMax = 4096;

std::string Or(absl::string_view text) { return text.empty() ? "-" : std::string(text); }

std::string Quoted(absl::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, kFieldSizeMax)) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) {
      absl::StrAppendFormat(&out, "\\x%02x", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out.size() == 1 ? "\"-\"" : out + "\"";
}

std::string Seconds(const std::optional<absl::Time>& from, const std::optional<absl::Time>& to) {
  if (!from.has_value() || !to.has_value() || *to < *from) return "-1";
  return absl::StrFormat("%.3f", absl::ToDoubleSeconds(*to - *from));
}

std::string Timestamp(absl::Time time) { return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone()); }

std::string Code(int status) { return status == 0 ? "-" : absl::StrCat(status); }

}  // namespace

std::string FormatAccessLogLine(const AccessLogEntry& e) {
  std::string targets;
  for (const net::SocketAddress& target : e.targets) {
    absl::StrAppend(&targets, targets.empty() ? "" : " ", target.ToString());
  }
  const std::string target = e.targets.empty() ? "-" : e.targets.back().ToString();
  return absl::StrCat(
      e.type, " ", Timestamp(e.ended), " ", Or(e.load_balancer_id), " ", e.client.ToString(), " ", target, " ",
      Seconds(e.received, e.sent), " ", Seconds(e.sent, e.answered), " ", Seconds(e.answered, e.ended), " ",
      absl::StrCat(Code(e.elb_status), " ", Code(e.target_status), " ", e.received_bytes, " ", e.sent_bytes, " ",
                   Quoted(e.request_line), " ", Quoted(e.user_agent), " - - ", Or(e.target_group_id), " "),
      absl::StrCat(Quoted(e.trace_id), " ", Quoted(e.domain_name), " \"-\" ", e.rule_priority, " ",
                   Timestamp(e.received), " ", Quoted(e.actions), " ", Quoted(e.redirect_url), " ",
                   Quoted(e.error_reason), " "),
      Quoted(targets), " \"", Code(e.target_status), "\"\n");
}

AccessLog::AccessLog(int fd) {
  if (fd >= 0) writer_.emplace(fd);
}

void AccessLog::Write(absl::string_view line) {
  if (!writer_.has_value()) return;
  buffer_.append(line.data(), line.size());
  if (buffer_.size() >= kBufferSize) Flush();
}

void AccessLog::Flush() {
  if (!buffer_.empty()) writer_->Write(buffer_);
  buffer_.clear();
}

}  // namespace nubo::proxy
