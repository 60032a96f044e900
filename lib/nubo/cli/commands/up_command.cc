#include "nubo/cli/commands/commands.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/cli/client/client.h"
#include "nubo/cli/client/images.h"
#include "nubo/cli/client/last_lines.h"
#include "nubo/cli/commands/shut_down.h"
#include "nubo/cli/commands/stack_watch.h"
#include "nubo/cli/commands/template_file.h"
#include "nubo/cli/output/output.h"
#include "nubo/cli/output/plan_text.h"
#include "nubo/cli/output/progress.h"
#include "nubo/cli/output/yaml_text.h"
#include "nubo/region/resources/list_filters.h"

namespace nubo::cli {
namespace {

using cloudformation::v1::CreateStackRequest;
using cloudformation::v1::DescribeChangeSetRequest;
using cloudformation::v1::UpdateStackRequest;

// A usage error if something was asked for that the running region has otherwise.
absl::Status CheckSame(absl::string_view option, const std::string& asked, const std::string& running) {
  if (asked == running) return absl::OkStatus();
  return UsageError(absl::StrCat("the region that is running has ", option, " ", running, ", not ", asked, "; leave ",
                                 option, " out, or take the region down first: nubo down"));
}

absl::Status CheckSame(absl::string_view option, const std::optional<net::SocketAddress>& asked,
                       const std::string& running) {
  // Port 0 is any port.
  if (!asked.has_value() || asked->port == 0) return absl::OkStatus();
  return CheckSame(option, asked->ToString(), running);
}

class UpRun {
 public:
  UpRun(const UpOptions& options, Context& context)
      : options_(options),
        context_(context),
        progress_(options.format == Format::kTable ? context.out : context.err),
        start_(context.clock.Now()) {}

  absl::Status Run() {
    NUBO_ASSIGN_OR_RETURN(template_, ReadTemplate(options_.template_path, options_.template_name));
    NUBO_ASSIGN_OR_RETURN(images_, AllImages(options_.images, options_.default_images_dir));
    NUBO_RETURN_IF_ERROR(EnsureRegion());
    if (absl::Status status = Create(); !status.ok()) {
      StopIfUseless();
      return status;
    }
    NUBO_RETURN_IF_ERROR(AwaitReady());
    NUBO_RETURN_IF_ERROR(NameFormerTemplates());
    return options_.follow ? Follow() : absl::OkStatus();
  }

 private:
  template <typename Request, typename Method>
  auto Send(Method method, Request request = {}) {
    request.set_stack_name(options_.stack_name);
    request.set_template_body(template_);
    request.set_template_name(options_.template_name);
    request.set_template_path(options_.template_path);
    for (const auto& [key, value] : options_.parameters) {
      auto* parameter = request.add_parameters();
      parameter->set_key(key);
      parameter->set_value(value);
    }
    return client_->Call(client_->cloudformation(), method, request);
  }

  absl::Status EnsureRegion() {
    absl::StatusOr<std::unique_ptr<Client>> running = Client::Connect(options_.state_dir);
    if (absl::IsUnavailable(running.status())) {
      const absl::Status launched = Launch();
      running = Client::Connect(options_.state_dir);
      // Somebody else may have started it meanwhile; then all is well.
      if (!launched.ok() && !running.ok()) return launched;
      launched_ = launched.ok();
    }
    NUBO_RETURN_IF_ERROR(running.status());
    client_ = *std::move(running);
    // One that was just started may go on with the addresses of a former one that was not taken down.
    return CheckAsAsked();
  }

  absl::Status Launch() {
    LaunchOptions launch;
    launch.state_dir = options_.state_dir;
    if (options_.http_address.has_value()) launch.http_address = *options_.http_address;
    if (options_.dns_address.has_value()) launch.dns_address = *options_.dns_address;
    if (options_.fabric.has_value()) launch.fabric = *options_.fabric;
    launch.allow_unisolated = options_.allow_unisolated;
    return context_.launcher.Launch(launch);
  }

  absl::Status CheckAsAsked() {
    const bool asked = options_.http_address || options_.dns_address || options_.fabric || options_.allow_unisolated;
    if (!asked) return absl::OkStatus();
    NUBO_ASSIGN_OR_RETURN(const auto status, client_->Call(client_->region(), &Region::StubInterface::GetStatus, {}));
    NUBO_RETURN_IF_ERROR(CheckSame("--http-address", options_.http_address, status.http_address()));
    NUBO_RETURN_IF_ERROR(CheckSame("--dns-address", options_.dns_address, status.dns_address()));
    if (options_.allow_unisolated && !status.allow_unisolated()) {
      return UsageError(
          "the region that is running isolates its instances; leave --allow-unisolated out, or take the region down "
          "first: nubo down");
    }
    return options_.fabric ? CheckSame("--fabric", *options_.fabric, status.fabric()) : absl::OkStatus();
  }

