#include "nubo/region/references.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nubo/base/status.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/aliases.h"
#include "nubo/region/dns_config.h"
#include "nubo/stack/placement.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/validate_outputs.h"

namespace nubo::region {
namespace {

using stack::IdKind;
using stack::Value;

constexpr int kTerminated = 48;

// How one kind of id is called, and what AWS says of one that names nothing.
struct Kind {
  IdKind kind;
  // Before the digits; "" for an ARN or a name.
  const char* prefix;
  const char* what;
  const char* code;
};
constexpr Kind kKinds[] = {
    {IdKind::kImage, "", "image id", "InvalidAMIID.NotFound"},
    {IdKind::kInstance, "i-", "instance ID", "InvalidInstanceID.NotFound"},
    {IdKind::kInternetGateway, "igw-", "internetGateway ID", "InvalidInternetGatewayID.NotFound"},
    {IdKind::kLaunchTemplate, "lt-", "launch template", "InvalidLaunchTemplateId.NotFound"},
    {IdKind::kLaunchTemplateName, "", "launch template", "InvalidLaunchTemplateName.NotFoundException"},
    {IdKind::kListener, "", "listener", "ListenerNotFound"},
    {IdKind::kLoadBalancer, "", "load balancer", "LoadBalancerNotFound"},
    {IdKind::kRouteTable, "rtb-", "routeTable ID", "InvalidRouteTableID.NotFound"},
    {IdKind::kSecurityGroup, "sg-", "security group", "InvalidGroup.NotFound"},
    {IdKind::kSubnet, "subnet-", "subnet ID", "InvalidSubnetID.NotFound"},
    {IdKind::kTargetGroup, "", "target group", "TargetGroupNotFound"},
    {IdKind::kVpc, "vpc-", "vpc ID", "InvalidVpcID.NotFound"},
    {IdKind::kHostedZone, "", "hosted zone", "NoSuchHostedZone"},
};

const Kind& KindOf(IdKind kind) {
  return *std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& one) { return one.kind == kind; });
}

bool HasPlain(const Model& model, const std::string& id, absl::string_view type) {
  const v1::PlainState* record = model.plain.Find(id);
  return record != nullptr && record->type() == type;
}

// A VPC's default group is no record of its own: it has the VPC's digits.
bool IsDefaultGroup(const Model& model, absl::string_view id) {
  return absl::ConsumePrefix(&id, "sg-") && model.vpcs.Find(absl::StrCat("vpc-", id)) != nullptr;
}

bool HasTemplateNamed(const Model& model, const std::string& name) {
  return std::any_of(model.launch_templates.begin(), model.launch_templates.end(),
                     [&](const auto& entry) { return entry.second.name() == name; });
}

// An address stands for itself.
bool IsInstance(const Model& model, const std::string& id) {
  const v1::InstanceState* instance = model.instances.Find(id);
  return (instance != nullptr && instance->state_code() != kTerminated) || net::IpAddress::Parse(id).ok();
}

bool Exists(const Model& model, IdKind kind, const std::string& id) {
  switch (kind) {
    case IdKind::kNone:
      return true;
    case IdKind::kImage:
      return FindImage(model, id) != nullptr;
    case IdKind::kInstance:
      return IsInstance(model, id);
    case IdKind::kInternetGateway:
      return HasPlain(model, id, "AWS::EC2::InternetGateway");
    case IdKind::kLaunchTemplate:
      return model.launch_templates.Find(id) != nullptr;
    case IdKind::kLaunchTemplateName:
      return HasTemplateNamed(model, id);
    case IdKind::kListener:
      return model.listeners.Find(id) != nullptr;
    case IdKind::kLoadBalancer:
      return model.load_balancers.Find(id) != nullptr;
    case IdKind::kRouteTable:
      return HasPlain(model, id, "AWS::EC2::RouteTable");
    case IdKind::kSecurityGroup:
      return HasPlain(model, id, "AWS::EC2::SecurityGroup") || IsDefaultGroup(model, id);
    case IdKind::kSubnet:
      return model.subnets.Find(id) != nullptr;
    case IdKind::kTargetGroup:
      return model.target_groups.Find(id) != nullptr;
    case IdKind::kVpc:
      return model.vpcs.Find(id) != nullptr;
    case IdKind::kHostedZone:
      return model.zones.Find(id) != nullptr;
  }
  return true;
}

