#include "nubo/cli/commands/commands.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/base/tree_removal.h"
#include "nubo/cli/client/client.h"
#include "nubo/cli/commands/shut_down.h"
#include "nubo/cli/commands/stack_watch.h"
#include "nubo/cli/output/output.h"
#include "nubo/cli/output/progress.h"
#include "nubo/region/resources/list_filters.h"
#include "nubo/region/state/state_directory.h"

namespace nubo::cli {
namespace {

using cloudformation::v1::StackResource;

constexpr int kConnectTries = 30;
constexpr std::chrono::milliseconds kConnectPause(100);

std::string DataDirectory(const std::string& state_dir) { return absl::StrCat(state_dir, "/data"); }

bool Exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

// True if a region that did not shut down has left something to take care of: anything but data, logs and empty
// directories.
bool LeftBehind(const std::string& state_dir) {
  const std::set<std::string> kept = {"data", "log", region::kTrash};
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(state_dir, error)) {
    if (kept.count(entry.path().filename().string()) > 0) continue;
    if (!entry.is_directory(error) || !std::filesystem::is_empty(entry.path(), error)) return true;
  }
  return false;
}

class DownRun {
 public:
  DownRun(const DownOptions& options, Context& context)
      : options_(options), context_(context), start_(context.clock.Now()) {}

  absl::Status Run() {
    absl::StatusOr<std::unique_ptr<Client>> running = Client::Connect(options_.state_dir);
    if (absl::IsUnavailable(running.status()) && HasHolder()) running = ConnectSoon();
    if (absl::IsUnavailable(running.status())) {
      if (!LeftBehind(options_.state_dir)) return NothingIsUp();
      if (HasHolder()) NUBO_RETURN_IF_ERROR(EndHung(options_.state_dir, context_.out));
      NUBO_RETURN_IF_ERROR(base::Annotate(Revive(), "the region ended without being taken down and cannot go on"));
      running = Client::Connect(options_.state_dir);
    }
    NUBO_RETURN_IF_ERROR(running.status());
    client_ = *std::move(running);
    absl::StatusOr<std::vector<std::string>> asked = Stacks();
    // One that was stopped takes a connection and never answers, or is given up by gRPC.
    if (absl::IsDeadlineExceeded(asked.status()) || absl::IsUnavailable(asked.status())) {
      if (HasHolder()) NUBO_RETURN_IF_ERROR(EndHung(options_.state_dir, context_.out));
      NUBO_RETURN_IF_ERROR(Revive());
      NUBO_ASSIGN_OR_RETURN(client_, Client::Connect(options_.state_dir));
      asked = Stacks();
    }
    NUBO_ASSIGN_OR_RETURN(const std::vector<std::string> stacks, std::move(asked));
    if (stacks.empty()) {
      NUBO_ASSIGN_OR_RETURN(const bool ends, EndRetained());
      if (!ends) return absl::OkStatus();
      NUBO_RETURN_IF_ERROR(StopRegion());
      return NothingIsUp();
    }
    NUBO_ASSIGN_OR_RETURN(const std::string name, Choose(stacks));
    NUBO_RETURN_IF_ERROR(Confirm(name));
    NUBO_RETURN_IF_ERROR(Delete(name));
    return Finish(name);
  }

 private:
  bool HasHolder() const { return region::LockHolder(options_.state_dir) > 0; }

  // A region whose socket somebody has removed makes it again within a second.
  absl::StatusOr<std::unique_ptr<Client>> ConnectSoon() {
    absl::StatusOr<std::unique_ptr<Client>> running = absl::UnavailableError("");
    for (int i = 0; i < kConnectTries && !running.ok(); ++i) {
      std::this_thread::sleep_for(kConnectPause);
      running = Client::Connect(options_.state_dir);
    }
    return running;
  }

  // Starts the region again, which adopts or buries what is left.
  absl::Status Revive() {
    context_.out << "the region in " << options_.state_dir
                 << " is not running; starting it to take care of what it left\n";
    context_.out.flush();
    LaunchOptions launch;
    launch.state_dir = options_.state_dir;
    // It keeps the addresses it had; without any, those of others must not stand in its way.
    launch.http_address.port = 0;
    launch.dns_address.port = 0;
    launch.end_strays = true;
    return context_.launcher.Launch(launch);
  }

  absl::StatusOr<std::vector<std::string>> Stacks() {
    NUBO_ASSIGN_OR_RETURN(const auto answer,
                          client_->List(client_->cloudformation(), &CloudFormation::StubInterface::DescribeStacks, {}));
    std::vector<std::string> names;
    for (const Stack& stack : answer.stacks()) {
      if (stack.stack_status() != "DELETE_COMPLETE") names.push_back(stack.stack_name());
    }
    return names;
  }

