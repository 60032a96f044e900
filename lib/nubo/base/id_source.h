// Where identifiers come from.
//
// AWS's identifiers are a prefix and 17 hexadecimal digits ("i-0123456789abcdef0"). Whoever makes resources
// takes an IdSource in its constructor, so that a test gets the same identifiers every time.
//
// Example:
//   base::RandomIdSource ids;
//   std::string id = ids.NewId("i");  // i-0a1b2c3d4e5f60718
//
// Thread safety: RandomIdSource and SequentialIdSource are thread-safe.
#ifndef NUBO_BASE_ID_SOURCE_H_
#define NUBO_BASE_ID_SOURCE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "nubo/base/mutex.h"

namespace nubo::base {

class IdSource {
 public:
  virtual ~IdSource() = default;
  // `digits` lower-case hexadecimal digits, 1 to 64.
  virtual std::string NewHex(int digits) = 0;
  // "<prefix>-" and 17 digits, as AWS's long ids are.
  std::string NewId(absl::string_view prefix);
};

// Unpredictable: reads the kernel's generator, so the digits also serve as secrets.
class RandomIdSource final : public IdSource {
 public:
  std::string NewHex(int digits) override;
};

// 1, 2, 3, … as hexadecimal, for tests.
class SequentialIdSource final : public IdSource {
 public:
  std::string NewHex(int digits) override;

 private:
  Mutex mutex_;
  uint64_t next_ NUBO_GUARDED_BY(mutex_) = 1;
};

}  // namespace nubo::base

#endif  // NUBO_BASE_ID_SOURCE_H_
