#include "nubo/ec2/metadata.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "nubo/base/status.h"

namespace nubo::ec2 {
namespace {

constexpr absl::string_view kVersions[] = {
    "1.0",        "2007-01-19", "2007-03-01", "2007-08-29", "2007-10-10", "2007-12-15", "2008-02-01",
    "2008-09-01", "2009-04-04", "2011-01-01", "2011-05-01", "2012-01-12", "2014-02-25", "2014-11-05",
    "2015-10-20", "2016-04-19", "2016-06-30", "2016-09-02", "2018-03-28", "2018-08-17", "2018-09-24",
    "2019-10-01", "2020-10-27", "2021-01-03", "2021-03-23", "2021-07-15", "2022-09-24", "latest"};
constexpr absl::string_view kText = "text/plain";

MetadataAnswer NotFound() { return {404, "text/html", MetadataErrorPage(404)}; }

absl::string_view StatusWords(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Not Allowed";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// RFC 3986 §2.1, once. Nothing: a "%" without two digits behind it.
std::optional<std::string> PercentDecoded(absl::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

std::string Quoted(absl::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      absl::StrAppend(&quoted, "\\u", absl::Hex(byte, absl::kZeroPad4));
      continue;
    }
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  return quoted;
}

std::string IsoTime(absl::Time time) { return absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ", time, absl::UTCTimeZone()); }

// Those of one family, one a line.
template <typename AddressOrPrefix>
std::string Lines(const std::vector<AddressOrPrefix>& all, bool v4) {
  std::vector<std::string> lines;
  for (const AddressOrPrefix& each : all) {
    if (each.is_v4() == v4) lines.push_back(each.ToString());
  }
  return absl::StrJoin(lines, "\n");
}

std::string FirstLine(absl::string_view lines) { return std::string(lines.substr(0, lines.find('\n'))); }

std::string PublicAddresses(const MetadataInterface& interface) {
  return absl::StrJoin(interface.associations, "\n", [](std::string* out, const auto& association) {
    absl::StrAppend(out, association.public_address.ToString());
  });
}

std::string GroupNames(const MetadataInterface& interface) {
  return absl::StrJoin(interface.security_groups, "\n",
                       [](std::string* out, const auto& group) { absl::StrAppend(out, group.name); });
}

// In AWS's order, and with its spaces.
std::string IdentityDocument(const InstanceMetadata& instance) {
  const std::string private_ip =
      instance.interfaces.empty() ? "" : FirstLine(Lines(instance.interfaces.front().addresses, /*v4=*/true));
  const std::pair<absl::string_view, std::string> fields[] = {
      {"accountId", Quoted(instance.account_id)},
      {"architecture", Quoted(instance.architecture)},
      {"availabilityZone", Quoted(instance.availability_zone)},
      {"billingProducts", "null"},
      {"devpayProductCodes", "null"},
      {"marketplaceProductCodes", "null"},
      {"imageId", Quoted(instance.image_id)},
      {"instanceId", Quoted(instance.instance_id)},
      {"instanceType", Quoted(instance.instance_type)},
      {"kernelId", "null"},
      {"pendingTime", Quoted(IsoTime(instance.launch_time))},
      {"privateIp", private_ip.empty() ? "null" : Quoted(private_ip)},
      {"ramdiskId", "null"},
      {"region", Quoted(instance.region)},
      {"version", Quoted("2017-09-30")},
  };
  const std::string lines = absl::StrJoin(fields, ",\n", [](std::string* out, const auto& field) {
    absl::StrAppend(out, "  \"", field.first, "\" : ", field.second);
  });
  return absl::StrCat("{\n", lines, "\n}");
}

}  // namespace

absl::Status CheckMetadataOptions(const MetadataOptions& options) {
  if (options.hop_limit >= kHopLimitMin && options.hop_limit <= kHopLimitMax) return absl::OkStatus();
  return base::WithErrorCode(
      absl::InvalidArgumentError(absl::StrCat("the metadata response hop limit is ", options.hop_limit,
                                              "; it must be between ", kHopLimitMin, " and ", kHopLimitMax)),
      "InvalidParameterValue");
}

absl::Status CheckMetadataTagKey(absl::string_view key) {
  const bool characters = std::all_of(key.begin(), key.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::string_view("+-=.,_:@").find(c) != absl::string_view::npos;
  });
  if (characters && !key.empty() && key != "." && key != ".." && key != "_index") return absl::OkStatus();
  return base::WithErrorCode(
      absl::InvalidArgumentError(absl::StrCat("the tag key \"", key,
                                              "\" cannot be shown in instance metadata: keys there are letters, digits "
                                              "and +-=.,_:@ and none of \".\", \"..\" and \"_index\"")),
      "InvalidParameterValue");
}

std::string MetadataErrorPage(int status) {
  const std::string title = absl::StrCat(status, " - ", StatusWords(status));
  return absl::StrCat(
      "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n"
      "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\"\n"
      "\t\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n"
      "<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">\n"
      " <head>\n"
      "  <title>",
      title,
      "</title>\n"
      " </head>\n"
      " <body>\n"
      "  <h1>",
      title,
      "</h1>\n"
      " </body>\n"
      "</html>\n");
}

std::optional<std::vector<std::string>> SplitMetadataPath(absl::string_view path) {
  path = path.substr(0, path.find('?'));
  if (!absl::StartsWith(path, "/")) return std::nullopt;
  std::vector<std::string> segments;
  for (const absl::string_view piece : absl::StrSplit(path, '/', absl::SkipEmpty())) {
    std::optional<std::string> segment = PercentDecoded(piece);
    // A slash that was written otherwise parts nothing, and no name has one.
    if (!segment || absl::StrContains(*segment, "/")) return std::nullopt;
    segments.push_back(*std::move(segment));
  }
  return segments;
}

MetadataTree::MetadataTree(InstanceMetadata instance) : instance_(std::move(instance)) {
  // AWS lists these, and versions, without a slash.
  labels_["meta-data"] = "meta-data";
  labels_["dynamic"] = "dynamic";
  Add("user-data", instance_.user_data);
  Add("dynamic/instance-identity/document", IdentityDocument(instance_));
  Add("meta-data/ami-id", instance_.image_id);
  Add("meta-data/ami-launch-index", absl::StrCat(instance_.launch_index));
  Add("meta-data/ami-manifest-path", "(unknown)");
  Add("meta-data/instance-action", "none");
  Add("meta-data/instance-id", instance_.instance_id);
  Add("meta-data/instance-life-cycle", instance_.spot ? "spot" : "on-demand");
  Add("meta-data/instance-type", instance_.instance_type);
  Add("meta-data/reservation-id", instance_.reservation_id);
  Add("meta-data/services/domain", "amazonaws.com");
  Add("meta-data/services/partition", "aws");
  AddPrimaryInterface();
  for (const MetadataInterface& interface : instance_.interfaces) AddInterface(interface);
  AddPlacement();
  AddPublicKeys();
  AddTags();
  AddWhatIsToCome();
}

// An empty text is nothing that the instance has.
void MetadataTree::Add(absl::string_view path, absl::string_view text) {
  if (!text.empty()) texts_[std::string(path)] = std::string(text);
}

void MetadataTree::AddPrimaryInterface() {
  if (instance_.interfaces.empty()) return Add("meta-data/hostname", instance_.hostname);
  const MetadataInterface& primary = instance_.interfaces.front();
  Add("meta-data/hostname", instance_.hostname.empty() ? primary.local_hostname : instance_.hostname);
  Add("meta-data/ipv6", FirstLine(Lines(primary.addresses, /*v4=*/false)));
  Add("meta-data/local-hostname", primary.local_hostname);
  Add("meta-data/local-ipv4", FirstLine(Lines(primary.addresses, /*v4=*/true)));
  Add("meta-data/mac", primary.mac);
  Add("meta-data/public-hostname", primary.public_hostname);
  Add("meta-data/public-ipv4", FirstLine(PublicAddresses(primary)));
  Add("meta-data/security-groups", GroupNames(primary));
}

void MetadataTree::AddInterface(const MetadataInterface& interface) {
  if (interface.mac.empty()) return;
  const std::string place = absl::StrCat("meta-data/network/interfaces/macs/", interface.mac, "/");
  const auto add = [&](absl::string_view name, absl::string_view text) { Add(absl::StrCat(place, name), text); };
  add("device-number", absl::StrCat(interface.device_index));
  add("interface-id", interface.id);
  std::map<std::string, std::vector<std::string>> associated;
  for (const MetadataInterface::Association& association : interface.associations) {
    associated[association.public_address.ToString()].push_back(association.private_address.ToString());
  }
  for (const auto& [public_address, private_addresses] : associated) {
    add(absl::StrCat("ipv4-associations/", public_address), absl::StrJoin(private_addresses, "\n"));
  }
  add("ipv6s", Lines(interface.addresses, /*v4=*/false));
  add("local-hostname", interface.local_hostname);
  add("local-ipv4s", Lines(interface.addresses, /*v4=*/true));
  add("mac", interface.mac);
  add("network-card", absl::StrCat(interface.network_card));
  add("owner-id", interface.owner_id);
  add("public-hostname", interface.public_hostname);
  add("public-ipv4s", PublicAddresses(interface));
  add("security-group-ids", absl::StrJoin(interface.security_groups, "\n",
                                          [](std::string* out, const auto& group) { absl::StrAppend(out, group.id); }));
  add("security-groups", GroupNames(interface));
  add("subnet-id", interface.subnet_id);
  add("subnet-ipv4-cidr-block", FirstLine(Lines(interface.subnet_blocks, /*v4=*/true)));
  add("subnet-ipv6-cidr-blocks", Lines(interface.subnet_blocks, /*v4=*/false));
  add("vpc-id", interface.vpc_id);
  add("vpc-ipv4-cidr-block", FirstLine(Lines(interface.vpc_blocks, /*v4=*/true)));
  add("vpc-ipv4-cidr-blocks", Lines(interface.vpc_blocks, /*v4=*/true));
  add("vpc-ipv6-cidr-blocks", Lines(interface.vpc_blocks, /*v4=*/false));
}

void MetadataTree::AddPlacement() {
  Add("meta-data/placement/availability-zone", instance_.availability_zone);
  Add("meta-data/placement/availability-zone-id", instance_.availability_zone_id);
  Add("meta-data/placement/group-name", instance_.placement_group);
  if (instance_.partition_number) {
    Add("meta-data/placement/partition-number", absl::StrCat(*instance_.partition_number));
  }
  Add("meta-data/placement/region", instance_.region);
}

// They are counted, and listed with their names: "0=my-key".
void MetadataTree::AddPublicKeys() {
  for (size_t i = 0; i < instance_.public_keys.size(); ++i) {
    const std::string place = absl::StrCat("meta-data/public-keys/", i);
    Add(absl::StrCat(place, "/openssh-key"), instance_.public_keys[i].openssh_key);
    labels_[place] = absl::StrCat(i, "=", instance_.public_keys[i].name);
  }
}

void MetadataTree::AddTags() {
  if (!instance_.options.tags_enabled) return;
  for (const auto& [key, value] : instance_.tags) {
    // Of tags alone the empty text is one: it is there.
    if (CheckMetadataTagKey(key).ok()) texts_[absl::StrCat("meta-data/tags/instance/", key)] = value;
  }
}

void MetadataTree::AddWhatIsToCome() {
  Add("meta-data/autoscaling/target-lifecycle-state", instance_.target_lifecycle_state);
  // Nobody maintains what is below the instance.
  Add("meta-data/events/maintenance/history", "[]");
  Add("meta-data/events/maintenance/scheduled", "[]");
  if (!instance_.spot_interruption) return;
  const auto& [action, time] = *instance_.spot_interruption;
  Add("meta-data/spot/instance-action",
      absl::StrCat("{\"action\": ", Quoted(action), ", \"time\": ", Quoted(IsoTime(time)), "}"));
  if (action == "terminate") Add("meta-data/spot/termination-time", IsoTime(time));
}

std::optional<std::string> MetadataTree::List(const std::string& directory) const {
  const std::string start = directory.empty() ? "" : absl::StrCat(directory, "/");
  std::vector<std::string> names;
  auto it = texts_.lower_bound(start);
  while (it != texts_.end() && absl::StartsWith(it->first, start)) {
    const size_t end = it->first.find('/', start.size());
    if (end == std::string::npos) {
      names.push_back(it->first.substr(start.size()));
      ++it;
      continue;
    }
    const std::string below = it->first.substr(0, end);
    const auto label = labels_.find(below);
    names.push_back(label == labels_.end() ? absl::StrCat(below.substr(start.size()), "/") : label->second);
    // Past all that is in it: "0" comes after "/".
    it = texts_.lower_bound(absl::StrCat(below, "0"));
  }
  if (names.empty()) return std::nullopt;
  return absl::StrJoin(names, "\n");
}

MetadataAnswer MetadataTree::Answer(absl::string_view path) const {
  const std::optional<std::vector<std::string>> segments = SplitMetadataPath(path);
  if (!segments) return NotFound();
  if (segments->empty()) return {200, std::string(kText), absl::StrJoin(kVersions, "\n")};
  if (std::find(std::begin(kVersions), std::end(kVersions), segments->front()) == std::end(kVersions)) {
    return NotFound();
  }
  const std::string below = absl::StrJoin(segments->begin() + 1, segments->end(), "/");
  const auto text = texts_.find(below);
  if (text != texts_.end()) {
    return {200, std::string(below == "user-data" ? "application/octet-stream" : kText), text->second};
  }
  std::optional<std::string> names = List(below);
  if (!names) return NotFound();
  return {200, std::string(kText), *std::move(names)};
}

}  // namespace nubo::ec2