  absl::Status Create() {
    NUBO_ASSIGN_OR_RETURN(watch_, StackWatch::Start(*client_, context_, options_.stack_name, progress_));
    NUBO_ASSIGN_OR_RETURN(const std::optional<Stack> present, ClearFailed());
    bool unchanged = false;
    // One on its way in or out is not updated: either it is what is asked for, or the region says why that has to wait.
    const bool moving =
        present.has_value() && (present->stack_status() == "CREATE_IN_PROGRESS" ||
                                PhaseOf(*present) == Phase::kRollingBack || PhaseOf(*present) == Phase::kDeleting);
    // Before anything is taken over, images included.
    if (present.has_value() && !moving) NUBO_RETURN_IF_ERROR(Confirm(*present));
    NUBO_RETURN_IF_ERROR(SendImages());
    if (present.has_value() && !moving) {
      NUBO_ASSIGN_OR_RETURN(const auto answer, Send<UpdateStackRequest>(&CloudFormation::StubInterface::UpdateStack));
      unchanged = answer.unchanged();
      updating_ = !unchanged || present->stack_status() == "UPDATE_IN_PROGRESS";
    } else {
      NUBO_ASSIGN_OR_RETURN(const auto answer, Send<CreateStackRequest>(&CloudFormation::StubInterface::CreateStack));
      unchanged = answer.unchanged();
    }
    if (unchanged) {
      progress_ << "nothing to do: stack " << options_.stack_name << " is as " << options_.template_name
                << " says. No updates are to be performed.\n";
      NUBO_RETURN_IF_ERROR(NameFormerImages());
    }
    progress_.flush();
    return absl::OkStatus();
  }

  // What an update would delete or replace is shown first, and has to be wanted.
  absl::Status Confirm(const Stack& present) {
    if (options_.yes) return absl::OkStatus();
    DescribeChangeSetRequest request;
    for (const ImageSource& image : images_) request.add_image_names(image.name);
    NUBO_ASSIGN_OR_RETURN(const auto plan, Send(&CloudFormation::StubInterface::DescribeChangeSet, request));
    std::vector<std::string> lost;
    for (const auto& change : plan.changes()) {
      if (change.action() == "Remove" || change.replacement() == "True" || change.replacement() == "Conditional") {
        lost.push_back(change.logical_id());
      }
    }
    const bool other_file = !present.template_path().empty() && present.template_path() != options_.template_path;
    const std::string from =
        other_file ? absl::StrCat("; it was made from ", present.template_path(), ", not ", options_.template_path)
                   : "";
    if (lost.empty()) {
      if (other_file && !plan.changes().empty()) progress_ << "stack " << options_.stack_name << from.substr(1) << "\n";
      return absl::OkStatus();
    }
    progress_ << PlanText(plan, context_.style);
    progress_.flush();
    const std::string what =
        absl::StrCat("this deletes or replaces ", lost.size(), " of stack ", options_.stack_name, "'s resources", from);
    if (!context_.ask) {
      return UsageError(absl::StrCat(what, "; nothing was changed; if that is what you want, say --yes",
                                     other_file ? ", and if this is another stack, --name NAME" : ""));
    }
    if (context_.ask(absl::StrCat("nubo: ", what, ". Go on?"))) return absl::OkStatus();
    return absl::CancelledError("nothing was changed");
  }

  absl::Status SendImages() {
    NUBO_ASSIGN_OR_RETURN(const auto known, client_->List(client_->ec2(), &Ec2::StubInterface::DescribeImages, {}));
    for (const ImageSource& image : images_) {
      NUBO_ASSIGN_OR_RETURN(const auto answer, SendImage(*client_, image));
      progress_ << "image " << image.name << " is " << answer.image().image_id() << "\n";
      for (const auto& former : known.images()) {
        const bool changed = former.name() == image.name && former.image_id() != answer.image().image_id();
        if (changed) former_images_[former.image_id()] = image.name;
      }
    }
    return absl::OkStatus();
  }