absl::Status CheckId(const Model& model, IdKind kind, const std::string& id) {
  if (Exists(model, kind, id)) return absl::OkStatus();
  const Kind& known = KindOf(kind);
  if (!absl::StartsWith(id, known.prefix)) {
    // "InvalidSubnetID.NotFound" -> "InvalidSubnetID.Malformed"
    const absl::string_view code = known.code;
    return base::WithErrorCode(
        absl::InvalidArgumentError(absl::StrCat("Invalid id: \"", id, "\" (expecting \"", known.prefix, "...\")")),
        absl::StrCat(code.substr(0, code.find('.')), ".Malformed"));
  }
  const std::string hint =
      kind == IdKind::kImage
          ? absl::StrCat("; register a directory under that name: nubo image import ", id, " DIRECTORY")
          : "";
  return base::WithErrorCode(absl::NotFoundError(absl::StrCat("The ", known.what, " '", id, "' does not exist", hint)),
                             known.code);
}

absl::Status CheckSecrets(const Model& model, const Value& properties) {
  for (const stack::ReferringText& text : stack::ReferringTexts(properties)) {
    for (const stack::DynamicReference& reference : stack::FindDynamicReferences(text.text)) {
      const std::string why = stack::WhyUnresolvable(reference, text.in_user_data);
      if (!why.empty()) {
        return base::WithErrorCode(
            absl::InvalidArgumentError(
                absl::StrCat("the dynamic reference ", stack::Excerpt(reference.text), " cannot be resolved: ", why)),
            "ValidationError");
      }
      if (FindSecret(model, reference) != nullptr) continue;
      return base::WithErrorCode(absl::NotFoundError(absl::StrCat("Secrets Manager can't find the specified secret, ",
                                                                  stack::Excerpt(reference.secret))),
                                 "ResourceNotFoundException");
    }
  }
  return absl::OkStatus();
}

// Whether a record of `table` that is not `owner`'s passes `has_name`.
template <typename Table, typename HasName>
bool Taken(const Table& table, const v1::Owner& owner, HasName has_name) {
  return std::any_of(table.begin(), table.end(), [&](const auto& entry) {
    const v1::Owner& other = entry.second.owner();
    // What a stack has left behind is nobody's, and keeps its name.
    const bool same = !owner.stack_name().empty() && other.stack_name() == owner.stack_name() &&
                      other.logical_id() == owner.logical_id();
    return !same && has_name(entry.second);
  });
}

absl::Status InUse(absl::string_view what, absl::string_view name, absl::string_view code) {
  return base::WithErrorCode(
      absl::AlreadyExistsError(absl::StrCat("there is a ", what, " '", name, "' already; choose another name")), code);
}

// `status` as what is wrong at `at`, with AWS's code.
void AddProblem(const absl::Status& status, stack::Location at, std::vector<stack::Diagnostic>& problems) {
  if (status.ok()) return;
  problems.push_back({at, absl::StrCat(status.message(), " (", base::ErrorCode(status), ")")});
}

// Of ids; what functions stand for is known where the template is looked at by itself.
std::optional<stack::SubnetFacts> FactsOf(const Model& model, const Value& id) {
  const v1::SubnetState* subnet = id.is_scalar() ? model.subnets.Find(id.text()) : nullptr;
  const auto block = net::Prefix::Parse(subnet == nullptr ? "" : subnet->cidr());
  if (!block.ok()) return std::nullopt;
  return stack::SubnetFacts{subnet->id(), *block, subnet->availability_zone()};
}

std::optional<net::Prefix> BlockOf(const Model& model, const Value& id) {
  const v1::VpcState* vpc = id.is_scalar() ? model.vpcs.Find(id.text()) : nullptr;
  const auto block = net::Prefix::Parse(vpc == nullptr ? "" : vpc->cidr());
  return block.ok() ? std::optional<net::Prefix>(*block) : std::nullopt;
}

}  // namespace

