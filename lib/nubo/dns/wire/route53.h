// Route 53's way to write names and values, and its rules for what a record set says, where an alias leads, and what a
// hosted zone may hold.
//
// It differs from a master file's in one thing: a backslash is followed by three *octal* digits, so that "\052" is "*"
// (Route 53 Developer Guide, "DNS domain name format"). Inside, names and values are in a master file's form.
//
// Example:
//   Name name = *route53::ParseName("\\052.Example.com");                       // *.example.com
//   Rdata rdata = *route53::ParseValue(RecordType::kMx, "10 mail.example.com");
//   absl::Status status = route53::CheckTtl(/*is_alias=*/false, 60);
//   status = route53::CheckPermitted(apex, {name, RecordType::kCname}, others);
//
// Thread safety: pure functions.
#ifndef NUBO_DNS_WIRE_ROUTE53_H_
#define NUBO_DNS_WIRE_ROUTE53_H_

#include <cstddef>
#include <cstdint>
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

// The types of records that it has, comma-separated (the API reference's ResourceRecordSet).
inline constexpr char kTypes[] = "A,AAAA,CAA,CNAME,DS,HTTPS,MX,NAPTR,NS,PTR,SOA,SPF,SRV,SSHFP,SVCB,TLSA,TXT";

// INVALID_ARGUMENT: not one of kTypes, which are in upper case.
absl::StatusOr<RecordType> ParseType(absl::string_view text);

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

// The time to live of a record set in seconds, of which an alias has none of its own.
// INVALID_ARGUMENT: it is missing, or given to an alias; less than 0 or more than kTtlSecondsMax.
absl::Status CheckTtl(bool is_alias, std::optional<int64_t> ttl_seconds);

// How much one batch of changes asks for: records, an alias being one, and the characters of all values. What is
// upserted counts twice (the API reference's ChangeResourceRecordSets).
// INVALID_ARGUMENT: more than 1,000 records, or 32,000 characters.
absl::Status CheckBatchSize(size_t records, size_t characters);

// INVALID_ARGUMENT: not a type that an alias has here, which are A and AAAA.
absl::Status CheckAliasType(RecordType type);

// An alias as messages show it.
struct AliasShown {
  std::string target;
  std::string type;
  // The hosted zone that it says its target is in.
  std::string zone;
};

// That hosted zone.
enum class AliasZone {
  // The record set's own, or that of all load balancers.
  kReachable,
  // There is one, and an alias cannot lead there.
  kOther,
  kNone,
};

// Whether an alias may lead to `target` in a zone of the name `origin`, as far as the two are known.
// INVALID_ARGUMENT: it leads to another zone, or to a name outside of the zone that it says.
absl::Status CheckAliasPlace(const AliasShown& alias, AliasZone zone, const std::optional<Name>& target,
                             const std::optional<Name>& origin);
// INVALID_ARGUMENT: what an alias leads to is not there. `detail` goes behind the sentence.
absl::Status AliasTargetNotFound(const AliasShown& alias, absl::string_view detail = "");

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

// Whether it is one that every hosted zone has at AWS, NS or SOA at its apex: such do not keep a zone from being
// deleted.
bool IsRequired(const Name& zone, const RecordKey& record);

}  // namespace nubo::dns::route53

#endif  // NUBO_DNS_WIRE_ROUTE53_H_
