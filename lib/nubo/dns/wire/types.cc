#include "nubo/dns/wire/types.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace nubo::dns {
namespace {

struct Named {
  uint16_t number;
  const char* name;
};

constexpr Named kTypes[] = {
    {1, "A"},       {2, "NS"},     {5, "CNAME"},  {6, "SOA"},     {12, "PTR"},   {13, "HINFO"}, {15, "MX"},
    {16, "TXT"},    {28, "AAAA"},  {33, "SRV"},   {35, "NAPTR"},  {39, "DNAME"}, {41, "OPT"},   {43, "DS"},
    {44, "SSHFP"},  {46, "RRSIG"}, {47, "NSEC"},  {48, "DNSKEY"}, {50, "NSEC3"}, {52, "TLSA"},  {64, "SVCB"},
    {65, "HTTPS"},  {99, "SPF"},   {249, "TKEY"}, {250, "TSIG"},  {251, "IXFR"}, {252, "AXFR"}, {253, "MAILB"},
    {254, "MAILA"}, {255, "ANY"},  {257, "CAA"},
};
constexpr Named kClasses[] = {{1, "IN"}, {3, "CH"}, {4, "HS"}, {254, "NONE"}, {255, "ANY"}};
constexpr Named kOpcodes[] = {{0, "QUERY"}, {1, "IQUERY"}, {2, "STATUS"}, {4, "NOTIFY"}, {5, "UPDATE"}};
constexpr Named kRcodes[] = {
    {0, "NOERROR"},  {1, "FORMERR"},  {2, "SERVFAIL"},   {3, "NXDOMAIN"}, {4, "NOTIMP"},
    {5, "REFUSED"},  {6, "YXDOMAIN"}, {7, "YXRRSET"},    {8, "NXRRSET"},  {9, "NOTAUTH"},
    {10, "NOTZONE"}, {16, "BADVERS"}, {23, "BADCOOKIE"},
};

template <size_t kCount>
std::string NameOf(const Named (&table)[kCount], uint16_t number, absl::string_view prefix) {
  for (const Named& entry : table) {
    if (entry.number == number) return entry.name;
  }
  return absl::StrCat(prefix, number);
}

}  // namespace

std::string ToString(RecordType type) { return NameOf(kTypes, static_cast<uint16_t>(type), "TYPE"); }
std::string ToString(RecordClass rclass) { return NameOf(kClasses, static_cast<uint16_t>(rclass), "CLASS"); }
std::string ToString(Opcode opcode) { return NameOf(kOpcodes, static_cast<uint16_t>(opcode), "OPCODE"); }
std::string ToString(Rcode rcode) { return NameOf(kRcodes, static_cast<uint16_t>(rcode), "RCODE"); }

absl::StatusOr<RecordType> ParseRecordType(absl::string_view text) {
  for (const Named& entry : kTypes) {
    if (absl::EqualsIgnoreCase(text, entry.name)) return RecordType{entry.number};
  }
  uint32_t number = 0;
  if (absl::StartsWithIgnoreCase(text, "TYPE") && absl::SimpleAtoi(text.substr(4), &number) && number <= 65535) {
    return RecordType{static_cast<uint16_t>(number)};
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is not a record type; expected a name such as A, AAAA, CNAME, or TYPE and a number"));
}

bool IsMetaType(RecordType type) {
  const uint16_t number = static_cast<uint16_t>(type);
  return number == 0 || type == RecordType::kOpt || (number >= 128 && number <= 255);
}

}  // namespace nubo::dns