const v1::ImageState* FindImage(const Model& model, absl::string_view name) {
  if (const v1::ImageState* image = model.images.Find(name)) return image;
  for (const auto& [id, image] : model.images) {
    if (image.name() == name) return &image;
  }
  return nullptr;
}

const v1::SecretState* FindSecret(const Model& model, const stack::DynamicReference& reference) {
  return model.secrets.Find(reference.secret);
}

absl::Status CheckNamed(const Model& model, const std::string& type, const Value& properties, bool is_new) {
  const stack::Schema* schema = stack::FindSchema(type);
  if (schema == nullptr) return absl::OkStatus();
  for (const stack::NamedId& id : stack::NamedIds(*schema, properties)) {
    const bool may_be_gone = id.kind == IdKind::kInstance && !is_new;
    if (id.value->is_scalar() && !may_be_gone) NUBO_RETURN_IF_ERROR(CheckId(model, id.kind, id.value->text()));
  }
  return CheckSecrets(model, properties);
}

absl::Status CheckNameFree(const Model& model, const v1::Owner& owner, const std::string& type,
                           const Value& properties) {
  const auto given = [&](const char* name) { return properties.Get(name).text(); };
  if (type == "AWS::ElasticLoadBalancingV2::LoadBalancer" && !given("Name").empty()) {
    const std::string name = given("Name");
    const bool taken = Taken(model.load_balancers, owner, [&](const auto& other) { return other.name() == name; });
    return taken ? InUse("load balancer", name, "DuplicateLoadBalancerName") : absl::OkStatus();
  }
  if (type == "AWS::ElasticLoadBalancingV2::TargetGroup" && !given("Name").empty()) {
    const std::string name = given("Name");
    const bool taken = Taken(model.target_groups, owner, [&](const auto& other) { return other.name() == name; });
    return taken ? InUse("target group", name, "DuplicateTargetGroupName") : absl::OkStatus();
  }
  if (type == "AWS::AutoScaling::AutoScalingGroup" && !given("AutoScalingGroupName").empty()) {
    const std::string name = given("AutoScalingGroupName");
    const bool taken = Taken(model.groups, owner, [&](const auto& other) { return other.name() == name; });
    return taken ? InUse("group", name, "AlreadyExists") : absl::OkStatus();
  }
  if (type == "AWS::EC2::LaunchTemplate" && !given("LaunchTemplateName").empty()) {
    const std::string name = given("LaunchTemplateName");
    const bool taken = Taken(model.launch_templates, owner, [&](const auto& other) { return other.name() == name; });
    return taken ? InUse("launch template", name, "InvalidLaunchTemplateName.AlreadyExistsException")
                 : absl::OkStatus();
  }
  if (type == "AWS::EC2::SecurityGroup" && !given("GroupName").empty()) {
    const std::string name = given("GroupName");
    const std::string vpc = given("VpcId");
    const bool taken = Taken(model.plain, owner, [&](const auto& other) {
      return other.type() == type && other.group_name() == name && other.vpc_id() == vpc;
    });
    return taken ? InUse("security group", name, "InvalidGroup.Duplicate") : absl::OkStatus();
  }
  if (type == "AWS::EC2::VPCGatewayAttachment" && properties.Has("InternetGatewayId") && !given("VpcId").empty()) {
    const std::string vpc = given("VpcId");
    const bool taken =
        Taken(model.plain, owner, [&](const auto& other) { return other.type() == type && other.vpc_id() == vpc; });
    if (!taken) return absl::OkStatus();
    return base::WithErrorCode(
        absl::AlreadyExistsError(absl::StrCat("Network ", vpc, " already has an internet gateway attached")),
        "InvalidParameterValue");
  }
  if (type == "AWS::RDS::DBInstance" && !given("DBInstanceIdentifier").empty()) {
    const std::string name = absl::AsciiStrToLower(given("DBInstanceIdentifier"));
    const bool taken = Taken(model.databases, owner, [&](const auto& other) { return other.id() == name; });
    return taken ? InUse("DB instance", name, "DBInstanceAlreadyExists") : absl::OkStatus();
  }
  if (type == "AWS::Route53::HostedZone") {
    const std::string name = absl::AsciiStrToLower(absl::StripSuffix(given("Name"), "."));
    const bool taken =
        IsManagedZone(name) || Taken(model.zones, owner, [&](const auto& other) { return other.name() == name; });
    return taken ? InUse("hosted zone", name, "HostedZoneAlreadyExists") : absl::OkStatus();
  }
  return absl::OkStatus();
}

