// Stacks: their creation, update, deletion and progress, over stack::Executor.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_STACKS_STACKS_H_
#define NUBO_REGION_STACKS_STACKS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/cloudformation/v1/cloudformation.pb.h"
#include "nubo/region/resources/handlers.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

struct StackRequest {
  std::string name;
  std::string body;
  std::string template_name;
  std::map<std::string, std::string> parameters;
  // Where the template lies; only kept.
  std::string template_path = {};
  // Of a plan: names of images that will be registered before the stack is made.
  std::set<std::string> images = {};
};

struct StackAnswer {
  std::string id;
  bool unchanged = false;
};

// INVALID_ARGUMENT: a bad name, template or parameter. FAILED_PRECONDITION: another stack has the name.
absl::StatusOr<StackAnswer> CreateStack(Context& context, const StackRequest& request);
// `unchanged`: nothing differs. INVALID_ARGUMENT: a bad template or parameter. NOT_FOUND: no such stack.
// FAILED_PRECONDITION: its state does not allow it, or something would have to be replaced and cannot be.
absl::StatusOr<StackAnswer> UpdateStack(Context& context, const StackRequest& request);
// What CreateStack() or UpdateStack() would do. Errors as theirs.
absl::StatusOr<cloudformation::v1::DescribeChangeSetResponse> DescribeChangeSet(const Context& context,
                                                                                const StackRequest& request);
// The same where there is no region, and so no stack. `types`: those of the region that will be (loop/catalog.h).
absl::StatusOr<cloudformation::v1::DescribeChangeSetResponse> DescribeCreation(const ResourceTypes& types,
                                                                               const StackRequest& request);
// NOT_FOUND: no such stack. Idempotent while it is being deleted.
absl::Status DeleteStack(Context& context, const std::string& name, bool delete_data);

// Takes every stack as far as it will go now. True if anything changed.
bool TickStacks(Context& context, Handlers& handlers);

// What the stack still waits for before it is ready; empty when it is.
std::vector<std::string> WaitingFor(const Context& context, const v1::StackState& stack);
// Why the stack will not be ready by waiting: an instance that nobody replaces is gone, or those of a group end as soon
// as they are launched. All empty if nothing is known.
struct Failing {
  std::string what;
  std::string instance_id;
};
Failing WhatFails(const Context& context, const v1::StackState& stack);
// Where a browser on this machine finds the stack's public names.
std::vector<std::string> UrlsOf(const Context& context, const v1::StackState& stack);

struct ShownOutput {
  std::string key;
  std::string value;
  std::string description;
};
std::vector<ShownOutput> OutputsOf(const Context& context, const v1::StackState& stack);
// NoEcho parameters are masked.
std::map<std::string, std::string> ParametersOf(const Context& context, const v1::StackState& stack);

}  // namespace nubo::region

#endif  // NUBO_REGION_STACKS_STACKS_H_
