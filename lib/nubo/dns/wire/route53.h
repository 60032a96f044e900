// Route 53's way to write names and values, and its rules for what a hosted zone may hold.
//
// It differs from a master file's in one thing: a backslash is followed by three *octal* digits, so that "\052" is "*"
// (Route 53 Developer Guide, "DNS domain name format"). Inside, names and values are in a master file's form.
//
// Example:
//   Name name = *route53::ParseName("\\052.Example.com");                       // *.example.com
//   Rdata rdata = *route53::ParseValue(RecordType::kMx, "10 mail.example.com");
//   absl::Status status = route53::CheckPermitted(apex, {name, RecordType::kCname}, others);
//
// Thread safety: pure functions.
#ifndef NUBO_DNS_WIRE_ROUTE53_H_
#define NUBO_DNS_WIRE_ROUTE53_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "nubo/dns/wire/name.h"
#include "nubo/dns/wire/record.h"
#include "nubo/dns/wire/types.h"

namespace nubo::dns::route53 {

// In lower case, as Route 53 keeps names.
// INVALID_ARGUMENT: no name; a character beyond printable ASCII that is not escaped (a name in another script is
// written in Punycode, "xn--…"); a backslash without three octal digits up to 377.
absl::StatusOr<Name> ParseName(absl::string_view text);

// `text` with its octal escapes as decimal ones; escapes of single characters, as \" is, stay.
// INVALID_ARGUMENT: a broken escape.
absl::StatusOr<std::string> ToMasterFile(absl::string_view text);

// INVALID_ARGUMENT: not a value of `type`, in Route 53's words where they are known. Stricter than ParseRdata: strings
// of TXT and SPF stand in quotes, and RFC 3597's form is not known.
absl::StatusOr<Rdata> ParseValue(RecordType type, absl::string_view text);
// All values of one record set: each by itself, none twice, only one of CNAME and SOA, at most 400 of 32,000 characters
// in all, so that whatever is taken fits into an answer.
absl::StatusOr<std::vector<Rdata>> ParseValues(RecordType type, absl::Span<const std::string> values);

// A record set as others see it.
struct RecordKey {
  Name name;
  RecordType type{};
  // Tells sets of one name and type with a routing policy apart.
  std::string set_identifier;
};

// Whether `added` may stand in the zone beside the others. Where the zone's name is not known yet, only how they go
// together is looked at. INVALID_ARGUMENT: it lies outside; a CNAME at the apex, or
// beside other records; other records beside a CNAME; a SOA elsewhere than at the apex. ALREADY_EXISTS: there is one.
// All are what AWS calls InvalidChangeBatch.
absl::Status CheckPermitted(const std::optional<Name>& zone, const RecordKey& added,
                            absl::Span<const RecordKey> others);

}  // namespace nubo::dns::route53

#endif  // NUBO_DNS_WIRE_ROUTE53_H_
