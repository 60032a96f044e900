// The command line as values: one struct per verb, every default decided and every path absolute, so that a verb never
// looks at the environment. Parse() makes them (command_line.h).
//
// Thread safety: values.
#ifndef NUBO_CLI_ARGS_OPTIONS_H_
#define NUBO_CLI_ARGS_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "nubo/cli/args/kinds.h"
#include "nubo/cli/args/usage.h"
#include "nubo/net/ip_address.h"

namespace nubo::cli {

// kWide is a table with more columns.
enum class Format { kTable, kWide, kJson, kYaml };

// Print `text` and be done.
struct HelpOptions {
  std::string text;
  // Of the verb that was asked about; empty where it was about all of them.
  VerbUsage usage = {};
};

struct VersionOptions {};

struct ImageSource {
  std::string name;
  std::string directory;
};

struct UpOptions {
  std::string state_dir;
  std::string template_path;
  // The path as the user gave it, for error messages.
  std::string template_name;
  std::string stack_name;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::vector<ImageSource> images;
  // Each directory below it is an image too; "" for none.
  std::string default_images_dir;
  bool follow = false;
  // Go on, whatever an update deletes or replaces.
  bool yes = false;
  absl::Duration timeout = absl::Minutes(5);
  // Only what was asked for: a running region keeps what it has.
  std::optional<net::SocketAddress> http_address;
  std::optional<net::SocketAddress> dns_address;
  std::optional<std::string> fabric;
  bool allow_unisolated = false;
  Format format = Format::kTable;
};

// What `up` with the same would do; of these only the stack and the format count.
struct PlanOptions {
  UpOptions stack;
};

struct DownOptions {
  std::string state_dir;
  // "" for the only one.
  std::string stack_name;
  bool data = false;
  // Also what stacks left behind.
  bool yes = false;
  absl::Duration timeout = absl::Minutes(5);
};

struct GetOptions {
  std::string state_dir;
  Kind kind = Kind::kStacks;
  // Only what has this id, name or STACK/LOGICAL-ID; "" for all.
  std::string id;
  // Only what is of this stack; "" for all.
  std::string stack_name;
  // Only what passes all of them: what they are called, and values with AWS's wildcards.
  std::vector<std::pair<std::string, std::vector<std::string>>> filters;
  // Again whenever it differs, until interrupted.
  bool watch = false;
  Format format = Format::kTable;
};

struct DescribeOptions {
  std::string state_dir;
  std::string id;
  Format format = Format::kTable;
};

struct EventsOptions {
  std::string state_dir;
  bool follow = false;
  Format format = Format::kTable;
};

struct LogsOptions {
  std::string state_dir;
  std::string id;
  bool follow = false;
  // Lines from its end on; nothing for all of it.
  std::optional<int> tail;
  // Only what was printed since then, or in the time before now; nothing for all of it.
  std::optional<std::variant<absl::Time, absl::Duration>> since;
};

struct TerminateOptions {
  std::string state_dir;
  std::vector<std::string> ids;
  // Until they are terminated.
  bool wait = false;
  absl::Duration timeout = absl::Minutes(5);
  Format format = Format::kTable;
};

// nubo stop, start and reboot.
struct InstanceCallOptions {
  enum class Call { kStop, kStart, kReboot };
  std::string state_dir;
  Call call = Call::kStop;
  std::vector<std::string> ids;
  // Of a stop: they are not asked to end.
  bool force = false;
  // Until they are stopped, or run.
  bool wait = false;
  absl::Duration timeout = absl::Minutes(5);
  Format format = Format::kTable;
};

struct DeleteOptions {
  std::string state_dir;
  // What stacks left behind: ids, or STACK/LOGICAL-ID.
  std::vector<std::string> ids;
  bool wait = false;
  absl::Duration timeout = absl::Minutes(5);
};

struct ProtectOptions {
  std::string state_dir;
  std::vector<std::string> ids;
  bool off = false;
  // From being taken by a scaling group that has too many, and not from being ended at all.
  bool scale_in = false;
};

struct SetDesiredOptions {
  std::string state_dir;
  // A group's name, or STACK/LOGICAL-ID.
  std::string group;
  int desired = 0;
  // Until so many are in service and no other is left.
  bool wait = false;
  absl::Duration timeout = absl::Minutes(5);
  Format format = Format::kTable;
};

struct ExecOptions {
  std::string state_dir;
  std::string id;
  std::vector<std::string> command;
  // The program that enters instances; "" for the one beside this program.
  std::string shim_path;
  // Never make a terminal, even if this is run on one.
  bool no_terminal = false;
};

// nubo console.
struct ConsoleCommandOptions {
  std::string state_dir;
  // Where it listens: of this machine's own alone. Port 0 takes a free one.
  net::SocketAddress address = {net::IpAddress::V4(0x7f000001), 0};
  // Where the page is; where it is installed unless given.
  std::string page_dir;
};

struct StatusOptions {
  std::string state_dir;
  Format format = Format::kTable;
};

struct DoctorOptions {
  std::string state_dir;
  net::SocketAddress http_address = {net::IpAddress::V4(0x7f000001), 8080};
  net::SocketAddress dns_address = {net::IpAddress::V4(0x7f000001), 10053};
  // "" for the one beside this program.
  std::string shim_path;
  Format format = Format::kTable;
};

struct DigOptions {
  std::string state_dir;
  std::string name;
  std::string type = "A";
  // The region's DNS server unless given.
  std::optional<net::SocketAddress> server;
  bool tcp = false;
};

struct ReachOptions {
  std::string state_dir;
  // Each: an id, a name, STACK/LOGICAL-ID, an address, or "internet".
  std::string from;
  std::string to;
  // "" for a ping.
  std::string port;
  Format format = Format::kTable;
};

struct ExplainOptions {
  std::string state_dir;
  std::string id;
  Format format = Format::kTable;
};

struct IpamOptions {
  std::string state_dir;
  // A VPC or an IPAM pool; "" for all.
  std::string id;
  // Where the picture goes; "" for nowhere.
  std::string svg_path;
  Format format = Format::kTable;
};

struct SimulateOptions {
  std::string scenario_path;
  // The path as the user gave it, for error messages.
  std::string scenario_name;
  // Where the page with charts goes; "" for nowhere.
  std::string html_path;
  // The scenario's own unless given.
  std::optional<uint64_t> seed;
  Format format = Format::kTable;
};

struct ImageImportOptions {
  std::string state_dir;
  ImageSource image;
  Format format = Format::kTable;
};

struct ServeOptions {
  std::string state_dir;
  net::SocketAddress http_address = {net::IpAddress::V4(0x7f000001), 8080};
  net::SocketAddress dns_address = {net::IpAddress::V4(0x7f000001), 10053};
  // Where Prometheus is answered; nothing: nowhere.
  std::optional<net::SocketAddress> metrics_address;
  std::string fabric = "loopback";
  std::string shim_path;
  bool allow_unisolated = false;
  bool exit_when_empty = false;
  bool end_strays = false;
  // -1 for nowhere.
  int ready_fd = -1;
  // For tests: ends the process at this moment; 0 for at none.
  int crash_at = 0;
};

// One load balancer, the DNS server, what holds the networks or the metadata service; started by the region.
struct ProcessOptions {
  enum class Program { kProxy, kDns, kNetwork, kMetadata };
  Program program = Program::kProxy;
  // The unix socket that its configuration comes by.
  std::string control_path;
  // Where the last one is kept; empty: nowhere.
  std::string snapshot_path;
  // Only of the DNS server: listened on whatever the configuration says.
  std::vector<net::SocketAddress> listeners;
  // Only of the DNS server: a line per query on standard output.
  bool query_log = false;
  // Only of what holds the networks: where they are asked for.
  std::string join_path;
  // Only of the load balancer: give up being root once the socket is open.
  bool drop_privileges = false;
  // Where Prometheus is answered; nothing: nowhere.
  std::optional<net::SocketAddress> metrics_address;
};

using Command = std::variant<HelpOptions, VersionOptions, UpOptions, PlanOptions, DownOptions, GetOptions,
                             DescribeOptions, EventsOptions, LogsOptions, TerminateOptions, InstanceCallOptions,
                             DeleteOptions, ProtectOptions, SetDesiredOptions, ExecOptions, StatusOptions,
                             ConsoleCommandOptions, DoctorOptions, DigOptions, ReachOptions, ExplainOptions,
                             IpamOptions, SimulateOptions, ImageImportOptions, ServeOptions, ProcessOptions>;

}  // namespace nubo::cli

#endif  // NUBO_CLI_ARGS_OPTIONS_H_