  absl::StatusOr<std::string> Choose(const std::vector<std::string>& stacks) const {
    const std::string all = absl::StrJoin(stacks, ", ");
    if (options_.stack_name.empty()) {
      if (stacks.size() == 1) return stacks[0];
      return UsageError(
          absl::StrCat("there are several stacks (", all, "); say which, for example: nubo down --name ", stacks[0]));
    }
    if (std::find(stacks.begin(), stacks.end(), options_.stack_name) != stacks.end()) return options_.stack_name;
    return absl::NotFoundError(absl::StrCat("there is no stack ", options_.stack_name, "; there is ", all));
  }

  // "" has those of no stack.
  absl::StatusOr<std::vector<StackResource>> ResourcesOf(const std::string& stack_name) {
    cloudformation::v1::DescribeStackResourcesRequest request;
    AddFilter(request, region::kStackNameFilter, {stack_name});
    NUBO_ASSIGN_OR_RETURN(
        const auto answer,
        client_->List(client_->cloudformation(), &CloudFormation::StubInterface::DescribeStackResources, request));
    return std::vector<StackResource>(answer.resources().begin(), answer.resources().end());
  }

  // On a terminal, what goes and what stays is shown first, and has to be wanted.
  absl::Status Confirm(const std::string& name) {
    if (options_.yes || !context_.ask) return absl::OkStatus();
    NUBO_ASSIGN_OR_RETURN(const std::vector<StackResource> resources, ResourcesOf(name));
    std::vector<std::string> goes, stays;
    for (const StackResource& resource : resources) {
      if (resource.status() == "DELETE_COMPLETE") continue;
      // It was asked for before.
      if (resource.status() == "DELETE_IN_PROGRESS") return absl::OkStatus();
      const bool kept = resource.deletion_policy() == "Retain" || resource.deletion_policy() == "RetainExceptOnCreate";
      (kept ? stays : goes).push_back(GoingText(resource, kept));
    }
    context_.out << "nubo down deletes of stack " << name << ":\n" << absl::StrJoin(goes, "");
    if (!stays.empty()) {
      context_.out << "and leaves behind, as their DeletionPolicy says:\n" << absl::StrJoin(stays, "");
    }
    const std::string left =
        stays.empty() ? "" : absl::StrCat("; ", stays.size(), stays.size() == 1 ? " stays" : " stay");
    const bool wanted = context_.ask(
        absl::StrCat("nubo: this deletes ", goes.size(), " of stack ", name, "'s resources", left, ". Go on?"));
    return wanted ? absl::OkStatus() : absl::CancelledError("nothing was deleted");
  }

  // As a plan shows it.
  std::string GoingText(const StackResource& resource, bool kept) const {
    const bool database = resource.type() == "AWS::RDS::DBInstance" && !kept;
    const std::string data = options_.data
                                 ? "  # with its data"
                                 : absl::StrCat("  # its data is kept in ", DataDirectory(options_.state_dir));
    return absl::StrCat("  ", kept ? "=" : "-", "   ", resource.logical_id(), " (", resource.type(),
                        resource.physical_id().empty() ? "" : ", ", resource.physical_id(), ")", database ? data : "",
                        "\n");
  }

  absl::Status Delete(const std::string& name) {
    NUBO_ASSIGN_OR_RETURN(const auto watch, StackWatch::Start(*client_, context_, name, context_.out));
    cloudformation::v1::DeleteStackRequest request;
    request.set_stack_name(name);
    request.set_delete_data(options_.data);
    const auto accepted =
        client_->Call(client_->cloudformation(), &CloudFormation::StubInterface::DeleteStack, request);
    // It was there a moment ago; a deletion that was under way has come to its end.
    if (absl::IsNotFound(accepted.status())) return absl::OkStatus();
    NUBO_RETURN_IF_ERROR(accepted.status());
    const auto gone =
        watch->Until([](const Stack* stack) { return stack == nullptr || PhaseOf(*stack) == Phase::kStuck; },
                     start_ + options_.timeout);
    if (!gone.ok()) return InWords(name, gone.status());
    if (!gone->has_value()) return absl::OkStatus();
    std::string reason = FirstFailure(watch->events());
    if (reason.empty()) reason = (*gone)->stack_status_reason();
    return absl::AbortedError(
        absl::StrCat("stack ", name, " could not be deleted: ", reason, "; try again with: nubo down --name ", name));
  }

