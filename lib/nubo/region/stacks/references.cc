#include "nubo/region/stacks/references.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nubo/base/status.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/dns/aliases.h"
#include "nubo/region/resources/ids.h"
#include "nubo/stack/placement.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/validate_outputs.h"

namespace nubo::region {
namespace {

using stack::IdKind;
using stack::Value;

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

std::vector<stack::Diagnostic> CheckAgainstRegion(const ResourceTypes& types, const Model& model,
                                                  const std::set<std::string>& images, const std::string& stack_name,
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
      if (!made_here) AddProblem(CheckId(types, model, id.kind, id.value->text()), id.value->location(), problems);
    }
    for (const stack::ReferringText& text : stack::ReferringTexts(known.properties)) {
      for (const stack::DynamicReference& reference : stack::FindDynamicReferences(text.text)) {
        // What is not known yet, and what nothing could resolve, is told elsewhere.
        const bool open = text.in_function || !stack::WhyUnresolvable(reference, text.in_user_data).empty();
        if (open || model.secrets.Find(reference.secret) != nullptr) continue;
        problems.push_back(
            {text.location, absl::StrCat("Secrets Manager can't find the specified secret, ",
                                         stack::Excerpt(reference.secret), " (ResourceNotFoundException)")});
      }
    }
    v1::Owner owner;
    owner.set_stack_name(stack_name);
    owner.set_logical_id(known.resource->logical_id);
    const ResourceType* row = types.Find(type);
    if (row == nullptr || !row->check_name) continue;
    AddProblem(row->check_name(model, owner, known.properties), known.properties.location(), problems);
  }
  CheckAliases(model, stack_name, resources, problems);
  stack::CheckPlacement(resources, [&](const Value& subnet) { return FactsOf(model, subnet); }, problems);
  stack::CheckAddressTargets(resources, [&](const Value& vpc) { return BlockOf(model, vpc); }, problems);
  return problems;
}

void CheckExports(const Model& model, PreparedTemplates& templates, const std::string& stack_name,
                  const Prepared& prepared, std::vector<stack::Diagnostic>& problems) {
  const std::vector<stack::NamedExport> exports = stack::NamedExports(prepared.parsed, prepared.bindings);
  if (exports.empty()) return;
  std::map<std::string, std::string> taken;
  for (const auto& [name, record] : model.stacks) {
    // What was rolled back exports nothing.
    const absl::string_view status = record.status();
    const bool gone = status == "CREATE_FAILED" || absl::StartsWith(status, "ROLLBACK_");
    if (name == stack_name || gone) continue;
    const auto other = templates.Of(record);
    if (!other.ok()) continue;
    const Prepared& theirs = **other;
    for (const stack::NamedExport& one : stack::NamedExports(theirs.parsed, theirs.bindings)) taken[one.name] = name;
  }
  for (const stack::NamedExport& one : exports) {
    const auto other = taken.find(one.name);
    if (other == taken.end()) continue;
    problems.push_back({one.location, absl::StrCat("Export with name ", one.name, " is already exported by stack ",
                                                   other->second, " (ValidationError)")});
  }
}

}  // namespace nubo::region
