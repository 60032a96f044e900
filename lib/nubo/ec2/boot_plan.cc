#include "nubo/ec2/boot_plan.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace nubo::ec2 {
namespace {

absl::string_view KindName(UserDataFinding::Kind kind) {
  switch (kind) {
    case UserDataFinding::Kind::kRefused:
      return "refused";
    case UserDataFinding::Kind::kNotEnforced:
      return "not enforced";
    case UserDataFinding::Kind::kIgnored:
      break;
  }
  return "ignored";
}

// Every part's file has the name of the whole: it stays the same process by name (proc(5), comm) when the last one
// takes its place.
constexpr absl::string_view kPrelude = R"(#!/bin/sh
# Made of the instance's user data.
here=$PWD/.user-data
status=0
failed() {
  echo "nubo: $1 ended with status $2"
  [ $status != 0 ] || status=$2
}
run() {
  echo "nubo: $1 begins"
  INSTANCE_ID=$NUBO_INSTANCE_ID "$here/$1/user-data" || failed "$1" $?
}
become() {
  [ $status = 0 ] || return 0
  echo "nubo: $1 begins"
  INSTANCE_ID=$NUBO_INSTANCE_ID; export INSTANCE_ID
  exec "$here/$1/user-data"
}
)";

// A printf(1) of the shell's own, which writes these bytes: no shell holds a NUL in a word.
std::string Printf(absl::string_view bytes) {
  if (bytes.find('\0') == absl::string_view::npos) return absl::StrCat("printf %s ", ShellQuote(bytes));
  const std::string escaped = absl::StrReplaceAll(bytes, {{"\\", "\\\\"}, {absl::string_view("\0", 1), "\\0000"}});
  return absl::StrCat("printf %b ", ShellQuote(escaped));
}

// The parts of one boot as they are run; all are written first, so that none can change another on its way.
class Script {
 public:
  void Say(absl::string_view text) { absl::StrAppend(&text_, "printf '%s\\n' ", ShellQuote(text), "\n"); }

  void Write(const BootFile& file) {
    const std::string path = ShellQuote(file.path);
    const size_t slash = file.path.rfind('/');
    const std::string parent = ShellQuote(slash == 0 ? "/" : absl::string_view(file.path).substr(0, slash));
    absl::StrAppend(&text_, "{ mkdir -p ", parent, " && ", Printf(file.content), file.append ? " >> " : " > ", path,
                    absl::StrFormat(" && chmod %04o ", file.mode), path, "; } || failed ",
                    ShellQuote(absl::StrCat("write_files ", file.path)), " 1\n");
  }

  void Run(absl::string_view stage, const BootScript& script) {
    const std::string part = script.name.empty() ? std::string(stage) : absl::StrCat(stage, "/", script.name);
    const std::string directory = absl::StrCat("\"$here\"/", part);
    absl::StrAppend(&text_, "{ mkdir -p ", directory, " && ", Printf(script.text), " > ", directory,
                    "/user-data && chmod 0700 ", directory, "/user-data; } || failed ", part, " 1\n");
    // The place of the last is known when all are.
    last_ = text_.size();
    part_ = part;
    absl::StrAppend(&text_, "run ", part, "\n");
  }

  std::string Finish() && {
    // What is run last takes the place of the whole, unless something is written after it.
    if (!part_.empty() && text_.size() == last_ + part_.size() + 5) {
      text_.insert(last_, absl::StrCat("become ", part_, "\n"));
    }
    return absl::StrCat(kPrelude, text_, "exit $status\n");
  }

 private:
  std::string text_;
  std::string part_;
  size_t last_ = 0;
};

bool IsOneScript(const BootPlan& plan) {
  return plan.scripts.size() == 1 && plan.boothooks.empty() && plan.bootcmd.empty() && plan.files.empty() &&
         plan.boot_scripts.empty() && plan.findings.empty();
}

}  // namespace

std::string ToString(const UserDataFinding& finding) {
  std::string where = finding.part;
  if (finding.line > 0) absl::StrAppend(&where, where.empty() ? "" : " ", finding.line, ":", finding.column);
  return absl::StrCat(where, where.empty() ? "" : ": ", KindName(finding.kind), ": ", finding.message);
}

std::string ShellQuote(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

std::string ShellWords(const std::vector<std::string>& words) {
  return absl::StrJoin(words, " ",
                       [](std::string* out, const std::string& word) { absl::StrAppend(out, ShellQuote(word)); });
}

std::string ToScript(const BootPlan& plan, Boot boot) {
  const bool first = boot == Boot::kFirst;
  if (first && IsOneScript(plan)) return plan.scripts[0].text;
  const bool each_boot = !plan.boothooks.empty() || !plan.bootcmd.empty() || !plan.boot_scripts.empty();
  const bool once = !plan.files.empty() || !plan.scripts.empty() || !plan.findings.empty();
  if (!each_boot && !(first && once)) return "";
  Script script;
  if (first) {
    for (const UserDataFinding& finding : plan.findings) {
      script.Say(absl::StrCat("nubo: user data: ", ToString(finding)));
    }
  }
  for (const BootScript& hook : plan.boothooks) script.Run("boothook", hook);
  if (!plan.bootcmd.empty()) {
    script.Run("bootcmd", {"", absl::StrCat("#!/bin/sh\n", absl::StrJoin(plan.bootcmd, "\n"), "\n")});
  }
  for (const bool deferred : {false, true}) {
    for (const BootFile& file : plan.files) {
      if (first && file.deferred == deferred) script.Write(file);
    }
  }
  for (const BootScript& part : plan.boot_scripts) script.Run("each-boot", part);
  if (first) {
    for (const BootScript& part : plan.scripts) script.Run("script", part);
  }
  return std::move(script).Finish();
}

}  // namespace nubo::ec2
