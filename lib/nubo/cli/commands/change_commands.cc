// The verbs that change one thing: terminate, stop, start, reboot, set-desired, image import.
#include "nubo/cli/commands/commands.h"

#include <algorithm>
#include <functional>
#include <map>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/cli/client/client.h"
#include "nubo/cli/client/images.h"
#include "nubo/cli/output/progress.h"
#include "nubo/cli/output/yaml_text.h"
#include "nubo/region/resources/list_filters.h"

namespace nubo::cli {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(200);

// Asks `missing` again and again until there is nothing of which it says that it is still waited for.
absl::Status Await(const std::function<absl::StatusOr<std::string>()>& missing, absl::Duration timeout,
                   Context& context) {
  const absl::Time deadline = context.clock.Now() + timeout;
  while (true) {
    NUBO_ASSIGN_OR_RETURN(const std::string what, missing());
    if (what.empty()) return absl::OkStatus();
    if (context.interrupted.load()) {
      return absl::CancelledError(absl::StrCat("interrupted; the region goes on, and still waits for ", what));
    }
    if (context.clock.Now() >= deadline) {
      return absl::DeadlineExceededError(
          absl::StrCat("not done after ", absl::FormatDuration(timeout), "; it still waits for ", what));
    }
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(kPoll));
  }
}

template <typename Answer>
absl::Status PrintAnswer(const Answer& answer, Format format, Context& context) {
  NUBO_ASSIGN_OR_RETURN(const std::string text, Text(answer, format));
  context.out << text;
  context.out.flush();
  return absl::OkStatus();
}

using Instances = std::map<std::string, ec2::v1::Instance>;

// Those of `ids` that the region knows.
absl::StatusOr<Instances> InstancesById(const Client& client, const std::vector<std::string>& ids) {
  Instances instances;
  for (size_t first = 0; first < ids.size(); first += region::kFilterValuesMax) {
    const size_t end = std::min<size_t>(ids.size(), first + region::kFilterValuesMax);
    ec2::v1::DescribeInstancesRequest request;
    AddFilter(request, "instance-id", std::vector<std::string>(ids.begin() + first, ids.begin() + end));
    NUBO_ASSIGN_OR_RETURN(const auto answer,
                          client.List(client.ec2(), &Ec2::StubInterface::DescribeInstances, request));
    for (const auto& instance : answer.instances()) instances[instance.instance_id()] = instance;
  }
  return instances;
}

// Those of `ids` that are not terminated yet; one that the region has forgotten is.
absl::StatusOr<std::string> NotTerminated(const Client& client, const std::vector<std::string>& ids) {
  NUBO_ASSIGN_OR_RETURN(const Instances instances, InstancesById(client, ids));
  std::vector<std::string> left;
  for (const auto& [id, instance] : instances) {
    if (instance.state() != "terminated") left.push_back(absl::StrCat(id, ", which is ", instance.state()));
  }
  return absl::StrJoin(left, "; ");
}

// The ids that `asked` stand for; what is meant as an id is the region's to judge.
absl::StatusOr<std::vector<std::string>> InstanceIds(const Client& client, const std::vector<std::string>& asked) {
  std::vector<std::string> ids;
  for (const std::string& one : asked) {
    ids.push_back(one);
    if (absl::StartsWith(one, "i-")) continue;
    NUBO_ASSIGN_OR_RETURN(ids.back(), client.PhysicalId(one));
  }
  return ids;
}

template <typename Changes>
void PrintChanges(const Changes& changes, Context& context) {
  for (const ec2::v1::InstanceStateChange& change : changes) {
    context.out << change.instance_id() << ": " << change.previous_state() << " -> " << change.current_state();
    if (!change.replaced_by_group().empty()) {
      context.out << "; belongs to group " << change.replaced_by_group() << ", which will replace it";
    }
    context.out << "\n";
  }
  context.out.flush();
}

// Those of `ids` that are not stopped yet. One that its group ends instead is stopped for good.
absl::StatusOr<std::string> NotStopped(const Client& client, const std::vector<std::string>& ids) {
  NUBO_ASSIGN_OR_RETURN(const Instances instances, InstancesById(client, ids));
  std::vector<std::string> left;
  for (const auto& [id, instance] : instances) {
    const std::string& state = instance.state();
    if (state != "stopped" && state != "terminated") left.push_back(absl::StrCat(id, ", which is ", state));
  }
  return absl::StrJoin(left, "; ");
}

