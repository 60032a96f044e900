#include "nubo/cli/args/foreign_words.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace nubo::cli {
namespace {

struct Word {
  absl::string_view theirs;
  absl::string_view ours;
};

constexpr Word kVerbs[] = {
    {"apply", "nubo up TEMPLATE"},
    {"attach", "nubo exec ID -- sh"},
    {"create", "nubo up TEMPLATE"},
    {"create-change-set", "nubo plan TEMPLATE"},
    {"create-stack", "nubo up TEMPLATE --name STACK"},
    {"delete-stack", "nubo down --name STACK"},
    {"deploy", "nubo up TEMPLATE --name STACK"},
    {"describe-auto-scaling-groups", "nubo get groups"},
    {"describe-change-set", "nubo plan TEMPLATE"},
    {"describe-db-instances", "nubo get databases"},
    {"describe-images", "nubo get images"},
    {"describe-instances", "nubo get instances"},
    {"describe-load-balancers", "nubo get load-balancers"},
    {"describe-stack-events", "nubo events"},
    {"describe-stack-resources", "nubo get resources"},
    {"describe-stacks", "nubo get stacks"},
    {"describe-subnets", "nubo get subnets"},
    {"describe-target-groups", "nubo get target-groups"},
    {"describe-target-health", "nubo get targets"},
    {"describe-vpcs", "nubo get vpcs"},
    {"destroy", "nubo down"},
    {"diff", "nubo plan TEMPLATE"},
    {"get-console-output", "nubo logs ID"},
    {"import-image", "nubo image import NAME DIR"},
    {"list", "nubo get KIND"},
    {"list-hosted-zones", "nubo get zones"},
    {"list-resource-record-sets", "nubo get records"},
    {"list-stack-resources", "nubo get resources"},
    {"list-stacks", "nubo get stacks"},
    {"ls", "nubo get KIND"},
    {"modify-instance-attribute", "nubo protect ID"},
    {"preview", "nubo plan TEMPLATE"},
    {"ps", "nubo get instances"},
    {"reboot-instances", "nubo reboot ID"},
    {"register-image", "nubo image import NAME DIR"},
    {"restart", "nubo reboot ID"},
    {"rm", "nubo down --name STACK"},
    {"scale", "nubo set-desired GROUP NUMBER"},
    {"set-desired-capacity", "nubo set-desired GROUP NUMBER"},
    {"set-instance-protection", "nubo protect ID --scale-in"},
    {"ssh", "nubo exec ID -- sh"},
    {"start-instances", "nubo start ID"},
    {"start-session", "nubo exec ID -- sh"},
    {"stop-instances", "nubo stop ID"},
    {"tail", "nubo logs ID -f"},
    {"terminate-instance-in-auto-scaling-group", "nubo terminate ID"},
    {"terminate-instances", "nubo terminate ID"},
    {"update-stack", "nubo up TEMPLATE --name STACK"},
    {"validate", "nubo plan TEMPLATE"},
    {"validate-template", "nubo plan TEMPLATE"},
};

constexpr Word kKinds[] = {
    {"albs", "load-balancers"},
    {"amis", "images"},
    {"asgs", "groups"},
    {"auto-scaling-groups", "groups"},
    {"autoscaling-groups", "groups"},
    {"balancers", "load-balancers"},
    {"cloudformation", "stacks"},
    {"db-instances", "databases"},
    {"dbs", "databases"},
    {"ec2s", "instances"},
    {"elbs", "load-balancers"},
    {"elbv2s", "load-balancers"},
    {"hosted-zones", "zones"},
    {"lbs", "load-balancers"},
    {"pods", "instances"},
    {"rdss", "databases"},
    {"record-sets", "records"},
    {"resource-record-sets", "records"},
    {"stack-events", "events"},
    {"stack-resources", "resources"},
    {"target-health", "targets"},
    {"tgs", "target-groups"},
};

// Ours are an option, or else advice.
constexpr Word kOptions[] = {
    {"--auto-scaling-group-name", "the group is a word without an option before it"},
    {"--db-instance-identifier", "the id is a word without an option before it"},
    {"--desired-capacity", "the number is a word without an option before it"},
    {"--file", "the template is a word without an option before it"},
    {"--filter", "pipe -o json through jq"},
    {"--filters", "--filter"},
    {"--instance-id", "the id is a word without an option before it"},
    {"--instance-ids", "ids are words without an option before them"},
    {"--lines", "pipe it through tail"},
    {"--parameter-overrides", "--param"},
    {"--parameters", "--param"},
    {"--profile", "a region belongs to who runs it"},
    {"--query", "pipe -o json through jq"},
    {"--region", "a region is its directory: --state"},
    {"--since-time", "--since"},
    {"--stack", "--name"},
    {"--stack-name", "--name"},
    {"--tail", "pipe it through tail"},
    {"--template", "the template is a word without an option before it"},
    {"--template-body", "the template is a word without an option before it"},
    {"--template-file", "the template is a word without an option before it"},
    {"--template-url", "the template is a file, and a word without an option before it"},
    {"--var", "--param"},
    {"-f", "the template is a word without an option before it"},
    {"-n", "pipe it through tail"},
};

template <size_t kCount>
absl::string_view Find(const Word (&words)[kCount], absl::string_view word) {
  const Word* found =
      std::find_if(std::begin(words), std::end(words), [&](const Word& other) { return other.theirs == word; });
  return found == std::end(words) ? "" : found->ours;
}

}  // namespace

std::string ForeignVerb(absl::string_view verb) { return std::string(Find(kVerbs, verb)); }

std::string ForeignKind(absl::string_view kind) {
  const absl::string_view found = Find(kKinds, kind);
  return std::string(found.empty() ? Find(kKinds, absl::StrCat(kind, "s")) : found);
}

std::string ForeignOption(absl::string_view name, const std::vector<std::string>& ours) {
  const std::string found(Find(kOptions, name));
  if (found.empty() || found[0] != '-') return found;
  const bool has = std::find(ours.begin(), ours.end(), found) != ours.end();
  return has ? absl::StrCat("did you mean ", found, "?") : "";
}

}  // namespace nubo::cli
