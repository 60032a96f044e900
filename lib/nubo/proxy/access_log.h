// One line per request, in the order of fields that application load balancers write.
//
// type time elb client:port target:port request_processing_time target_processing_time response_processing_time
// elb_status_code target_status_code received_bytes sent_bytes "request" "user_agent" ssl_cipher ssl_protocol
// target_group_arn "trace_id" "domain_name" "chosen_cert_arn" matched_rule_priority request_creation_time
// "actions_executed" "redirect_url" "error_reason" "target:port_list" "target_status_code_list"
//
// What does not apply is "-". The target:port_list has every target that was tried, in order: with retries the last is
// the one that answered.
//
// Example:
//   AccessLog log(STDOUT_FILENO);
//   log.Write(FormatAccessLogLine(entry));
//   log.Flush();  // every second or so
//
// What the log is written to may stall; then lines wait, are dropped and counted (see base::LogWriter), and requests go
// on.
//
// Thread safety: FormatAccessLogLine is pure; AccessLog is thread-compatible.
#ifndef NUBO_PROXY_ACCESS_LOG_H_
#define NUBO_PROXY_ACCESS_LOG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/base/log_writer.h"
#include "nubo/net/ip_address.h"

namespace nubo::proxy {

struct AccessLogEntry {
  // "http", "h2" or "grpc".
  absl::string_view type = "http";
  absl::Time received;
  absl::Time ended;
  // When it was sent to the target, and when the target's first byte came back.
  std::optional<absl::Time> sent;
  std::optional<absl::Time> answered;
  std::string load_balancer_id;
  net::SocketAddress client;
  std::vector<net::SocketAddress> targets;
  // 0: none was sent, the client left before.
  int elb_status = 0;
  int target_status = 0;
  uint64_t received_bytes = 0;
  uint64_t sent_bytes = 0;
  // "GET http://app.localhost:80/path HTTP/1.1"
  std::string request_line;
  std::string user_agent;
  std::string target_group_id;
  std::string trace_id;
  std::string domain_name;
  int rule_priority = 0;
  // "forward", "fixed-response", "redirect".
  std::string actions;
  std::string redirect_url;
  std::string error_reason;
};

// The line, with its newline. What a client wrote is escaped, so that it cannot end a field or a line.
std::string FormatAccessLogLine(const AccessLogEntry& entry);

class AccessLog {
 public:
  // What is not yet handed over to be written beyond this many bytes is handed over at once.
  static constexpr size_t kBufferSize = 64 * 1024;

  // `fd` stays the caller's. Below zero: lines are dropped.
  explicit AccessLog(int fd);
  ~AccessLog() { Flush(); }
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void Write(absl::string_view line);
  // Hands over what was collected; never waits until it is written.
  void Flush();
  // Lines that have been lost because they could not be written as fast as they came.
  uint64_t dropped() const { return writer_.has_value() ? writer_->dropped() : 0; }

 private:
  std::optional<base::LogWriter> writer_;
  std::string buffer_;
};

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_ACCESS_LOG_H_
