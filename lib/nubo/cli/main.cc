// The nubo program: reads the command line, runs the verb, turns its outcome into lines and an exit code.
#include <grpc/support/log.h>
#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/clock.h"
#include "nubo/cli/args/command_line.h"
#include "nubo/cli/args/names.h"
#include "nubo/cli/commands/context.h"
#include "nubo/cli/commands/dispatch.h"
#include "nubo/cli/commands/launcher.h"
#include "nubo/cli/commands/processes.h"
#include "nubo/cli/output/output.h"

extern char** environ;

namespace nubo::cli {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

void OnInterrupt(int) { interrupted.store(true); }

Surroundings OurSurroundings() {
  Surroundings surroundings;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const size_t equals = text.find('=');
    if (equals != std::string::npos) surroundings.environment[text.substr(0, equals)] = text.substr(equals + 1);
  }
  char buffer[PATH_MAX];
  surroundings.current_directory = ::getcwd(buffer, sizeof(buffer)) == nullptr ? "" : buffer;
  return surroundings;
}

std::string OurExecutable() {
  char buffer[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", buffer, sizeof(buffer));
  return length <= 0 ? "/proc/self/exe" : std::string(buffer, static_cast<size_t>(length));
}

bool WantsColor(const Surroundings& surroundings) {
  return ::isatty(STDOUT_FILENO) == 1 && surroundings.Variable("NO_COLOR").empty() &&
         surroundings.Variable("TERM") != "dumb";
}

// A verb that waits looks at `interrupted`; one that does not is ended by the signal, as any program is.
void CatchInterrupts(const Command& command) {
  const auto* get = std::get_if<GetOptions>(&command);
  const bool waits =
      (get != nullptr && get->watch) || std::holds_alternative<UpOptions>(command) ||
      std::holds_alternative<DownOptions>(command) || std::holds_alternative<EventsOptions>(command) ||
      std::holds_alternative<TerminateOptions>(command) || std::holds_alternative<InstanceCallOptions>(command) ||
      std::holds_alternative<SetDesiredOptions>(command) || std::holds_alternative<ConsoleCommandOptions>(command);
  if (!waits) return;
  struct sigaction action = {};
  action.sa_handler = OnInterrupt;
  // A second one ends the program at once.
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  ::sigaction(SIGINT, &action, nullptr);
}

// While somebody is asked, Ctrl-C is an answer: what reads it is not begun anew.
class ReadsEnd {
 public:
  ReadsEnd() {
    ::sigaction(SIGINT, nullptr, &former_);
    struct sigaction action = former_;
    action.sa_flags &= ~static_cast<int>(SA_RESTART);
    ::sigaction(SIGINT, &action, nullptr);
  }
  ~ReadsEnd() {
    if (!interrupted.load()) ::sigaction(SIGINT, &former_, nullptr);
  }
  ReadsEnd(const ReadsEnd&) = delete;
  ReadsEnd& operator=(const ReadsEnd&) = delete;

 private:
  struct sigaction former_ = {};
};

// The shim beside this program, for the verbs that need one and were not told of another.
Command WithShim(Command command, const std::string& executable) {
  if (auto* exec = std::get_if<ExecOptions>(&command); exec != nullptr && exec->shim_path.empty()) {
    exec->shim_path = FindShim(executable);
  }
  if (auto* doctor = std::get_if<DoctorOptions>(&command); doctor != nullptr && doctor->shim_path.empty()) {
    doctor->shim_path = FindShim(executable);
  }
  if (auto* console = std::get_if<ConsoleCommandOptions>(&command); console != nullptr && console->page_dir.empty()) {
    console->page_dir = std::filesystem::path(executable).parent_path() / "../share/nubo/console";
  }
  return command;
}

absl::Status Become(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  // What we ignore it would too.
  ::signal(SIGPIPE, SIG_DFL);
  ::execv(argv[0], argv.data());
  return absl::UnavailableError(absl::StrCat("cannot run ", arguments[0], ": ", std::strerror(errno),
                                             "; say where nubo-shim is with --shim FILE or NUBO_SHIM"));
}

absl::Status Run(const Command& command, const Surroundings& surroundings, std::ostream& out, std::ostream& err) {
  const std::string executable = OurExecutable();
  if (const auto* serve = std::get_if<ServeOptions>(&command)) return Serve(*serve, executable);
  if (const auto* process = std::get_if<ProcessOptions>(&command)) return RunProcess(*process);
  CatchInterrupts(command);
  // What gRPC has to say about a connection comes as a status too, in our words.
  gpr_set_log_function([](gpr_log_func_args*) {});
  const base::SystemClock clock;
  ProcessLauncher launcher(executable);
  LineStyle style;
  style.zone = absl::LocalTimeZone();
  style.color = WantsColor(surroundings);
  Context context{out, err, clock, interrupted, launcher, style, Become};
  context.terminal = ::isatty(STDOUT_FILENO) == 1;
  if (::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1) {
    context.ask = [&out, &err](const std::string& question) {
      out.flush();
      err << question << " [y/N] " << std::flush;
      std::string answer;
      const ReadsEnd reads_end;
      return std::getline(std::cin, answer) && (answer == "y" || answer == "Y" || answer == "yes");
    };
  }
  return Execute(WithShim(command, executable), context);
}

int Main(int argc, char** argv) {
  // A reader that goes away is noticed where it is written to.
  ::signal(SIGPIPE, SIG_IGN);
  FdBuffer out_buffer(STDOUT_FILENO);
  FdBuffer err_buffer(STDERR_FILENO);
  std::ostream out(&out_buffer);
  std::ostream err(&err_buffer);
  const Surroundings surroundings = OurSurroundings();
  const absl::StatusOr<Command> command = Parse(std::vector<std::string>(argv + 1, argv + argc), surroundings);
  if (!command.ok()) {
    err << ErrorText(command.status()) << std::flush;
    // Of a plan, 2 says that there are changes.
    return argc > 1 && absl::string_view(argv[1]) == "plan" ? kExitFailed : kExitUsage;
  }
  const absl::Status status = Run(*command, surroundings, out, err);
  out.flush();
  if (!status.ok()) err << ErrorText(status) << std::flush;
  if (status.ok() && out_buffer.error() != 0 && out_buffer.error() != EPIPE) {
    err << "nubo: cannot write what was asked for: " << std::strerror(out_buffer.error()) << "\n" << std::flush;
    return kExitFailed;
  }
  return ExitCode(status);
}

}  // namespace
}  // namespace nubo::cli

int main(int argc, char** argv) { return nubo::cli::Main(argc, argv); }