std::vector<stack::Diagnostic> CheckAgainstRegion(const Model& model, const std::set<std::string>& images,
                                                  const std::string& stack_name,
                                                  const std::vector<stack::KnownResource>& resources) {
  std::vector<stack::Diagnostic> problems;
  for (const stack::KnownResource& known : resources) {
    const std::string& type = known.resource->type;
    for (const stack::NamedId& id : stack::NamedIds(*stack::FindSchema(type), known.properties)) {
      if (!id.value->is_scalar() || (id.kind == IdKind::kImage && images.count(id.value->text()) != 0)) continue;
      // The name of a launch template may be that of one which the same stack makes.
      const bool made_here = id.kind == IdKind::kLaunchTemplateName &&
                             std::any_of(resources.begin(), resources.end(), [&](const stack::KnownResource& other) {
                               return other.properties.Get("LaunchTemplateName").text() == id.value->text();
                             });
      if (!made_here) AddProblem(CheckId(model, id.kind, id.value->text()), id.value->location(), problems);
    }
    for (const stack::ReferringText& text : stack::ReferringTexts(known.properties)) {
      for (const stack::DynamicReference& reference : stack::FindDynamicReferences(text.text)) {
        // What is not known yet, and what nothing could resolve, is told elsewhere.
        const bool open = text.in_function || !stack::WhyUnresolvable(reference, text.in_user_data).empty();
        if (open || FindSecret(model, reference) != nullptr) continue;
        problems.push_back(
            {text.location, absl::StrCat("Secrets Manager can't find the specified secret, ",
                                         stack::Excerpt(reference.secret), " (ResourceNotFoundException)")});
      }
    }
    v1::Owner owner;
    owner.set_stack_name(stack_name);
    owner.set_logical_id(known.resource->logical_id);
    AddProblem(CheckNameFree(model, owner, type, known.properties), known.properties.location(), problems);
  }
  CheckAliases(model, stack_name, resources, problems);
  stack::CheckPlacement(resources, [&](const Value& subnet) { return FactsOf(model, subnet); }, problems);
  stack::CheckAddressTargets(resources, [&](const Value& vpc) { return BlockOf(model, vpc); }, problems);
  return problems;
}

void CheckExports(const Model& model, const std::string& stack_name, const Prepared& prepared,
                  std::vector<stack::Diagnostic>& problems) {
  const std::vector<stack::NamedExport> exports = stack::NamedExports(prepared.parsed, prepared.bindings);
  if (exports.empty()) return;
  std::map<std::string, std::string> taken;
  for (const auto& [name, record] : model.stacks) {
    // What was rolled back exports nothing.
    const absl::string_view status = record.status();
    const bool gone = status == "CREATE_FAILED" || absl::StartsWith(status, "ROLLBACK_");
    if (name == stack_name || gone) continue;
    const absl::StatusOr<Prepared> other = Prepare(record);
    if (!other.ok()) continue;
    for (const stack::NamedExport& one : stack::NamedExports(other->parsed, other->bindings)) taken[one.name] = name;
  }
  for (const stack::NamedExport& one : exports) {
    const auto other = taken.find(one.name);
    if (other == taken.end()) continue;
    problems.push_back({one.location, absl::StrCat("Export with name ", one.name, " is already exported by stack ",
                                                   other->second, " (ValidationError)")});
  }
}

}  // namespace nubo::region
