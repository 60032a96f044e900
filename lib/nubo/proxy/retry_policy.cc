#include "nubo/proxy/retry_policy.h"

#include "nubo/http/message.h"

namespace nubo::proxy {

bool MayRetry(const FailedAttempt& attempt) {
  if (attempt.attempts >= kAttemptsMax || !attempt.replayable) return false;
  switch (attempt.stage) {
    case AttemptStage::kNothingSent:
    case AttemptStage::kNotProcessed:
      return true;
    case AttemptStage::kSent:
      return !attempt.grpc && attempt.seen < kSeenMax && http::IsIdempotent(attempt.method);
    case AttemptStage::kAnswering:
      return false;
  }
  return false;
}

}  // namespace nubo::proxy
