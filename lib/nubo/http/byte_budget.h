// How many bytes wait for peers to take them, of all connections that share the budget. Not for users.
//
// It is never refused to anybody: whoever queues bytes asks whether it is used up, and then queues no more than a small
// share of its own.
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_HTTP_BYTE_BUDGET_H_
#define NUBO_HTTP_BYTE_BUDGET_H_

#include <cstddef>

namespace nubo::http {

class ByteBudget {
 public:
  // The share.
  static constexpr size_t kShareBytes = 8 << 10;

  explicit ByteBudget(size_t bytes_max) : bytes_max_(bytes_max) {}

  void SetMax(size_t bytes_max) { bytes_max_ = bytes_max; }
  void Take(size_t bytes) { used_ += bytes; }
  void GiveBack(size_t bytes) { used_ -= bytes; }
  bool exhausted() const { return used_ >= bytes_max_; }
  size_t used() const { return used_; }

 private:
  size_t bytes_max_;
  size_t used_ = 0;
};

}  // namespace nubo::http

#endif  // NUBO_HTTP_BYTE_BUDGET_H_