// Those of `ids` that do not run yet, or still as the process that they were `before`. ABORTED: one never will.
absl::StatusOr<std::string> NotRunning(const Client& client, const std::vector<std::string>& ids,
                                       const Instances& before) {
  NUBO_ASSIGN_OR_RETURN(const Instances instances, InstancesById(client, ids));
  std::vector<std::string> left;
  for (const std::string& id : ids) {
    const auto found = instances.find(id);
    if (found == instances.end()) return absl::AbortedError(absl::StrCat(id, " is gone"));
    const ec2::v1::Instance& instance = found->second;
    if (instance.state() != "running" && instance.state() != "pending") {
      return absl::AbortedError(
          absl::StrCat(id, " does not run: it is ", instance.state(), ": ", instance.state_reason().message()));
    }
    const auto former = before.find(id);
    const bool same = former != before.end() && former->second.pid() == instance.pid();
    if (instance.state() != "running" || same) {
      left.push_back(absl::StrCat(id, ", which ", same ? "has not ended yet" : "is pending"));
    }
  }
  return absl::StrJoin(left, "; ");
}

// What StopInstances, StartInstances and RebootInstances are asked and answer differs in its type alone.
template <typename Request, typename Response>
absl::StatusOr<Response> CallOf(const Client& client, const std::vector<std::string>& ids,
                                grpc::Status (Ec2::StubInterface::*method)(grpc::ClientContext*, const Request&,
                                                                           Response*),
                                Request request = {}) {
  for (const std::string& id : ids) request.add_instance_ids(id);
  return client.Call(client.ec2(), method, request);
}

// Those of `ids` that are still there.
absl::StatusOr<std::string> StillRetained(const Client& client, const std::vector<std::string>& ids) {
  cloudformation::v1::DescribeStackResourcesRequest of_no_stack;
  AddFilter(of_no_stack, region::kStackNameFilter, {""});
  NUBO_ASSIGN_OR_RETURN(
      const auto answer,
      client.List(client.cloudformation(), &CloudFormation::StubInterface::DescribeStackResources, of_no_stack));
  std::vector<std::string> left;
  for (const auto& resource : answer.resources()) {
    const bool asked = std::find(ids.begin(), ids.end(), resource.physical_id()) != ids.end();
    if (!asked || !IsRetained(resource)) continue;
    if (resource.status() == "DELETE_FAILED") {
      return absl::AbortedError(
          absl::StrCat(resource.physical_id(), " could not be deleted: ", resource.status_reason()));
    }
    left.push_back(resource.physical_id());
  }
  return absl::StrJoin(left, ", ");
}

// `asked` may be STACK/LOGICAL-ID; what fits no group is left to the region to refuse.
absl::StatusOr<std::string> GroupName(const Client& client, const std::string& asked) {
  if (!absl::StrContains(asked, '/')) return asked;
  autoscaling::v1::DescribeAutoScalingGroupsRequest request;
  AddFilter(request, region::kLogicalIdFilter, {asked});
  NUBO_ASSIGN_OR_RETURN(
      const auto answer,
      client.List(client.autoscaling(), &AutoScaling::StubInterface::DescribeAutoScalingGroups, request));
  return answer.groups().empty() ? asked : answer.groups(0).auto_scaling_group_name();
}

// "" once the group has `desired` instances in service and no other.
absl::StatusOr<std::string> NotSettled(const Client& client, const std::string& name, int desired) {
  autoscaling::v1::DescribeAutoScalingGroupsRequest request;
  request.add_auto_scaling_group_names(name);
  NUBO_ASSIGN_OR_RETURN(
      const auto answer,
      client.List(client.autoscaling(), &AutoScaling::StubInterface::DescribeAutoScalingGroups, request));
  for (const auto& group : answer.groups()) {
    if (group.desired_capacity() != desired) {
      return absl::AbortedError(
          absl::StrCat("group ", name, " was meanwhile told to have ", group.desired_capacity(), " instances"));
    }
    const auto in_service =
        std::count_if(group.instances().begin(), group.instances().end(),
                      [](const autoscaling::v1::GroupInstance& i) { return i.lifecycle_state() == "InService"; });
    if (in_service == desired && group.instances_size() == desired) return "";
    return absl::StrCat(in_service, " of ", desired, " in service, ", group.instances_size(), " in all",
                        group.status_reason().empty() ? "" : "; ", group.status_reason());
  }
  return absl::NotFoundError(absl::StrCat("group ", name, " was deleted meanwhile"));
}

}  // namespace

absl::Status Terminate(const TerminateOptions& options, Context& context) {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(options.state_dir));
  ec2::v1::TerminateInstancesRequest request;
  NUBO_ASSIGN_OR_RETURN(const std::vector<std::string> ids, InstanceIds(*client, options.ids));
  for (const std::string& id : ids) request.add_instance_ids(id);
  NUBO_ASSIGN_OR_RETURN(const auto answer,
                        client->Call(client->ec2(), &Ec2::StubInterface::TerminateInstances, request));
  if (options.format != Format::kTable) {
    NUBO_RETURN_IF_ERROR(PrintAnswer(answer, options.format, context));
  } else {
    PrintChanges(answer.terminating_instances(), context);
  }
  if (!options.wait) return absl::OkStatus();
  return Await([&] { return NotTerminated(*client, ids); }, options.timeout, context);
}