  absl::Status Finish(const std::string& name) {
    NUBO_ASSIGN_OR_RETURN(const std::vector<std::string> left, Stacks());
    const std::string took = Took(context_.clock.Now() - start_);
    if (!left.empty()) {
      context_.out << "stack " << name << " is gone, after " << took << "; still up: " << absl::StrJoin(left, ", ")
                   << "\n";
      return absl::OkStatus();
    }
    NUBO_ASSIGN_OR_RETURN(const bool ends, EndRetained());
    if (!ends) return absl::OkStatus();
    NUBO_RETURN_IF_ERROR(StopRegion());
    if (options_.data) NUBO_RETURN_IF_ERROR(RemoveData());
    const std::string data = DataDirectory(options_.state_dir);
    context_.out << "stack " << name << " is gone, after " << Took(context_.clock.Now() - start_)
                 << (Exists(data) ? absl::StrCat("; its data is kept in ", data) : "") << Unremovable() << "\n";
    return absl::OkStatus();
  }

  // What stacks left behind: nothing of it goes unless that is said.
  absl::StatusOr<std::vector<StackResource>> Retained() {
    NUBO_ASSIGN_OR_RETURN(std::vector<StackResource> resources, ResourcesOf(""));
    std::erase_if(resources, [](const StackResource& resource) { return !IsRetained(resource); });
    return resources;
  }

  // False: there is something, and the region stays for it.
  absl::StatusOr<bool> EndRetained() {
    NUBO_ASSIGN_OR_RETURN(std::vector<StackResource> retained, Retained());
    if (retained.empty()) return true;
    if (!options_.yes) {
      context_.out << (context_.ask ? "stacks left behind:\n" : "the region stays up, for what stacks left behind:\n");
      for (const StackResource& resource : retained) {
        context_.out << "  " << resource.physical_id() << "  " << resource.type() << ", " << resource.status_reason()
                     << "\n";
      }
      const bool wanted = context_.ask && context_.ask("nubo: delete all of it, and end the region?");
      if (!wanted) {
        context_.out
            << (context_.ask ? "the region stays up; " : "")
            << "delete one of it with nubo delete ID, or all of it, and end the region, with nubo down --yes\n";
        return false;
      }
    }
    NUBO_RETURN_IF_ERROR(client_->Call(client_->region(), &Region::StubInterface::DeleteRetained, {}).status());
    while (!retained.empty()) {
      if (context_.interrupted.load()) return absl::CancelledError("interrupted; the region goes on deleting");
      const StackResource& first = retained[0];
      if (first.status() == "DELETE_FAILED") {
        return absl::AbortedError(absl::StrCat(first.physical_id(), " could not be deleted: ", first.status_reason()));
      }
      if (context_.clock.Now() >= start_ + options_.timeout) {
        return absl::DeadlineExceededError(
            absl::StrCat(first.physical_id(), " is not gone after ", absl::FormatDuration(options_.timeout)));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      NUBO_ASSIGN_OR_RETURN(retained, Retained());
    }
    return true;
  }

  // Returns once the region's process has ended, so that the next one can have its addresses.
  absl::Status StopRegion() {
    NUBO_RETURN_IF_ERROR(ShutDown(std::move(client_), context_.out, context_.interrupted));
    if (!LeftBehind(options_.state_dir)) return absl::OkStatus();
    // It died on the way, and the next one has the rest to do.
    NUBO_RETURN_IF_ERROR(Revive());
    NUBO_ASSIGN_OR_RETURN(client_, Client::Connect(options_.state_dir));
    return ShutDown(std::move(client_), context_.out, context_.interrupted);
  }

  absl::Status NothingIsUp() {
    if (options_.data && Exists(DataDirectory(options_.state_dir))) {
      NUBO_RETURN_IF_ERROR(RemoveData());
      context_.out << "nothing is up; the data is removed\n";
      return absl::OkStatus();
    }
    context_.out << "nothing is up\n";
    return absl::OkStatus();
  }

  absl::Status RemoveData() { return base::RemoveTree(DataDirectory(options_.state_dir)); }

  // What not even the region could remove, with the reason.
  std::string Unremovable() const {
    const absl::Status status = base::RemoveTree(absl::StrCat(options_.state_dir, "/", region::kTrash));
    return status.ok() ? "" : absl::StrCat("; ", status.message());
  }

  absl::Status InWords(const std::string& name, const absl::Status& status) const {
    if (absl::IsCancelled(status)) {
      return absl::CancelledError(
          absl::StrCat("interrupted; the region goes on deleting stack ", name, ": nubo get stacks"));
    }
    if (!absl::IsDeadlineExceeded(status)) return status;
    return absl::DeadlineExceededError(absl::StrCat("stack ", name, " is not gone after ",
                                                    absl::FormatDuration(options_.timeout), "; it still waits for ",
                                                    status.message()));
  }

  const DownOptions& options_;
  Context& context_;
  const absl::Time start_;
  std::unique_ptr<Client> client_;
};

}  // namespace

absl::Status Down(const DownOptions& options, Context& context) { return DownRun(options, context).Run(); }

}  // namespace nubo::cli
