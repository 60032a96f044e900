// Bytes that have been read and not yet been used. Not for users.
//
// While a read into Prepare()'s room is under way, bytes may be consumed but not prepared anew.
//
// Thread safety: thread-compatible.
#ifndef NUBO_HTTP_BYTE_BUFFER_H_
#define NUBO_HTTP_BYTE_BUFFER_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace nubo::http {

class ByteBuffer {
 public:
  // How much one read may bring: little on quiet connections, so that many of them cost little, more as more comes.
  static constexpr size_t kRoomMin = 4 << 10;
  static constexpr size_t kRoomMax = 64 << 10;

  absl::string_view data() const { return {bytes_.get() + begin_, end_ - begin_}; }
  size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }

  void Append(absl::string_view bytes) {
    Reserve(bytes.size());
    std::memcpy(bytes_.get() + end_, bytes.data(), bytes.size());
    end_ += bytes.size();
  }
  // Where the next bytes may be written, `max` at most.
  absl::Span<char> Prepare(size_t max = kRoomMax) {
    const size_t room = std::min(room_, max);
    Reserve(room);
    return {bytes_.get() + end_, room};
  }
  // So many were.
  void Commit(size_t bytes) {
    end_ += bytes;
    if (bytes == room_) room_ = std::min(room_ * 4, kRoomMax);
    if (bytes < room_ / 8) room_ = std::max(room_ / 4, kRoomMin);
  }
  void Consume(size_t bytes) { begin_ += bytes; }
  // Keeps no memory while it is empty. Not while a read is under way.
  void Release() {
    if (!empty()) return;
    bytes_.reset();
    capacity_ = begin_ = end_ = 0;
  }

 private:
  void Reserve(size_t room) {
    if (empty()) begin_ = end_ = 0;
    if (empty() && capacity_ > 2 * room) capacity_ = 0;
    if (capacity_ - std::min(capacity_, end_) >= room && capacity_ > 0) return;
    if (size() + room <= capacity_) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, size());
    } else {
      capacity_ = std::max(size() + room, empty() ? size_t{0} : 2 * capacity_);
      std::unique_ptr<char[]> larger(new char[capacity_]);
      if (!empty()) std::memcpy(larger.get(), bytes_.get() + begin_, size());
      bytes_ = std::move(larger);
    }
    end_ -= begin_;
    begin_ = 0;
  }

  std::unique_ptr<char[]> bytes_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t room_ = kRoomMin;
};

}  // namespace nubo::http

#endif  // NUBO_HTTP_BYTE_BUFFER_H_
