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

#include <optional>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/dns/wire/message_parts.h"
#include "nubo/dns/wire/record.h"

namespace nubo::dns {

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
