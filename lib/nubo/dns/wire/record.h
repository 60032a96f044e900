// Resource records: typed data, and its presentation form.
//
// The types whose data the lookup looks into have a struct each; every other type travels as opaque bytes. CAA, DS,
// HTTPS, NAPTR, SPF, SSHFP, SVCB and TLSA are read and printed in their own presentation forms, the rest in RFC 3597's:
// "\# 4 0A000001".
//
// Example:
//   Rdata rdata = *ParseRdata(RecordType::kMx, "10 mail.example.com");
//   std::string text = ToText(rdata);                    // "10 mail.example.com."
//   Rdata address = AddressRdata(*net::IpAddress::Parse("127.0.0.1"));
//
// Thread safety: values.
#ifndef NUBO_DNS_WIRE_RECORD_H_
#define NUBO_DNS_WIRE_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/dns/wire/name.h"
#include "nubo/dns/wire/types.h"
#include "nubo/net/ip_address.h"

namespace nubo::dns {

// An IPv4 address.
struct A {
  net::IpAddress address;
  friend bool operator==(const A&, const A&) = default;
};

// An IPv6 address.
struct Aaaa {
  net::IpAddress address;
  friend bool operator==(const Aaaa&, const Aaaa&) = default;
};

struct Ns {
  Name target;
  friend bool operator==(const Ns&, const Ns&) = default;
};

struct Cname {
  Name target;
  friend bool operator==(const Cname&, const Cname&) = default;
};

struct Dname {
  Name target;
  friend bool operator==(const Dname&, const Dname&) = default;
};

struct Ptr {
  Name target;
  friend bool operator==(const Ptr&, const Ptr&) = default;
};

struct Soa {
  Name primary;
  Name mailbox;
  uint32_t serial = 1;
  uint32_t refresh_seconds = 7200;
  uint32_t retry_seconds = 900;
  uint32_t expire_seconds = 1209600;
  // Since RFC 2308: how long a negative answer may be cached.
  uint32_t minimum_seconds = 60;
  friend bool operator==(const Soa&, const Soa&) = default;
};

struct Mx {
  uint16_t preference = 0;
  Name exchange;
  friend bool operator==(const Mx&, const Mx&) = default;
};

struct Txt {
  // At least one, each at most 255 bytes.
  std::vector<std::string> strings;
  friend bool operator==(const Txt&, const Txt&) = default;
};

struct Srv {
  uint16_t priority = 0;
  uint16_t weight = 0;
  uint16_t port = 0;
  Name target;
  friend bool operator==(const Srv&, const Srv&) = default;
};

// Any other type, as it is on the wire.
struct Opaque {
  RecordType type{};
  std::string bytes;
  friend bool operator==(const Opaque&, const Opaque&) = default;
};

using Rdata = std::variant<A, Aaaa, Ns, Cname, Dname, Ptr, Soa, Mx, Txt, Srv, Opaque>;

// The largest time to live there is (RFC 2181 §8).
inline constexpr uint32_t kTtlSecondsMax = 0x7fffffff;
// How many records of one name and type there are at most: Route 53's quota.
inline constexpr size_t kRecordsPerSetMax = 400;

struct ResourceRecord {
  Name name;
  RecordClass rclass = RecordClass::kIn;
  uint32_t ttl_seconds = 0;
  Rdata rdata;

  RecordType type() const;
  friend bool operator==(const ResourceRecord&, const ResourceRecord&) = default;
};

RecordType TypeOf(const Rdata& rdata);

// A or AAAA, as the address's family says.
Rdata AddressRdata(const net::IpAddress& address);

// INVALID_ARGUMENT: data that its type cannot hold on the wire (an IPv6 address in A, a TXT string of more than
// 255 bytes or none at all, opaque bytes of a type that has a struct, or more than 65535 bytes).
absl::Status Validate(const Rdata& rdata);

// Presentation form of a record's data (RFC 1035 §5.1, RFC 3597 §5). Names need no closing dot and are absolute
// either way, as in Route 53. Text may be written "quoted" or, without spaces, bare. Any value may be written in
// RFC 3597's form too, and is then checked all the same.
// INVALID_ARGUMENT: not a value of `type`; the message names the value and what was expected.
absl::StatusOr<Rdata> ParseRdata(RecordType type, absl::string_view text);
std::string ToText(const Rdata& rdata);

// "www.example.com.\t60\tIN\tA\t127.0.0.1", a line of a master file.
std::string ToText(const ResourceRecord& record);

}  // namespace nubo::dns

#endif  // NUBO_DNS_WIRE_RECORD_H_
