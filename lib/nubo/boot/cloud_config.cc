#include "nubo/boot/cloud_config.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "nubo/boot/yaml_tree.h"

namespace nubo::boot {
namespace {

using Kind = ec2::UserDataFinding::Kind;
using Node = YamlNode;

constexpr absl::string_view kNoNetwork = "nothing is installed from the net; put it into the image";
constexpr absl::string_view kOneUser = "an instance has one user, its own";
constexpr absl::string_view kNoSsh = "there is no SSH server; use nubo exec";
constexpr absl::string_view kNoDisks = "an instance has a directory, and no disks to divide or mount";
constexpr absl::string_view kOfTheHost = "it is this machine's, and the same for all instances";
constexpr absl::string_view kNoService = "there is no such service in an instance";

struct Unsupported {
  absl::string_view key;
  Kind kind;
  absl::string_view why;
};

constexpr Unsupported kUnsupported[] = {
    {"packages", Kind::kNotEnforced, kNoNetwork},
    {"package_update", Kind::kNotEnforced, kNoNetwork},
    {"package_upgrade", Kind::kNotEnforced, kNoNetwork},
    {"package_reboot_if_required", Kind::kNotEnforced, kNoNetwork},
    {"repo_update", Kind::kNotEnforced, kNoNetwork},
    {"repo_upgrade", Kind::kNotEnforced, kNoNetwork},
    {"apt", Kind::kNotEnforced, kNoNetwork},
    {"apt_sources", Kind::kNotEnforced, kNoNetwork},
    {"apt_update", Kind::kNotEnforced, kNoNetwork},
    {"apt_upgrade", Kind::kNotEnforced, kNoNetwork},
    {"yum_repos", Kind::kNotEnforced, kNoNetwork},
    {"yum_repo_dir", Kind::kNotEnforced, kNoNetwork},
    {"zypper", Kind::kNotEnforced, kNoNetwork},
    {"apk_repos", Kind::kNotEnforced, kNoNetwork},
    {"snap", Kind::kNotEnforced, kNoNetwork},
    {"drivers", Kind::kNotEnforced, kNoNetwork},
    {"locale", Kind::kNotEnforced, kOfTheHost},
    {"timezone", Kind::kNotEnforced, kOfTheHost},
    {"keyboard", Kind::kNotEnforced, kOfTheHost},
    {"ntp", Kind::kNotEnforced, kOfTheHost},
    {"ca_certs", Kind::kNotEnforced, kOfTheHost},
    {"ca-certs", Kind::kNotEnforced, kOfTheHost},
    {"random_seed", Kind::kNotEnforced, kOfTheHost},
    {"output", Kind::kNotEnforced, "all output goes to the console"},
    {"final_message", Kind::kNotEnforced, "the console tells where each part begins"},
    {"manage_etc_hosts", Kind::kNotEnforced, "/etc/hosts is that of the VPC"},
    {"manage_resolv_conf", Kind::kNotEnforced, "/etc/resolv.conf is that of the VPC"},
    {"resolv_conf", Kind::kNotEnforced, "/etc/resolv.conf is that of the VPC"},
    {"network", Kind::kNotEnforced, "the network is that of the subnet"},
    {"rsyslog", Kind::kNotEnforced, kNoService},
    {"phone_home", Kind::kNotEnforced, "nothing is told to other addresses"},
    {"cloud_init_modules", Kind::kNotEnforced, "the order of what is done is fixed"},
    {"cloud_config_modules", Kind::kNotEnforced, "the order of what is done is fixed"},
    {"cloud_final_modules", Kind::kNotEnforced, "the order of what is done is fixed"},
    {"users", Kind::kRefused, kOneUser},
    {"user", Kind::kRefused, kOneUser},
    {"groups", Kind::kRefused, kOneUser},
    {"system_info", Kind::kRefused, kOneUser},
    {"password", Kind::kRefused, kOneUser},
    {"chpasswd", Kind::kRefused, kOneUser},
    {"ssh_authorized_keys", Kind::kRefused, kNoSsh},
    {"ssh_import_id", Kind::kRefused, kNoSsh},
    {"ssh_keys", Kind::kRefused, kNoSsh},
    {"ssh_deletekeys", Kind::kRefused, kNoSsh},
    {"ssh_genkeytypes", Kind::kRefused, kNoSsh},
    {"ssh_pwauth", Kind::kRefused, kNoSsh},
    {"disable_root", Kind::kRefused, kNoSsh},
    {"disk_setup", Kind::kRefused, kNoDisks},
    {"fs_setup", Kind::kRefused, kNoDisks},
    {"mounts", Kind::kRefused, kNoDisks},
    {"swap", Kind::kRefused, kNoDisks},
    {"growpart", Kind::kRefused, kNoDisks},
    {"resize_rootfs", Kind::kRefused, kNoDisks},
    {"power_state", Kind::kRefused, "an instance is stopped and rebooted from outside"},
    {"ansible", Kind::kRefused, kNoService},
    {"chef", Kind::kRefused, kNoService},
    {"landscape", Kind::kRefused, kNoService},
    {"lxd", Kind::kRefused, kNoService},
    {"mcollective", Kind::kRefused, kNoService},
    {"puppet", Kind::kRefused, kNoService},
    {"salt_minion", Kind::kRefused, kNoService},
    {"ubuntu_advantage", Kind::kRefused, kNoService},
    {"ubuntu_pro", Kind::kRefused, kNoService},
    {"wireguard", Kind::kRefused, kNoService},
};

// They say how the rest is read, or nothing that is not so anyway.
constexpr absl::string_view kTakenAsRead[] = {
    "merge_how", "merge_type", "preserve_hostname", "fqdn",         "hostname", "prefer_fqdn_over_hostname",
    "bootcmd",   "runcmd",     "write_files",       "launch-index", "version"};

constexpr absl::string_view kWriteFileKeys[] = {"path",  "content", "encoding", "permissions",
                                                "owner", "append",  "defer",    "source"};

template <typename List>
bool Contains(const List& list, absl::string_view text) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

// The last of that name, as in every YAML reader that takes two.
const Node* Find(const Node& map, absl::string_view key) {
  const Node* found = nullptr;
  for (size_t i = 0; i < map.keys.size(); ++i) {
    if (map.keys[i].kind == Node::Kind::kScalar && map.keys[i].text == key) found = &map.items[i];
  }
  return found;
}

bool IsTrue(const Node* node) {
  if (node == nullptr) return false;
  const std::string text = absl::AsciiStrToLower(node->text);
  return text == "true" || text == "yes" || text == "on" || text == "1" || text == "y";
}

// Absolute, and without "." and ".."; from the root, as cloud-init's working directory is.
std::string Normalized(absl::string_view path) {
  std::vector<absl::string_view> steps;
  for (const absl::string_view step : absl::StrSplit(path, '/', absl::SkipEmpty())) {
    if (step == "..") {
      if (!steps.empty()) steps.pop_back();
    } else if (step != ".") {
      steps.push_back(step);
    }
  }
  return absl::StrCat("/", absl::StrJoin(steps, "/"));
}

bool IsHostname(absl::string_view name) {
  const auto plain = [](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-'; };
  return !name.empty() && name.size() <= 63 && name.front() != '-' && name.back() != '-' &&
         std::all_of(name.begin(), name.end(), plain);
}

class Reader {
 public:
  explicit Reader(const ec2::Gunzip& gunzip) : gunzip_(gunzip) {}

  void Read(absl::string_view text) {
    const YamlTree tree = ReadYaml(text);
    if (!tree.problem.empty()) return Add(Kind::kRefused, tree.line, tree.column, tree.problem);
    if (tree.root.kind == Node::Kind::kNull) return;
    if (tree.root.kind != Node::Kind::kMap) return Add(Kind::kRefused, tree.root, "a #cloud-config is a map");
    ReadMap(tree.root);
  }

  ec2::CloudConfig Take() && { return std::move(config_); }

 private:
  void Add(Kind kind, int line, int column, std::string message) {
    config_.findings.push_back({kind, "", line, column, std::move(message)});
  }
  void Add(Kind kind, const Node& at, std::string message) { Add(kind, at.line, at.column, std::move(message)); }

  void ReadMap(const Node& map) {
    std::set<std::string> seen;
    for (size_t i = 0; i < map.keys.size(); ++i) {
      const Node& key = map.keys[i];
      if (!seen.insert(key.text).second) {
        Add(Kind::kIgnored, key,
            absl::StrCat(key.text.substr(0, 64), " is there a second time, and the last one counts"));
      } else {
        TellOfKey(key, map.items[i]);
      }
    }
    for (const absl::string_view key : {"merge_how", "merge_type"}) {
      if (const Node* how = Find(map, key)) config_.appends |= AppendsLists(*how);
    }
    if (const Node* commands = Find(map, "bootcmd")) config_.bootcmd = ReadCommands("bootcmd", *commands);
    if (const Node* commands = Find(map, "runcmd")) config_.runcmd = ReadCommands("runcmd", *commands);
    if (const Node* files = Find(map, "write_files")) ReadFiles(*files);
    ReadHostname(map);
  }

  void TellOfKey(const Node& key, const Node& value) {
    if (Contains(kTakenAsRead, key.text)) return;
    const bool off = value.kind == Node::Kind::kNull || value.text == "false" ||
                     (value.kind == Node::Kind::kList && value.items.empty());
    for (const Unsupported& one : kUnsupported) {
      if (one.key != key.text) continue;
      // What asks for nothing goes without nothing.
      if (!off) Add(one.kind, key, absl::StrCat(key.text, ": ", one.why));
      return;
    }
    Add(Kind::kIgnored, key, absl::StrCat(key.text.substr(0, 64), ": nothing reads this key"));
  }

  // As a text, "list(append)+dict(recurse_list)", or as [{name: list, settings: [append]}, …].
  static bool AppendsLists(const Node& how) {
    if (how.kind == Node::Kind::kScalar) return absl::StrContains(how.text, "list(append)");
    for (const Node& merger : how.items) {
      const Node* name = Find(merger, "name");
      const Node* settings = Find(merger, "settings");
      if (name == nullptr || name->text != "list" || settings == nullptr) continue;
      for (const Node& setting : settings->items) {
        if (setting.text == "append") return true;
      }
    }
    return false;
  }

  std::optional<std::vector<std::string>> ReadCommands(absl::string_view key, const Node& list) {
    if (list.kind == Node::Kind::kNull) return std::nullopt;
    if (list.kind != Node::Kind::kList) {
      Add(Kind::kRefused, list, absl::StrCat(key, ": is a list of commands"));
      return std::nullopt;
    }
    std::vector<std::string> lines;
    for (const Node& command : list.items) {
      // A comment after the dash.
      if (command.kind == Node::Kind::kNull) continue;
      if (command.kind == Node::Kind::kScalar) {
        lines.push_back(command.text);
        continue;
      }
      std::vector<std::string> words;
      for (const Node& word : command.items) {
        if (word.kind == Node::Kind::kScalar) words.push_back(word.text);
      }
      if (command.kind == Node::Kind::kMap) {
        Add(Kind::kRefused, command,
            absl::StrCat(key,
                         ": a command with a colon and a blank is a map in YAML; quote it; none of the list is run"));
        return std::nullopt;
      }
      if (words.size() < command.items.size()) {
        Add(Kind::kRefused, command, absl::StrCat(key, ": the words of a command are texts; none of the list is run"));
        return std::nullopt;
      }
      if (!words.empty()) lines.push_back(ec2::ShellWords(words));
    }
    return lines;
  }

  void ReadHostname(const Node& map) {
    const Node* name = Find(map, "hostname");
    if (name == nullptr || name->text.empty()) name = Find(map, "fqdn");
    if (name == nullptr || name->kind == Node::Kind::kNull || IsTrue(Find(map, "preserve_hostname"))) return;
    const std::string first = name->text.substr(0, name->text.find('.'));
    if (!IsHostname(first)) return Add(Kind::kRefused, *name, "hostname: is no name of a host (RFC 1123)");
    config_.hostname = first;
  }

  void ReadFiles(const Node& list) {
    if (list.kind == Node::Kind::kNull) return;
    if (list.kind != Node::Kind::kList) return Add(Kind::kRefused, list, "write_files: is a list of files");
    config_.files.emplace();
    for (const Node& entry : list.items) {
      if (std::optional<ec2::BootFile> file = ReadFile(entry)) config_.files->push_back(*std::move(file));
    }
  }

  std::nullopt_t RefuseFile(const Node& at, absl::string_view why) {
    Add(Kind::kRefused, at, absl::StrCat("write_files: ", why));
    return std::nullopt;
  }

  std::optional<ec2::BootFile> ReadFile(const Node& entry) {
    if (entry.kind != Node::Kind::kMap) return RefuseFile(entry, "each is a map with a path");
    for (const Node& key : entry.keys) {
      if (Contains(kWriteFileKeys, key.text)) continue;
      Add(Kind::kIgnored, key, absl::StrCat("write_files: nothing reads ", key.text.substr(0, 64)));
    }
    const Node* path = Find(entry, "path");
    if (path == nullptr || path->text.empty()) return RefuseFile(entry, "a file has no path");
    // A YAML escape can make one.
    if (absl::StrContains(path->text, absl::string_view("\0", 1))) return RefuseFile(*path, "a path holds no NUL");
    ec2::BootFile file;
    file.path = Normalized(path->text);
    if (file.path == "/" || absl::EndsWith(path->text, "/")) return RefuseFile(*path, "the path is a directory's");
    if (const Node* source = Find(entry, "source")) {
      return RefuseFile(*source, "source: what stands at other addresses is not fetched");
    }
    if (const Node* owner = Find(entry, "owner"); owner != nullptr && owner->kind != Node::Kind::kNull) {
      static constexpr absl::string_view kOwn[] = {"root:root", "root", "root:", ":root", ":", "-1:-1"};
      if (!Contains(kOwn, owner->text)) {
        return RefuseFile(
            *owner, absl::StrCat("owner ", owner->text.substr(0, 64), ": ", kOneUser, ", which root:root stands for"));
      }
    }
    if (const Node* mode = Find(entry, "permissions"); mode != nullptr && mode->kind != Node::Kind::kNull) {
      const std::optional<uint32_t> given = ReadMode(*mode);
      if (!given.has_value()) return std::nullopt;
      file.mode = *given;
    }
    file.append = IsTrue(Find(entry, "append"));
    file.deferred = IsTrue(Find(entry, "defer"));
    if (!ReadContent(entry, file.content)) return std::nullopt;
    return file;
  }

  std::optional<uint32_t> ReadMode(const Node& mode) {
    std::string text = mode.text;
    if (absl::StartsWith(text, "0o")) text.erase(1, 1);
    const bool octal = mode.kind == Node::Kind::kScalar && !text.empty() && text.size() <= 5 &&
                       text.find_first_not_of("01234567") == std::string::npos;
    if (!octal) return RefuseFile(mode, "permissions are an octal number like \"0644\"");
    if (mode.plain && text[0] != '0') {
      return RefuseFile(
          mode, absl::StrCat("permissions ", text, " without quotes are a decimal number; write \"0", text, "\""));
    }
    uint32_t value = 0;
    for (const char digit : text) value = value * 8 + static_cast<uint32_t>(digit - '0');
    if (value > 07777) return RefuseFile(mode, "permissions are at most \"7777\"");
    return value;
  }

  bool ReadContent(const Node& entry, std::string& content) {
    const Node* given = Find(entry, "content");
    if (given == nullptr || given->kind == Node::Kind::kNull) return true;
    if (given->kind != Node::Kind::kScalar) {
      RefuseFile(*given, "content is a text");
      return false;
    }
    content = given->text;
    const Node* named = Find(entry, "encoding");
    const std::string encoding = named == nullptr ? "" : absl::AsciiStrToLower(absl::StripAsciiWhitespace(named->text));
    const bool base64 = absl::EndsWith(encoding, "base64") || absl::EndsWith(encoding, "b64");
    const bool gzip = absl::StartsWith(encoding, "gz");
    static constexpr absl::string_view kKnown[] = {"",     "text/plain", "b64",    "base64",      "gz",
                                                   "gzip", "gz+base64",  "gz+b64", "gzip+base64", "gzip+b64"};
    if (!Contains(kKnown, encoding)) {
      Add(Kind::kIgnored, *named,
          absl::StrCat("write_files: the encoding ", encoding.substr(0, 64),
                       " is none, and the content is taken as it is"));
      return true;
    }
    if (given->binary && !Unbase64(*given, content)) return false;
    if (base64 && !Unbase64(*given, content)) return false;
    if (!gzip) return true;
    absl::StatusOr<std::string> expanded = gunzip_(content, ec2::kExpandedBytesMax);
    if (!expanded.ok()) {
      RefuseFile(*given, absl::StrCat("gzip: ", expanded.status().message()));
      return false;
    }
    content = *std::move(expanded);
    return true;
  }

  bool Unbase64(const Node& at, std::string& content) {
    std::string decoded;
    if (!absl::Base64Unescape(content, &decoded)) {
      RefuseFile(at, "its content is not base64");
      return false;
    }
    content = std::move(decoded);
    return true;
  }

  const ec2::Gunzip& gunzip_;
  ec2::CloudConfig config_;
};

}  // namespace

ec2::CloudConfig ReadCloudConfig(absl::string_view text, const ec2::Gunzip& gunzip) {
  Reader reader(gunzip);
  reader.Read(text);
  return std::move(reader).Take();
}

}  // namespace nubo::boot
