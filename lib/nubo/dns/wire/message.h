// DNS messages and their wire form (RFC 1035 §4, EDNS(0) by RFC 6891).
//
// Decoding takes bytes from anybody: compression pointers only ever lead backwards, so no loop; every count is
// checked against the bytes that are there; nothing is allocated for a plain query. Bytes after the last
// record, a second OPT, or data that does not fill its length are errors. Encoding compresses names.
//
// Example:
//   Message query;
//   query.id = 4711;
//   query.recursion_desired = true;
//   query.questions.push_back({*Name::Parse("example.com"), RecordType::kA, RecordClass::kIn});
//   query.edns.emplace();
//   std::string packet = *Encode(query);
//   absl::StatusOr<Message> reply = Decode(received);
//
// Thread safety: values and pure functions.
#ifndef NUBO_DNS_WIRE_MESSAGE_H_
#define NUBO_DNS_WIRE_MESSAGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/dns/wire/name.h"
#include "nubo/dns/wire/record.h"
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

struct Message : Header {
  absl::InlinedVector<Question, 1> questions;
  std::vector<ResourceRecord> answers;
  std::vector<ResourceRecord> authority;
  // Without the OPT record, which is `edns`.
  std::vector<ResourceRecord> additional;
  std::optional<Edns> edns;
  friend bool operator==(const Message&, const Message&) = default;
};

// Only the header; nothing if there are fewer than twelve bytes.
std::optional<Header> DecodeHeader(absl::string_view bytes);

// INVALID_ARGUMENT: not exactly one well-formed message; says at which byte.
absl::StatusOr<Message> Decode(absl::string_view bytes);

// INVALID_ARGUMENT: data that Validate() refuses, a message above 65535 bytes, or an rcode above 15 without EDNS.
absl::StatusOr<std::string> Encode(const Message& message);

}  // namespace nubo::dns

#endif  // NUBO_DNS_WIRE_MESSAGE_H_
