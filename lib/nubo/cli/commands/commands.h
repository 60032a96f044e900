// What each verb does.
//
// Every function prints to `context` and returns how it went: OK, an error to be printed (see ExitCode() in output.h),
// or CANCELLED when the user interrupted it.
//
// Thread safety: none; one verb a process.
#ifndef NUBO_CLI_COMMANDS_COMMANDS_H_
#define NUBO_CLI_COMMANDS_COMMANDS_H_

#include "absl/status/status.h"
#include "nubo/cli/args/options.h"
#include "nubo/cli/commands/context.h"

namespace nubo::cli {

absl::Status Up(const UpOptions& options, Context& context);
absl::Status Plan(const PlanOptions& options, Context& context);
absl::Status Down(const DownOptions& options, Context& context);
absl::Status Get(const GetOptions& options, Context& context);
absl::Status Describe(const DescribeOptions& options, Context& context);
absl::Status PrintEvents(const EventsOptions& options, Context& context);
absl::Status PrintLog(const LogsOptions& options, Context& context);
absl::Status Terminate(const TerminateOptions& options, Context& context);
absl::Status CallInstances(const InstanceCallOptions& options, Context& context);
absl::Status Delete(const DeleteOptions& options, Context& context);
absl::Status Protect(const ProtectOptions& options, Context& context);
absl::Status SetDesired(const SetDesiredOptions& options, Context& context);
// Does not return where it succeeds: another program takes this one over.
absl::Status Exec(const ExecOptions& options, Context& context);
// FAILED_PRECONDITION, after everything is printed: something is not well.
// Serves the page that draws the region until it is interrupted.
absl::Status ServeConsole(const ConsoleCommandOptions& options, Context& context);
absl::Status PrintStatus(const StatusOptions& options, Context& context);
absl::Status RunDoctor(const DoctorOptions& options, Context& context);
absl::Status ImportImage(const ImageImportOptions& options, Context& context);
absl::Status Dig(const DigOptions& options, Context& context);
// FAILED_PRECONDITION, after everything is printed: it is not reachable. NOT_FOUND, as a usage error: an end is
// nothing.
absl::Status PrintReach(const ReachOptions& options, Context& context);
// FAILED_PRECONDITION, after everything is printed: something in a VPC is wrong.
absl::Status PrintExplanation(const ExplainOptions& options, Context& context);
absl::Status PrintAddressSpaces(const IpamOptions& options, Context& context);
absl::Status SimulateBalancing(const SimulateOptions& options, Context& context);

}  // namespace nubo::cli

#endif  // NUBO_CLI_COMMANDS_COMMANDS_H_
