#include "nubo/region/network/prefix_lists.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/stack/runner.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/value.h"

namespace nubo::region {
namespace {

using stack::IdKind;
using stack::ResourceContext;
using stack::Value;

constexpr char kCidrs[] = "Cidrs";
constexpr char kDescriptions[] = "Descriptions";
constexpr char kIpv4[] = "IPv4";

// As they are in us-east-1.
struct AwsList {
  const char* service;
  const char* id;
};
constexpr AwsList kAwsLists[] = {
    {"cloudfront", "pl-3b927c52"},
    {"dynamodb", "pl-02cd2c6b"},
    {"s3", "pl-63a5400a"},
};

bool IsOfAws(const std::string& id) {
  return std::any_of(std::begin(kAwsLists), std::end(kAwsLists), [&](const AwsList& list) { return id == list.id; });
}

absl::Status BadValue(std::string message) {
  return base::WithErrorCode(absl::InvalidArgumentError(std::move(message)), "InvalidParameterValue");
}

absl::Status Fill(const PrefixListRequest& request, v1::PlainState& record) {
  if (request.name.empty() || absl::StartsWith(request.name, "com.amazonaws")) {
    return BadValue(absl::StrCat("the name of a prefix list must not be empty or begin with com.amazonaws, as \"",
                                 request.name.substr(0, 64), "\" does"));
  }
  if (request.max_entries < 1 || request.max_entries > kPrefixListEntriesMax) {
    return BadValue(
        absl::StrCat("MaxEntries must be from 1 to ", kPrefixListEntriesMax, ", not ", request.max_entries));
  }
  if (request.entries.size() > static_cast<size_t>(request.max_entries)) {
    return BadValue(
        absl::StrCat("the prefix list has ", request.entries.size(), " entries, and may have ", request.max_entries));
  }
  std::vector<std::string> cidrs, descriptions;
  for (const PrefixListEntry& entry : request.entries) {
    const auto block = net::Prefix::Parse(entry.cidr);
    if (!block.ok() || block->is_v4() != (request.address_family == kIpv4)) {
      return BadValue(absl::StrCat("\"", entry.cidr.substr(0, 64), "\" is no block of ", request.address_family));
    }
    cidrs.push_back(block->ToString());
    descriptions.push_back(entry.description);
  }
  if (std::set<std::string>(cidrs.begin(), cidrs.end()).size() != cidrs.size()) {
    return BadValue("two entries of the prefix list are the same block");
  }
  SetAttribute(record, "AddressFamily", request.address_family);
  SetAttribute(record, "MaxEntries", absl::StrCat(request.max_entries));
  SetAttribute(record, "PrefixListName", request.name);
  SetList(record, kCidrs, cidrs);
  SetList(record, kDescriptions, descriptions);
  return absl::OkStatus();
}

// A route, or a group with a rule, that names it; "": none does.
std::string UserOf(const Model& model, const std::string& prefix_list_id) {
  for (const auto& [id, record] : model.plain) {
    if (Attribute(record, "DestinationPrefixListId") == prefix_list_id) return id;
    for (const auto* rules : {&record.ingress(), &record.egress()}) {
      for (const v1::SecurityGroupRule& rule : *rules) {
        if (rule.prefix_list_id() == prefix_list_id) return id;
      }
    }
  }
  return "";
}

}  // namespace

std::string AwsPrefixList(absl::string_view service) {
  for (const AwsList& list : kAwsLists) {
    if (service == list.service) return list.id;
  }
  return "";
}

absl::StatusOr<std::string> CreateManagedPrefixList(Context& context, const v1::Owner& owner,
                                                    const PrefixListRequest& request) {
  if (request.address_family != kIpv4 && request.address_family != "IPv6") {
    return BadValue(
        absl::StrCat("the address family \"", request.address_family.substr(0, 64), "\" is neither IPv4 nor IPv6"));
  }
  v1::PlainState record;
  NUBO_RETURN_IF_ERROR(Fill(request, record));
  SetAttribute(record, "Version", "1");
  return PutPlain(context, owner, kPrefixListType, "pl", std::move(record));
}

absl::Status ModifyManagedPrefixList(Context& context, const std::string& prefix_list_id,
                                     const PrefixListRequest& request) {
  const v1::PlainState* present = FindPlain(context.model, prefix_list_id, kPrefixListType);
  if (present == nullptr) return CheckExists(context, IdKind::kPrefixList, prefix_list_id);
  v1::PlainState record = *present;
  PrefixListRequest wanted = request;
  wanted.address_family = Attribute(record, "AddressFamily");
  const std::vector<std::string> former = ListOf(record, kCidrs);
  NUBO_RETURN_IF_ERROR(Fill(wanted, record));
  int version = 1;
  (void)absl::SimpleAtoi(Attribute(record, "Version"), &version);
  if (ListOf(record, kCidrs) != former) SetAttribute(record, "Version", absl::StrCat(version + 1));
  context.model.plain.Put(prefix_list_id, std::move(record));
  return absl::OkStatus();
}

absl::Status DeleteManagedPrefixList(Context& context, const std::string& prefix_list_id) {
  if (FindPlain(context.model, prefix_list_id, kPrefixListType) == nullptr) return absl::OkStatus();
  if (const std::string user = UserOf(context.model, prefix_list_id); !user.empty()) {
    return HasDependencies("prefix list", prefix_list_id, absl::StrCat(user, " names it"));
  }
  context.model.plain.Erase(prefix_list_id);
  return absl::OkStatus();
}

std::vector<net::Prefix> PrefixesOf(const Model& model, const std::string& prefix_list_id) {
  std::vector<net::Prefix> blocks;
  const v1::PlainState* record = FindPlain(model, prefix_list_id, kPrefixListType);
  if (record == nullptr) return blocks;
  for (const std::string& cidr : ListOf(*record, kCidrs)) blocks.push_back(BlockOf(cidr));
  return blocks;
}

size_t PrefixListSizeMax(const Model& model, const std::string& prefix_list_id) {
  const v1::PlainState* record = FindPlain(model, prefix_list_id, kPrefixListType);
  int most = 1;
  if (record != nullptr) (void)absl::SimpleAtoi(Attribute(*record, "MaxEntries"), &most);
  return static_cast<size_t>(most);
}

namespace {

PrefixListRequest ReadRequest(const Value& properties) {
  PrefixListRequest request{.name = properties.Get("PrefixListName").text(),
                            .address_family = properties.Get("AddressFamily").text(),
                            .max_entries = static_cast<int>(properties.Get("MaxEntries").AsInteger().value_or(0))};
  for (const Value& entry : properties.Get("Entries").items()) {
    request.entries.push_back({entry.Get("Cidr").text(), entry.Get("Description").text()});
  }
  return request;
}

stack::Attributes ListAttributes(const Context&, const v1::PlainState& record) {
  return {{"Arn", Value::String(Arn("ec2", absl::StrCat("prefix-list/", record.id())))},
          {"OwnerId", Value::String(kAccountId)},
          {"PrefixListId", Value::String(record.id())},
          {"Version", Value::String(Attribute(record, "Version"))}};
}

}  // namespace

void AddPrefixListTypes(ResourceTypes& types) {
  ResourceType& type = AddPlainType(types, kPrefixListType, ListAttributes);
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return CreateManagedPrefixList(context, OwnerOf(resource), ReadRequest(properties));
  };
  type.update = [](Context& context, const ResourceContext&, const std::string& id, const Value& properties) {
    return ModifyManagedPrefixList(context, id, ReadRequest(properties));
  };
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    return DeleteManagedPrefixList(context, id);
  };
  types.AddId({IdKind::kPrefixList, "pl-", "prefix list ID", "InvalidPrefixListID.NotFound",
               [](const Model& model, const std::string& id) {
                 return IsOfAws(id) || FindPlain(model, id, kPrefixListType) != nullptr;
               }});
}

}  // namespace nubo::region
