// Reads a record's data that stands by itself: no compression pointers. Private to nubo/dns/wire/record.h.
//
// After any failed read it stays failed, and gives nothing more.
//
// Thread safety: thread-compatible.
#ifndef NUBO_DNS_WIRE_RDATA_READER_H_
#define NUBO_DNS_WIRE_RDATA_READER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nubo/dns/wire/name.h"

namespace nubo::dns {

class RdataReader {
 public:
  explicit RdataReader(absl::string_view bytes) : rest_(bytes) {}

  absl::string_view Take(size_t size) {
    if (size > rest_.size()) ok_ = false;
    if (!ok_) return "";
    const absl::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  uint8_t U8() {
    const absl::string_view byte = Take(1);
    return ok_ ? static_cast<uint8_t>(byte[0]) : 0;
  }
  uint16_t U16() {
    const uint16_t high = U8();
    return static_cast<uint16_t>(high << 8 | U8());
  }
  // A length byte and that many bytes.
  absl::string_view String() { return Take(U8()); }
  // Such strings up to the end.
  std::vector<std::string> Strings() {
    std::vector<std::string> strings;
    while (ok_ && !at_end()) strings.emplace_back(String());
    return strings;
  }
  Name DomainName() {
    size_t size = 0;
    while (ok_ && size < rest_.size() && rest_[size] != '\0') size += 1 + static_cast<uint8_t>(rest_[size]);
    absl::StatusOr<Name> name = Name::FromWire(Take(size + 1));
    if (!name.ok()) ok_ = false;
    return ok_ ? *std::move(name) : Name();
  }
  absl::string_view Rest() { return Take(rest_.size()); }
  bool at_end() const { return rest_.empty(); }
  bool ok() const { return ok_; }

 private:
  absl::string_view rest_;
  bool ok_ = true;
};

}  // namespace nubo::dns

#endif  // NUBO_DNS_WIRE_RDATA_READER_H_
