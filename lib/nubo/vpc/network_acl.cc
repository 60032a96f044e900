#include "nubo/vpc/network_acl.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/net/ip_address.h"

namespace nubo::vpc {
namespace {

constexpr int64_t kAllProtocols = -1;
constexpr int64_t kIcmp = 1;
constexpr int64_t kTcp = 6;
constexpr int64_t kUdp = 17;
constexpr int64_t kIcmpV6 = 58;
constexpr int64_t kPortMax = 65535;
constexpr int64_t kByteMax = 255;

absl::Status BadValue(absl::string_view why) {
  return base::WithErrorCode(absl::InvalidArgumentError(why), "InvalidParameterValue");
}

absl::Status Missing(absl::string_view why) {
  return base::WithErrorCode(absl::InvalidArgumentError(why), "MissingParameter");
}

absl::Status ReadPorts(const AclEntryText& text, NetworkAclEntry& entry) {
  if (!text.from_port.has_value() || !text.to_port.has_value()) {
    return Missing(absl::StrCat("an entry of protocol ", text.protocol, " needs a PortRange with From and To"));
  }
  if (*text.from_port < 0 || *text.to_port > kPortMax || *text.from_port > *text.to_port) {
    return BadValue(
        absl::StrCat("the ports ", *text.from_port, " to ", *text.to_port, " are not a range within 0 to ", kPortMax));
  }
  entry.from_port = static_cast<int>(*text.from_port);
  entry.to_port = static_cast<int>(*text.to_port);
  return absl::OkStatus();
}

absl::Status ReadIcmp(const AclEntryText& text, NetworkAclEntry& entry) {
  if (!text.icmp_type.has_value() || !text.icmp_code.has_value()) {
    return Missing(absl::StrCat("an entry of protocol ", text.protocol, " needs Icmp with Type and Code"));
  }
  const auto is_byte = [](int64_t value) { return value >= -1 && value <= kByteMax; };
  if (!is_byte(*text.icmp_type) || !is_byte(*text.icmp_code) || (*text.icmp_type == -1 && *text.icmp_code != -1)) {
    return BadValue(absl::StrCat("ICMP type ", *text.icmp_type, " and code ", *text.icmp_code,
                                 " are not both -1 to 255, with no code for all types"));
  }
  entry.from_port = static_cast<int>(*text.icmp_type);
  entry.to_port = static_cast<int>(*text.icmp_code);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<NetworkAclEntry> ParseAclRule(const AclEntryText& text) {
  if (text.number < kAclNumberMin || text.number > kAclNumberMax) {
    return BadValue(
        absl::StrCat("the rule number ", text.number, " is not from ", kAclNumberMin, " to ", kAclNumberMax));
  }
  if (text.action != "allow" && text.action != "deny") {
    return BadValue(absl::StrCat("the action \"", text.action.substr(0, 64), "\" is neither allow nor deny"));
  }
  if (text.protocol < kAllProtocols || text.protocol > kByteMax) {
    return BadValue(absl::StrCat("the protocol ", text.protocol, " is not -1 or a number up to ", kByteMax));
  }
  NetworkAclEntry entry;
  entry.number = static_cast<int>(text.number);
  entry.allow = text.action == "allow";
  entry.protocol = static_cast<int>(text.protocol);
  if (text.protocol == kTcp || text.protocol == kUdp) NUBO_RETURN_IF_ERROR(ReadPorts(text, entry));
  if (text.protocol == kIcmp || text.protocol == kIcmpV6) NUBO_RETURN_IF_ERROR(ReadIcmp(text, entry));
  return entry;
}

absl::StatusOr<NetworkAclEntry> ParseAclEntry(const AclEntryText& text) {
  NUBO_ASSIGN_OR_RETURN(NetworkAclEntry entry, ParseAclRule(text));
  const absl::StatusOr<net::Prefix> block = net::Prefix::Parse(text.cidr);
  if (!block.ok()) {
    return BadValue(absl::StrCat("\"", text.cidr.substr(0, 64), "\" is not a CIDR block such as 10.0.0.0/16"));
  }
  entry.block = *block;
  return entry;
}

absl::Status CheckAclEntry(const std::vector<NetworkAclEntry>& present, const NetworkAclEntry& entry) {
  const bool taken = std::any_of(present.begin(), present.end(),
                                 [&](const NetworkAclEntry& other) { return other.number == entry.number; });
  if (taken) {
    return base::WithErrorCode(
        absl::AlreadyExistsError(absl::StrCat("the network ACL has an entry with the number ", entry.number)),
        "NetworkAclEntryAlreadyExists");
  }
  if (present.size() >= kAclEntriesMax) {
    return base::WithErrorCode(absl::ResourceExhaustedError(
                                   absl::StrCat("a network ACL has at most ", kAclEntriesMax, " entries a direction")),
                               "NetworkAclEntryLimitExceeded");
  }
  return absl::OkStatus();
}

}  // namespace nubo::vpc
