#include "nubo/cli/args/names.h"

#include <algorithm>
#include <filesystem>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/base/strings.h"

namespace nubo::cli {
namespace {

constexpr char kFallbackStackName[] = "stack";

// XDG's base directory specification: a relative path is to be ignored.
bool IsAbsolute(absl::string_view path) { return !path.empty() && path[0] == '/'; }

absl::StatusOr<std::string> ChosenStateDirectory(absl::string_view asked, const Surroundings& surroundings) {
  if (!asked.empty()) return std::string(asked);
  if (std::string set = surroundings.Variable("NUBO_STATE"); !set.empty()) return set;
  if (std::string xdg = surroundings.Variable("XDG_STATE_HOME"); IsAbsolute(xdg)) return absl::StrCat(xdg, "/nubo");
  if (std::string home = surroundings.Variable("HOME"); IsAbsolute(home)) {
    return absl::StrCat(home, "/.local/state/nubo");
  }
  return absl::InvalidArgumentError(
      "no place to keep the region's state: HOME is not set; say where with --state DIRECTORY");
}

}  // namespace

std::string Surroundings::Variable(const std::string& name) const {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

std::string AbsolutePath(absl::string_view path, const Surroundings& surroundings) {
  const std::filesystem::path joined =
      std::filesystem::path(surroundings.current_directory) / std::filesystem::path(base::ToStd(path));
  std::string text = joined.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

absl::StatusOr<std::string> StateDirectory(absl::string_view asked, const Surroundings& surroundings) {
  NUBO_ASSIGN_OR_RETURN(const std::string chosen, ChosenStateDirectory(asked, surroundings));
  if (!IsAbsolute(chosen) && surroundings.current_directory.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("the state directory ", chosen,
                                                   " is relative to the current directory, which is not there any "
                                                   "more; go to another, or give a path that begins with /"));
  }
  std::string state_dir = AbsolutePath(chosen, surroundings);
  if (state_dir.size() > kStateDirBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat("the state directory ", state_dir, " is ", state_dir.size(),
                                                   " bytes long; sockets are kept in it, which allows ",
                                                   kStateDirBytesMax,
                                                   ": choose a shorter one with --state or NUBO_STATE"));
  }
  return state_dir;
}

std::string SocketPath(absl::string_view state_dir) { return absl::StrCat(state_dir, "/run/nubo.sock"); }

std::string InstanceSocketPath(absl::string_view state_dir, absl::string_view id) {
  return absl::StrCat(state_dir, "/run/", id, ".sock");
}

std::string LogPath(absl::string_view state_dir) { return absl::StrCat(state_dir, "/log/nubo.log"); }

bool IsInstanceId(absl::string_view id) {
  return id.size() > 2 && absl::StartsWith(id, "i-") &&
         id.find_first_not_of("0123456789abcdef", 2) == absl::string_view::npos;
}

bool IsStackName(absl::string_view name) {
  if (name.empty() || name.size() > kStackNameMax || !absl::ascii_isalpha(name[0])) return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-'; });
}

std::string StackNameFor(absl::string_view absolute_template_path) {
  const std::filesystem::path path(base::ToStd(absolute_template_path));
  std::string name;
  for (const unsigned char c : path.parent_path().filename().string()) {
    if (name.empty() && !absl::ascii_isalpha(c)) continue;
    name += absl::ascii_isalnum(c) ? static_cast<char>(c) : '-';
  }
  if (name.size() > kStackNameMax) name.resize(kStackNameMax);
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? kFallbackStackName : name;
}

}  // namespace nubo::cli
