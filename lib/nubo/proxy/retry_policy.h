// Whether a failed attempt may be tried again on another target.
//
// What may never happen is that a request with an effect is carried out twice. So a request is tried again when the
// target cannot have seen any of it, or says that it has not looked at it; and, if no byte of an answer has come back,
// when carrying it out twice is the same as once (RFC 9110 §9.2.2). That is done once.
//
// Example:
//   if (MayRetry({.stage = AttemptStage::kSent, .method = "GET", .replayable = true})) ...
//
// Thread safety: pure functions.
#ifndef NUBO_PROXY_RETRY_POLICY_H_
#define NUBO_PROXY_RETRY_POLICY_H_

#include "absl/strings/string_view.h"

namespace nubo::proxy {

// Attempts of one request, the first one included, whatever the budget says.
inline constexpr int kAttemptsMax = 8;
// Of these, those of which a target may have seen something: a request that ends whoever reads it does not end a whole
// group. As Envoy's num_retries, once more.
inline constexpr int kSeenMax = 2;
// A request body up to this size is kept, to be sent again.
inline constexpr size_t kReplayBodySizeMax = 64 * 1024;

// How far an attempt got before it failed.
enum class AttemptStage {
  kNothingSent,   // could not connect, or the kept connection turned out to be closed before use
  kNotProcessed,  // HTTP/2: REFUSED_STREAM, or a GOAWAY with a lower last stream id
  kSent,          // some of the request was sent, nothing came back
  kAnswering,     // a part of the answer came back
};

struct FailedAttempt {
  AttemptStage stage = AttemptStage::kAnswering;
  absl::string_view method;
  // Everything of the request that was already consumed can be sent again.
  bool replayable = false;
  // A gRPC call says POST whatever it does.
  bool grpc = false;
  // Attempts made so far, this one included.
  int attempts = 1;
  // Of these, how many a target may have seen, this one included.
  int seen = 1;
};

bool MayRetry(const FailedAttempt& attempt);

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_RETRY_POLICY_H_
