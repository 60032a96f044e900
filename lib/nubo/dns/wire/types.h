// The numbers of the DNS protocol and their names: record types, classes, opcodes, response codes.
//
// The enumerations are open: any 16-bit number may arrive from the network and travels unharmed. A number
// without a name prints in RFC 3597's form ("TYPE731", "CLASS32").
//
// Example:
//   RecordType type = *ParseRecordType("AAAA");
//   std::string text = ToString(RecordType{65});  // "HTTPS"
//
// Thread safety: pure functions.
#ifndef NUBO_DNS_WIRE_TYPES_H_
#define NUBO_DNS_WIRE_TYPES_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nubo::dns {

enum class RecordType : uint16_t {
  kA = 1,
  kNs = 2,
  kCname = 5,
  kSoa = 6,
  kPtr = 12,
  kMx = 15,
  kTxt = 16,
  kAaaa = 28,
  kSrv = 33,
  kNaptr = 35,
  kDname = 39,
  kOpt = 41,
  kDs = 43,
  kSshfp = 44,
  kTlsa = 52,
  kSvcb = 64,
  kHttps = 65,
  kSpf = 99,
  // From here to kAny: only in questions, or only on the wire; never in a zone.
  kTkey = 249,
  kTsig = 250,
  kIxfr = 251,
  kAxfr = 252,
  kMailb = 253,
  kMaila = 254,
  kAny = 255,
  kCaa = 257,
};

enum class RecordClass : uint16_t { kIn = 1, kChaos = 3, kHesiod = 4, kNone = 254, kAny = 255 };

enum class Opcode : uint8_t { kQuery = 0, kInverseQuery = 1, kStatus = 2, kNotify = 4, kUpdate = 5 };

// Values above 15 need EDNS, which carries their upper eight bits (RFC 6891 §6.1.3).
enum class Rcode : uint16_t {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5,
  kYxDomain = 6,
  kBadVers = 16,
};

std::string ToString(RecordType type);
std::string ToString(RecordClass rclass);
// "QUERY"; "OPCODE7" for one without a name.
std::string ToString(Opcode opcode);
// "NXDOMAIN"; "RCODE77" for one without a name.
std::string ToString(Rcode rcode);

// "A", "aaaa", "TYPE65". INVALID_ARGUMENT: no such type.
absl::StatusOr<RecordType> ParseRecordType(absl::string_view text);

// True for OPT and for the types that only a question may carry: no zone holds them.
bool IsMetaType(RecordType type);

}  // namespace nubo::dns

#endif  // NUBO_DNS_WIRE_TYPES_H_
