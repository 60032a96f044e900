// What an instance does when it boots, as its user data say (user_data.h), and the shell script that does it.
//
// The order is cloud-init's: boothooks, bootcmd, files, deferred files, scripts for each boot, scripts, those last by
// their names, with runcmd's commands among them as a script called "runcmd". Boothooks, bootcmd and the scripts for
// each boot run at every boot, all else at the first. Each part is a process of its own with its own interpreter; one
// that fails keeps none from running, and the first one's status is the whole script's.
//
// Example:
//   ec2::BootPlan plan;
//   plan.files = {{.path = "/etc/app.conf", .content = "port=80\n", .mode = 0600}};
//   plan.scripts = {{.name = "part-001", .text = "#!/bin/sh\nexec app\n"}};
//   std::string first = ec2::ToScript(plan, ec2::Boot::kFirst);
//   std::string later = ec2::ToScript(plan, ec2::Boot::kLater);  // "": nothing then
//
// Thread safety: values and pure functions.
#ifndef NUBO_EC2_BOOT_PLAN_H_
#define NUBO_EC2_BOOT_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace nubo::ec2 {

// Something in user data that is not done as it stands there.
struct UserDataFinding {
  enum class Kind {
    // It, and what belongs to it, is left out.
    kRefused,
    // The rest is done without it.
    kNotEnforced,
    // cloud-init takes no notice of it either, or only warns.
    kIgnored,
  };
  Kind kind = Kind::kRefused;
  // The part it is in, "part-001"; "": the user data as a whole.
  std::string part = {};
  // From 1. Of the user data where the part stands in them as it is, else of the part once it is decoded; 0: no line.
  int line = 0;
  int column = 0;
  // One sentence, without its full stop.
  std::string message = {};
};

// "part-001 3:1: refused: users: an instance has one user, its own".
std::string ToString(const UserDataFinding& finding);

struct BootScript {
  // Of letters, digits, '_', '-' and '.', and beginning with none of the last.
  std::string name;
  // Begins with "#!".
  std::string text;
};

struct BootFile {
  // Absolute, without "." and "..".
  std::string path;
  // Any bytes.
  std::string content = {};
  uint32_t mode = 0644;
  bool append = false;
  // Written right before the scripts run.
  bool deferred = false;
};

struct BootPlan {
  std::vector<BootScript> boothooks;
  // Lines of shell.
  std::vector<std::string> bootcmd;
  std::vector<BootFile> files;
  // Not set by the script, since an instance may not: whoever starts it does. "": it keeps the usual one.
  std::string hostname;
  std::vector<BootScript> boot_scripts;
  std::vector<BootScript> scripts;
  std::vector<UserDataFinding> findings;
};

enum class Boot { kFirst, kLater };

// The script, to be run by its own "#!" in the instance's directory, below which it keeps its parts in ".user-data"; ""
// if there is nothing to run. Its last part takes its place, if none before has failed: a part that becomes a server by
// `exec` is what the script has become. A plan that is nothing but one script is that script, byte by byte.
//
// It tells in its output where each part begins, and first what of the user data is not done.
std::string ToScript(const BootPlan& plan, Boot boot);

// The lines of shell for a command in cloud-init's two forms: as it stands; and word by word, each quoted.
std::string ShellWords(const std::vector<std::string>& words);
// Any text as one word of shell. No NUL.
std::string ShellQuote(absl::string_view text);

}  // namespace nubo::ec2

#endif  // NUBO_EC2_BOOT_PLAN_H_
