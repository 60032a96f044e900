#include "nubo/proxy/request_body.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace nubo::proxy {

RequestBody::RequestBody(net::Loop& loop, http::Exchange& exchange, size_t kept_max,
                         std::shared_ptr<http::ByteBudget> budget)
    : loop_(loop), exchange_(exchange), kept_max_(kept_max), budget_(std::move(budget)), changed_(loop) {}

RequestBody::~RequestBody() { budget_->GiveBack(kept_.size()); }

size_t RequestBody::KeptMax() const {
  return budget_->exhausted() ? std::min(http::ByteBudget::kShareBytes, kept_max_) : kept_max_;
}

void RequestBody::Start() {
  reading_ = true;
  loop_.Spawn(ReadAll(shared_from_this()));
}

net::Task<void> RequestBody::ReadAll(std::shared_ptr<RequestBody> self) {
  for (;;) {
    while (!stopped_ && size() - sent_ >= KeptMax()) co_await changed_.Wait();
    absl::StatusOr<std::optional<std::string>> piece = co_await exchange_.ReadBody();
    if (!piece.ok()) error_ = piece.status();
    if (!piece.ok() || !piece->has_value()) break;
    if (!stopped_) {
      kept_ += **piece;
      budget_->Take((*piece)->size());
    }
    changed_.Notify();
  }
  ended_ = error_.ok();
  reading_ = false;
  changed_.Notify();
}

net::Task<bool> RequestBody::Next(Cursor& cursor) {
  sent_ = cursor.position;
  while (cursor.position == size() && !ended_ && error_.ok() && !cursor.cancelled) co_await changed_.Wait();
  if (cursor.cancelled || !error_.ok() || cursor.position == size()) co_return false;
  cursor.piece = kept_.substr(cursor.position - dropped_);
  cursor.position += cursor.piece.size();
  sent_ = cursor.position;
  if (size() > KeptMax()) {
    dropped_ += kept_.size();
    budget_->GiveBack(kept_.size());
    kept_ = std::string();
  }
  changed_.Notify();
  co_return true;
}

net::Task<void> RequestBody::Stop() {
  stopped_ = true;
  changed_.Notify();
  const absl::Time deadline = loop_.Now() + kDiscardTimeout;
  while (reading_ && loop_.Now() < deadline) co_await changed_.WaitUntil(deadline);
  if (!reading_) co_return;
  exchange_.Abort();
  while (reading_) co_await changed_.Wait();
}

}  // namespace nubo::proxy
