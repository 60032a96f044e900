// HTTP/2 frames by hand (RFC 9113 §4, RFC 7541 §6.2.2), to send what no proper client would, and to read what comes.
#ifndef NUBO_TESTS_HTTP_H2_FRAMES_H_
#define NUBO_TESTS_HTTP_H2_FRAMES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace nubo::http {

inline constexpr char kH2Preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum H2Type : uint8_t {
  kH2Data = 0,
  kH2Headers = 1,
  kH2Reset = 3,
  kH2Settings = 4,
  kH2Ping = 6,
  kH2GoAway = 7,
  kH2WindowUpdate = 8,
  kH2Continuation = 9,
};

inline constexpr uint8_t kH2EndStream = 1;
inline constexpr uint8_t kH2Ack = 1;
inline constexpr uint8_t kH2EndHeaders = 4;

inline std::string Number(uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text.push_back(static_cast<char>(value >> (8 * i)));
  return text;
}

inline std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, const std::string& payload) {
  return Number(payload.size(), 3) + Number(type, 1) + Number(flags, 1) + Number(stream, 4) + payload;
}

// A length of HPACK: 7 bits, more of them behind.
inline std::string HpackLength(size_t size) {
  if (size < 127) return std::string(1, static_cast<char>(size));
  std::string text(1, 127);
  for (size -= 127; size >= 128; size /= 128) text.push_back(static_cast<char>(size % 128 + 128));
  text.push_back(static_cast<char>(size));
  return text;
}

using H2FieldTable = std::vector<std::pair<std::string, std::string>>;

// A header block without compression.
inline std::string HeaderBlock(const H2FieldTable& fields) {
  std::string block;
  for (const auto& [name, value] : fields) {
    block.push_back('\0');
    block += HpackLength(name.size()) + name + HpackLength(value.size()) + value;
  }
  return block;
}

struct H2Frame {
  uint8_t type = 0;
  uint8_t flags = 0;
  uint32_t stream = 0;
  std::string payload;
};

// Takes the first whole frame off `bytes`; false if there is none.
inline bool TakeFrame(std::string& bytes, H2Frame& frame) {
  constexpr size_t kHeadBytes = 9;
  if (bytes.size() < kHeadBytes) return false;
  const auto at = [&bytes](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])); };
  const size_t size = at(0) << 16 | at(1) << 8 | at(2);
  if (bytes.size() < kHeadBytes + size) return false;
  frame.type = static_cast<uint8_t>(at(3));
  frame.flags = static_cast<uint8_t>(at(4));
  frame.stream = (at(5) << 24 | at(6) << 16 | at(7) << 8 | at(8)) & 0x7fffffff;
  frame.payload = bytes.substr(kHeadBytes, size);
  bytes.erase(0, kHeadBytes + size);
  return true;
}

}  // namespace nubo::http

#endif  // NUBO_TESTS_HTTP_H2_FRAMES_H_