  // A template names an image, so one of other content is no change of the stack. Whoever has just built it should
  // know.
  absl::Status NameFormerImages() {
    if (former_images_.empty()) return absl::OkStatus();
    ec2::v1::DescribeInstancesRequest running;
    AddFilter(running, region::kStackNameFilter, {options_.stack_name});
    AddFilter(running, "instance-state-name", {"running"});
    NUBO_ASSIGN_OR_RETURN(const auto answer,
                          client_->List(client_->ec2(), &Ec2::StubInterface::DescribeInstances, running));
    std::map<std::string, std::vector<std::string>> instances;
    for (const auto& instance : answer.instances()) {
      const auto former = former_images_.find(instance.image_id());
      if (former != former_images_.end()) instances[former->second].push_back(instance.instance_id());
    }
    for (const auto& [image, ids] : instances) {
      progress_ << "image " << image << " has changed; still running the former one: " << absl::StrJoin(ids, ", ")
                << "; what replaces them runs the new one: nubo terminate " << ids[0] << "\n";
    }
    return absl::OkStatus();
  }

  // Who edits a launch template that groups name by a fixed version, or as $Latest, changes none of what runs.
  absl::Status NameFormerTemplates() {
    autoscaling::v1::DescribeAutoScalingGroupsRequest request;
    AddFilter(request, region::kStackNameFilter, {options_.stack_name});
    NUBO_ASSIGN_OR_RETURN(
        const auto answer,
        client_->List(client_->autoscaling(), &AutoScaling::StubInterface::DescribeAutoScalingGroups, request));
    for (const auto& group : answer.groups()) {
      std::vector<std::string> ids;
      for (const auto& instance : group.instances()) {
        if (instance.launched_otherwise()) ids.push_back(instance.instance_id());
      }
      if (ids.empty()) continue;
      progress_ << "group " << group.logical_id()
                << " has a newer launch template; still running a former one: " << absl::StrJoin(ids, ", ")
                << "; what replaces them is launched from the new one: nubo terminate " << ids[0] << "\n";
    }
    progress_.flush();
    return absl::OkStatus();
  }

  // The stack as it is. A creation that was rolled back leaves one behind, as it does at AWS, and nothing but deleting
  // helps it: after that there is none.
  absl::StatusOr<std::optional<Stack>> ClearFailed() {
    NUBO_ASSIGN_OR_RETURN(const std::optional<Stack> stack, FindStack(*client_, options_.stack_name));
    if (!stack.has_value() || PhaseOf(*stack) != Phase::kFailed) return stack;
    progress_ << "removing what the last attempt at stack " << options_.stack_name << " left\n";
    cloudformation::v1::DeleteStackRequest request;
    request.set_stack_name(options_.stack_name);
    NUBO_RETURN_IF_ERROR(
        client_->Call(client_->cloudformation(), &CloudFormation::StubInterface::DeleteStack, request).status());
    const auto gone = watch_->Until(
        [](const Stack* stack) { return stack == nullptr || PhaseOf(*stack) == Phase::kStuck; }, Deadline());
    NUBO_RETURN_IF_ERROR(InWords(gone.status()));
    if (!gone->has_value()) return std::nullopt;
    return absl::FailedPreconditionError(absl::StrCat("what the last attempt at stack ", options_.stack_name,
                                                      " left cannot be removed: ", FirstFailure(watch_->events())));
  }

  // A region that was started for a template it then refused would be of no use to anybody.
  void StopIfUseless() {
    if (!launched_) return;
    watch_.reset();
    // It removes what it has made.
    (void)ShutDown(std::move(client_), context_.out, context_.interrupted);
  }

  absl::Status AwaitReady() {
    const auto settled = watch_->Until(
        [&](const Stack* stack) {
          return stack == nullptr || IsTakenBack(*stack) || PhaseOf(*stack) != Phase::kWorking ||
                 !stack->failing().empty();
        },
        Deadline());
    NUBO_RETURN_IF_ERROR(InWords(settled.status()));
    if (settled->has_value() && IsTakenBack(**settled)) return UpdateRolledBack(**settled);
    if (!settled->has_value() || PhaseOf(**settled) == Phase::kDeleting || PhaseOf(**settled) == Phase::kStuck) {
      return absl::AbortedError(absl::StrCat("stack ", options_.stack_name, " is being deleted by somebody else"));
    }
    if (PhaseOf(**settled) == Phase::kWorking) return Failing(**settled);
    if (PhaseOf(**settled) != Phase::kReady) return RolledBack(**settled);
    return PrintReady(**settled);
  }

  // It will not be ready by waiting. What its instance printed last says why.
  absl::Status Failing(const Stack& stack) {
    std::string log;
    if (!stack.failing_instance().empty()) log = LastLines(*client_, stack.failing_instance());
    return absl::AbortedError(absl::StrCat(
        "stack ", options_.stack_name, " is not ready: ", stack.failing(), "; nothing was deleted",
        log.empty() ? "" : absl::StrCat("; the last lines of the log of ", stack.failing_instance(), ":\n", log)));
  }