absl::Status CallInstances(const InstanceCallOptions& options, Context& context) {
  using Call = InstanceCallOptions::Call;
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(options.state_dir));
  NUBO_ASSIGN_OR_RETURN(const std::vector<std::string> ids, InstanceIds(*client, options.ids));
  const bool table = options.format == Format::kTable;
  // Whose processes must be others before they are rebooted.
  Instances before;
  if (options.call == Call::kStop) {
    ec2::v1::StopInstancesRequest request;
    request.set_force(options.force);
    NUBO_ASSIGN_OR_RETURN(const auto answer, CallOf(*client, ids, &Ec2::StubInterface::StopInstances, request));
    if (table) PrintChanges(answer.stopping_instances(), context);
    if (!table) NUBO_RETURN_IF_ERROR(PrintAnswer(answer, options.format, context));
  } else if (options.call == Call::kStart) {
    NUBO_ASSIGN_OR_RETURN(const auto answer, CallOf(*client, ids, &Ec2::StubInterface::StartInstances));
    if (table) PrintChanges(answer.starting_instances(), context);
    if (!table) NUBO_RETURN_IF_ERROR(PrintAnswer(answer, options.format, context));
  } else {
    NUBO_ASSIGN_OR_RETURN(before, InstancesById(*client, ids));
    NUBO_ASSIGN_OR_RETURN(const auto answer, CallOf(*client, ids, &Ec2::StubInterface::RebootInstances));
    for (size_t i = 0; table && i < ids.size(); ++i) context.out << ids[i] << ": rebooting\n";
    if (!table) NUBO_RETURN_IF_ERROR(PrintAnswer(answer, options.format, context));
    context.out.flush();
  }
  if (!options.wait) return absl::OkStatus();
  if (options.call == Call::kStop) {
    return Await([&] { return NotStopped(*client, ids); }, options.timeout, context);
  }
  return Await([&] { return NotRunning(*client, ids, before); }, options.timeout, context);
}

absl::Status Delete(const DeleteOptions& options, Context& context) {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(options.state_dir));
  std::vector<std::string> begun;
  for (const std::string& id : options.ids) {
    region::v1::DeleteRetainedRequest request;
    request.set_id(id);
    NUBO_ASSIGN_OR_RETURN(const auto answer,
                          client->Call(client->region(), &Region::StubInterface::DeleteRetained, request));
    for (const std::string& one : answer.ids()) {
      context.out << one << ": DELETE_IN_PROGRESS\n";
      begun.push_back(one);
    }
  }
  context.out.flush();
  if (!options.wait) return absl::OkStatus();
  return Await([&] { return StillRetained(*client, begun); }, options.timeout, context);
}

absl::Status Protect(const ProtectOptions& options, Context& context) {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(options.state_dir));
  for (const std::string& name : options.ids) {
    NUBO_ASSIGN_OR_RETURN(const std::string id, client->PhysicalId(name));
    region::v1::SetProtectionRequest request;
    request.set_id(id);
    request.set_on(!options.off);
    request.set_scale_in(options.scale_in);
    NUBO_RETURN_IF_ERROR(client->Call(client->region(), &Region::StubInterface::SetProtection, request).status());
    context.out << id << ": " << (options.off ? "not " : "") << "protected"
                << (options.scale_in ? " from scale-in" : "") << "\n";
  }
  context.out.flush();
  return absl::OkStatus();
}

absl::Status SetDesired(const SetDesiredOptions& options, Context& context) {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(options.state_dir));
  NUBO_ASSIGN_OR_RETURN(const std::string name, GroupName(*client, options.group));
  autoscaling::v1::SetDesiredCapacityRequest request;
  request.set_auto_scaling_group_name(name);
  request.set_desired_capacity(options.desired);
  NUBO_ASSIGN_OR_RETURN(const auto answer,
                        client->Call(client->autoscaling(), &AutoScaling::StubInterface::SetDesiredCapacity, request));
  if (options.format != Format::kTable) {
    NUBO_RETURN_IF_ERROR(PrintAnswer(answer, options.format, context));
  } else {
    context.out << name << ": " << answer.former_desired_capacity() << " -> " << options.desired << "\n";
    context.out.flush();
  }
  if (!options.wait) return absl::OkStatus();
  return Await([&] { return NotSettled(*client, name, options.desired); }, options.timeout, context);
}

absl::Status ImportImage(const ImageImportOptions& options, Context& context) {
  NUBO_RETURN_IF_ERROR(CheckImageDirectory(options.image));
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(options.state_dir));
  NUBO_ASSIGN_OR_RETURN(const auto answer, SendImage(*client, options.image));
  if (options.format != Format::kTable) return PrintAnswer(answer, options.format, context);
  context.out << answer.image().image_id() << "\n";
  return absl::OkStatus();
}

}  // namespace nubo::cli
