#include "nubo/cli/commands/dispatch.h"

#include <variant>

#include "nubo/base/version.h"
#include "nubo/cli/commands/commands.h"

namespace nubo::cli {
namespace {

struct Executor {
  Context& context;

  absl::Status operator()(const HelpOptions& options) const {
    context.out << options.text;
    return absl::OkStatus();
  }
  absl::Status operator()(const VersionOptions&) const {
    context.out << "nubo " << base::kVersion << "\n";
    return absl::OkStatus();
  }
  absl::Status operator()(const UpOptions& options) const { return Up(options, context); }
  absl::Status operator()(const PlanOptions& options) const { return Plan(options, context); }
  absl::Status operator()(const DownOptions& options) const { return Down(options, context); }
  absl::Status operator()(const GetOptions& options) const { return Get(options, context); }
  absl::Status operator()(const DescribeOptions& options) const { return Describe(options, context); }
  absl::Status operator()(const EventsOptions& options) const { return PrintEvents(options, context); }
  absl::Status operator()(const LogsOptions& options) const { return PrintLog(options, context); }
  absl::Status operator()(const TerminateOptions& options) const { return Terminate(options, context); }
  absl::Status operator()(const InstanceCallOptions& options) const { return CallInstances(options, context); }
  absl::Status operator()(const DeleteOptions& options) const { return Delete(options, context); }
  absl::Status operator()(const ProtectOptions& options) const { return Protect(options, context); }
  absl::Status operator()(const SetDesiredOptions& options) const { return SetDesired(options, context); }
  absl::Status operator()(const ExecOptions& options) const { return Exec(options, context); }
  absl::Status operator()(const ConsoleCommandOptions& options) const { return ServeConsole(options, context); }
  absl::Status operator()(const StatusOptions& options) const { return PrintStatus(options, context); }
  absl::Status operator()(const DoctorOptions& options) const { return RunDoctor(options, context); }
  absl::Status operator()(const DigOptions& options) const { return Dig(options, context); }
  absl::Status operator()(const ReachOptions& options) const { return PrintReach(options, context); }
  absl::Status operator()(const ExplainOptions& options) const { return PrintExplanation(options, context); }
  absl::Status operator()(const IpamOptions& options) const { return PrintAddressSpaces(options, context); }
  absl::Status operator()(const SimulateOptions& options) const { return SimulateBalancing(options, context); }
  absl::Status operator()(const ImageImportOptions& options) const { return ImportImage(options, context); }
  absl::Status operator()(const ServeOptions&) const { return absl::InternalError("serve is a process of its own"); }
  absl::Status operator()(const ProcessOptions&) const {
    return absl::InternalError("proxy, dns and metadata are processes of their own");
  }
};

}  // namespace

absl::Status Execute(const Command& command, Context& context) { return std::visit(Executor{context}, command); }

}  // namespace nubo::cli