  // Waits until nothing is left to undo, then says what failed.
  absl::Status RolledBack(const Stack& failing) {
    const auto settled =
        watch_->Until([](const Stack* stack) { return stack == nullptr || PhaseOf(*stack) != Phase::kRollingBack; },
                      // Undoing gets as much time again.
                      context_.clock.Now() + options_.timeout);
    if (absl::IsCancelled(settled.status())) return InWords(settled.status());
    std::string reason = FirstFailure(watch_->events());
    // It may have failed before this command looked.
    if (reason.empty()) reason = FirstFailure(watch_->EventsOfAttempt());
    if (reason.empty()) reason = failing.stack_status_reason();
    std::string state = "; what it had made is removed";
    if (!settled.ok()) state = "; what it had made is still being removed: nubo get resources";
    if (settled.ok() && settled->has_value() && (*settled)->stack_status() != "ROLLBACK_COMPLETE") {
      state = "; what it had made could not all be removed: nubo get resources";
    }
    return absl::AbortedError(absl::StrCat("stack ", options_.stack_name, " could not be created: ", reason, state));
  }

  // An update that this command asked for, or found under way, has failed.
  bool IsTakenBack(const Stack& stack) const {
    const std::string& status = stack.stack_status();
    return absl::StartsWith(status, "UPDATE_ROLLBACK") && (updating_ || status != "UPDATE_ROLLBACK_COMPLETE");
  }

  // As RolledBack(), of an update: the stack itself stays, as it was.
  absl::Status UpdateRolledBack(const Stack& failing) {
    const auto settled = watch_->Until(
        [](const Stack* stack) {
          return stack == nullptr || stack->stack_status() == "UPDATE_ROLLBACK_COMPLETE" ||
                 stack->stack_status() == "UPDATE_ROLLBACK_FAILED";
        },
        context_.clock.Now() + options_.timeout);
    if (absl::IsCancelled(settled.status())) return InWords(settled.status());
    std::string reason = FirstFailure(watch_->events());
    if (reason.empty()) reason = FirstFailure(watch_->EventsOfAttempt());
    if (reason.empty()) reason = failing.stack_status_reason();
    std::string state = "; it is as it was before";
    if (!settled.ok()) state = "; it is still being taken back to what it was: nubo get resources";
    if (settled.ok() && settled->has_value() && (*settled)->stack_status() == "UPDATE_ROLLBACK_FAILED") {
      state = absl::StrCat("; it could not be taken back to what it was (", (*settled)->stack_status_reason(),
                           "), and only deleting it helps: nubo down --name ", options_.stack_name);
    }
    return absl::AbortedError(absl::StrCat("stack ", options_.stack_name, " could not be updated: ", reason, state));
  }

  absl::Status PrintReady(const Stack& stack) {
    if (options_.format == Format::kTable) {
      context_.out << ReadyText(stack, context_.clock.Now() - start_);
      context_.out.flush();
      return absl::OkStatus();
    }
    cloudformation::v1::DescribeStacksResponse answer;
    *answer.add_stacks() = stack;
    NUBO_ASSIGN_OR_RETURN(const std::string text, Text(answer, options_.format));
    context_.out << text;
    context_.out.flush();
    return absl::OkStatus();
  }

  absl::Status Follow() {
    NUBO_RETURN_IF_ERROR(watch_->Follow());
    progress_ << "stopped following; stack " << options_.stack_name << " stays up until: nubo down\n";
    return absl::OkStatus();
  }

  // The watch's errors, as the user should read them.
  absl::Status InWords(const absl::Status& status) const {
    if (absl::IsCancelled(status)) {
      return absl::CancelledError(absl::StrCat("interrupted; the region goes on with stack ", options_.stack_name,
                                               ": nubo get stacks, nubo down"));
    }
    if (!absl::IsDeadlineExceeded(status)) return status;
    return absl::DeadlineExceededError(absl::StrCat("stack ", options_.stack_name, " is not ready after ",
                                                    absl::FormatDuration(options_.timeout), "; it still waits for ",
                                                    status.message(), "; nothing was deleted"));
  }

  absl::Time Deadline() const { return start_ + options_.timeout; }

  const UpOptions& options_;
  Context& context_;
  std::ostream& progress_;
  const absl::Time start_;
  std::string template_;
  std::vector<ImageSource> images_;
  // Of those that are known by another content now: the names by their ids.
  std::map<std::string, std::string> former_images_;
  bool launched_ = false;
  // The stack was there, and is to become another.
  bool updating_ = false;
  std::unique_ptr<Client> client_;
  // Last: it uses the client.
  std::unique_ptr<StackWatch> watch_;
};

}  // namespace

absl::Status Up(const UpOptions& options, Context& context) { return UpRun(options, context).Run(); }

}  // namespace nubo::cli
