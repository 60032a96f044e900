// What a message is made of beside its records (RFC 1035 §4.1, RFC 6891 §6.1): its header, its questions, EDNS, and how
// large it may be. Most callers want nubo/dns/wire/message.h instead.
//
// Thread safety: values.
#ifndef NUBO_DNS_WIRE_MESSAGE_PARTS_H_
#define NUBO_DNS_WIRE_MESSAGE_PARTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "nubo/dns/wire/name.h"
#include "nubo/dns/wire/types.h"

namespace nubo::dns {

// RFC 1035 §4.1.1 and §4.2: a header, the largest message over UDP without EDNS, the largest at all (over TCP).
inline constexpr size_t kHeaderSize = 12;
inline constexpr size_t kUdpSizeMax = 512;
inline constexpr size_t kMessageSizeMax = 65535;
// What we say we take over UDP, and the most that we send: fits any path unfragmented (DNS Flag Day 2020).
inline constexpr uint16_t kEdnsUdpSize = 1232;

enum class Transport { kUdp, kTcp };

struct Question {
  Name name;
  RecordType type = RecordType::kA;
  RecordClass rclass = RecordClass::kIn;
  friend bool operator==(const Question&, const Question&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Question& q) {
    return H::combine(std::move(h), q.name, q.type, q.rclass);
  }
};

struct EdnsOption {
  uint16_t code = 0;
  std::string data;
  friend bool operator==(const EdnsOption&, const EdnsOption&) = default;
};

struct Edns {
  uint16_t udp_size = kEdnsUdpSize;
  uint8_t version = 0;
  bool dnssec_ok = false;
  std::vector<EdnsOption> options;
  friend bool operator==(const Edns&, const Edns&) = default;
};

// The first twelve bytes but for the counts.
struct Header {
  uint16_t id = 0;
  bool response = false;
  Opcode opcode = Opcode::kQuery;
  bool authoritative = false;
  bool truncated = false;
  bool recursion_desired = false;
  bool recursion_available = false;
  bool authentic_data = false;
  bool checking_disabled = false;
  // Of a decoded message with EDNS, the extended code.
  Rcode rcode = Rcode::kNoError;
  friend bool operator==(const Header&, const Header&) = default;
};

}  // namespace nubo::dns

#endif  // NUBO_DNS_WIRE_MESSAGE_PARTS_H_
