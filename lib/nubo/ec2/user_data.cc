#include "nubo/ec2/user_data.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "nubo/base/status.h"
#include "nubo/ec2/mime.h"

namespace nubo::ec2 {
namespace {

using Kind = UserDataFinding::Kind;

constexpr size_t kNameLengthMax = 64;
// Where cloud-init looks for the header that makes a message of them.
constexpr size_t kMimeVersionWithin = 4096;
constexpr absl::string_view kGzipMagic = "\x1f\x8b\x08";
constexpr absl::string_view kHookPrefix = "#cloud-boothook";

// How a text begins, and what it is then; a longer beginning before one that it begins with.
constexpr std::pair<absl::string_view, absl::string_view> kBeginnings[] = {
    {"#cloud-config-archive", "text/cloud-config-archive"},
    {"## template: jinja", "text/jinja2"},
    {kHookPrefix, "text/cloud-boothook"},
    {"#cloud-config", "text/cloud-config"},
    {"#include", "text/x-include-url"},
    {"#part-handler", "text/part-handler"},
    {"#upstart-job", "text/upstart-job"},
    {"<powershell", "text/x-windows"},
    {"<script", "text/x-windows"},
    {"#!", "text/x-shellscript"},
};

// What is not done, by its type, and why.
constexpr std::pair<absl::string_view, absl::string_view> kRefused[] = {
    {"text/x-include-url", "#include: what stands at other addresses is not fetched; put it into the user data"},
    {"text/x-include-once-url",
     "#include-once: what stands at other addresses is not fetched; put it into the user data"},
    {"text/cloud-config-archive", "#cloud-config-archive is not read; use a MIME multi-part message"},
    {"text/part-handler", "#part-handler: handlers of parts are not run"},
    {"text/upstart-job", "#upstart-job: there is no init system to start it"},
    {"text/jinja2", "templates (## template: jinja) are not rendered"},
    {"text/x-windows", "scripts for Windows cannot run here"},
};

constexpr absl::string_view kGzipTypes[] = {
    "application/gzip",         "application/gzip-compressed", "application/gzipped", "application/x-compress",
    "application/x-compressed", "application/x-gunzip",        "application/x-gzip",  "application/x-gzip-compressed",
};

template <typename Table>
absl::string_view Find(const Table& table, absl::string_view key) {
  for (const auto& [name, value] : table) {
    if (name == key) return value;
  }
  return "";
}

// By how it begins, blanks left out and in any case, as cloud-init does; "": as none of them.
absl::string_view TypeByBeginning(absl::string_view text) {
  text = absl::StripLeadingAsciiWhitespace(text);
  for (const auto& [beginning, type] : kBeginnings) {
    if (absl::StartsWithIgnoreCase(text, beginning)) return type;
  }
  return "";
}

// As cloud-init does, from its first line.
std::string WithUnixLineEnds(absl::string_view text) {
  const size_t end = text.find('\n');
  const bool foreign = end != absl::string_view::npos && end > 0 && text[end - 1] == '\r';
  return foreign ? absl::StrReplaceAll(text, {{"\r\n", "\n"}}) : std::string(text);
}

// A name for the part's file, or "": none of it can be one.
std::string PlainName(absl::string_view filename) {
  std::string name;
  for (const char c : filename) {
    if (c == '/') name.push_back('_');
    const bool plain = absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
    if (plain) name.push_back(c);
  }
  const size_t first = name.find_first_not_of('.');
  return first == std::string::npos ? "" : name.substr(first, kNameLengthMax);
}

// A later part of the same name takes the place of the former.
void Put(std::vector<BootScript>& scripts, BootScript script) {
  for (BootScript& known : scripts) {
    if (known.name == script.name) {
      known = std::move(script);
      return;
    }
  }
  scripts.push_back(std::move(script));
}

template <typename List>
void Merge(std::optional<List>& into, std::optional<List> from, bool appends) {
  if (!from.has_value()) return;
  if (appends && into.has_value()) {
    into->insert(into->end(), from->begin(), from->end());
  } else {
    into = std::move(from);
  }
}

class Reader {
 public:
  explicit Reader(const UserDataReaders& readers)
      : readers_(readers),
        gunzip_([this](absl::string_view bytes, size_t bytes_max) { return Expand(bytes, bytes_max); }) {}
  // Its functions know where it is.
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void Read(absl::string_view bytes) {
    std::string expanded;
    if (absl::StartsWith(bytes, kGzipMagic)) {
      absl::StatusOr<std::string> whole = gunzip_(bytes, kExpandedBytesMax);
      if (!whole.ok()) return Add(Kind::kRefused, 0, 0, absl::StrCat("gzip: ", whole.status().message()));
      expanded = *std::move(whole);
      bytes = expanded;
    }
    const std::string head = absl::AsciiStrToLower(bytes.substr(0, kMimeVersionWithin));
    if (absl::StrContains(head, "mime-version:")) {
      for (MimePart& part : ReadMime(bytes)) ReadPart(std::move(part));
      return;
    }
    MimePart whole;
    whole.type = "text/plain";
    whole.body = std::string(bytes);
    whole.line = 1;
    whole_ = true;
    ReadPart(std::move(whole));
  }

  BootPlan Finish() && {
    if (findings_ > kUserDataFindingsMax) {
      plan_.findings.push_back({Kind::kIgnored, "", 0, 0, absl::StrCat(findings_ - kUserDataFindingsMax, " more")});
    }
    plan_.bootcmd = std::move(config_.bootcmd).value_or(std::vector<std::string>());
    plan_.files = std::move(config_.files).value_or(std::vector<BootFile>());
    plan_.hostname = std::move(config_.hostname).value_or("");
    if (config_.runcmd.has_value() && !config_.runcmd->empty()) {
      std::string text = "#!/bin/sh\n";
      for (const std::string& line : *config_.runcmd) absl::StrAppend(&text, line, "\n");
      Put(plan_.scripts, {"runcmd", std::move(text)});
    }
    std::sort(plan_.scripts.begin(), plan_.scripts.end(),
              [](const BootScript& a, const BootScript& b) { return a.name < b.name; });
    return std::move(plan_);
  }

 private:
  // All of them share one bound.
  absl::StatusOr<std::string> Expand(absl::string_view bytes, size_t bytes_max) {
    absl::StatusOr<std::string> expanded = readers_.gunzip(bytes, std::min(bytes_max, expanded_left_));
    if (expanded.ok()) expanded_left_ -= std::min(expanded->size(), expanded_left_);
    return expanded;
  }

  void Add(Kind kind, int line, int column, absl::string_view message) {
    if (++findings_ > kUserDataFindingsMax) return;
    plan_.findings.push_back({kind, whole_ ? "" : part_, line, column, std::string(message)});
  }

  void ReadPart(MimePart part) {
    part_ = absl::StrFormat("part-%03d", ++parts_);
    if (!part.problem.empty()) {
      return Add(Kind::kRefused, part.problem_line, part.problem_line > 0 ? 1 : 0, part.problem);
    }
    const auto is_gzip = [&](absl::string_view type) { return part.type == type; };
    if (absl::StartsWith(part.body, kGzipMagic) || std::any_of(std::begin(kGzipTypes), std::end(kGzipTypes), is_gzip)) {
      absl::StatusOr<std::string> body = gunzip_(part.body, kExpandedBytesMax);
      if (!body.ok()) return Add(Kind::kRefused, part.line, 1, absl::StrCat("gzip: ", body.status().message()));
      part.body = *std::move(body);
      part.line = 0;
      // What it is shows only now.
      part.type = "text/plain";
    }
    if (absl::StripAsciiWhitespace(part.body).empty()) return;
    if (part.type == "text/plain" || part.type == "text/x-not-multipart" || part.type == "text/x-shellscript") {
      if (const absl::string_view type = TypeByBeginning(part.body); !type.empty()) part.type = std::string(type);
    }
    if (const std::string name = PlainName(part.filename); !name.empty()) part_ = name;
    first_line_ = std::max(part.line, 1);
    ReadAsItsType(part);
  }

  void ReadAsItsType(const MimePart& part) {
    if (absl::StartsWith(part.type, "text/x-shellscript")) return ReadScript(part);
    if (part.type == "text/cloud-boothook") return ReadHook(part);
    if (part.type == "text/cloud-config") return ReadConfig(part);
    if (const absl::string_view why = Find(kRefused, part.type); !why.empty()) {
      return Add(Kind::kRefused, first_line_, 1, why);
    }
    if (part.type != "text/plain" && part.type != "text/x-not-multipart") {
      return Add(Kind::kIgnored, first_line_, 1, absl::StrCat("nothing reads parts of type ", part.type.substr(0, 64)));
    }
    const bool blank_first = absl::StartsWith(part.body, "\n") || absl::StartsWith(part.body, "\r\n");
    const bool headers = absl::StrContains(
        absl::AsciiStrToLower(absl::string_view(part.body).substr(0, kMimeVersionWithin)), "content-type:");
    if (headers && blank_first) {
      return Add(Kind::kIgnored, first_line_, 1, "an empty line ends the headers of a MIME message before they begin");
    }
    if (headers) {
      return Add(Kind::kIgnored, first_line_, 1, "a MIME message has the header MIME-Version in its first 4,096 bytes");
    }
    Add(Kind::kIgnored, first_line_, 1,
        "it is neither a script (#!) nor #cloud-config, #cloud-boothook or a MIME message, so that nothing is done");
  }

  void ReadScript(const MimePart& part) {
    if (!absl::StartsWith(part.body, "#!")) {
      const bool later = TypeByBeginning(part.body) == "text/x-shellscript";
      return Add(Kind::kRefused, first_line_, 1,
                 later ? "a script begins with #!, and there are blanks before it" : "a script begins with #!");
    }
    if (part.type == "text/x-shellscript-per-boot") {
      Put(plan_.boot_scripts, {part_, WithUnixLineEnds(part.body)});
    } else if (part.type == "text/x-shellscript" || part.type == "text/x-shellscript-per-instance" ||
               part.type == "text/x-shellscript-per-once") {
      Put(plan_.scripts, {part_, WithUnixLineEnds(part.body)});
    } else {
      Add(Kind::kIgnored, first_line_, 1, absl::StrCat("nothing reads parts of type ", part.type.substr(0, 64)));
    }
  }

  void ReadHook(const MimePart& part) {
    std::string text = WithUnixLineEnds(part.body);
    absl::string_view rest = absl::StripLeadingAsciiWhitespace(text);
    if (absl::StartsWithIgnoreCase(rest, kHookPrefix)) rest.remove_prefix(kHookPrefix.size());
    rest = absl::StripLeadingAsciiWhitespace(rest);
    if (rest.empty()) return;
    Put(plan_.boothooks, {part_, absl::StrCat(absl::StartsWith(rest, "#!") ? "" : "#!/bin/sh\n", rest)});
  }

  void ReadConfig(const MimePart& part) {
    CloudConfig config = readers_.cloud_config(part.body, gunzip_);
    for (const UserDataFinding& finding : config.findings) {
      Add(finding.kind, finding.line > 0 ? finding.line + first_line_ - 1 : first_line_, std::max(finding.column, 1),
          finding.message);
    }
    const bool appends = config.appends || absl::StrContains(part.merge_type, "list(append)");
    Merge(config_.bootcmd, std::move(config.bootcmd), appends);
    Merge(config_.files, std::move(config.files), appends);
    Merge(config_.runcmd, std::move(config.runcmd), appends);
    if (config.hostname.has_value()) config_.hostname = std::move(config.hostname);
  }

  const UserDataReaders& readers_;
  const Gunzip gunzip_;
  size_t expanded_left_ = kExpandedBytesMax;
  BootPlan plan_;
  // Of all parts so far.
  CloudConfig config_;
  // They are no message of parts.
  bool whole_ = false;
  int parts_ = 0;
  size_t findings_ = 0;
  // Of the part that is being read.
  std::string part_;
  int first_line_ = 1;
};

std::string Sentence(const UserDataFinding& finding) {
  std::string where = finding.part;
  if (finding.line > 0) absl::StrAppend(&where, where.empty() ? "line " : " line ", finding.line);
  return absl::StrCat("user data: ", finding.message, where.empty() ? "" : absl::StrCat(" (", where, ")"));
}

}  // namespace

absl::StatusOr<BootPlan> ReadUserData(absl::string_view bytes, const UserDataReaders& readers) {
  if (bytes.size() > kUserDataBytesMax) {
    return base::WithErrorCode(
        absl::InvalidArgumentError(absl::StrCat("user data has ", bytes.size(), " bytes decoded; at most ",
                                                kUserDataBytesMax, " are allowed")),
        "InvalidUserData.Malformed");
  }
  Reader reader(readers);
  reader.Read(bytes);
  return std::move(reader).Finish();
}

absl::Status CheckPlan(const BootPlan& plan) {
  for (const UserDataFinding& finding : plan.findings) {
    if (finding.kind != Kind::kRefused) continue;
    return base::WithErrorCode(absl::InvalidArgumentError(Sentence(finding)), "UnsupportedOperation");
  }
  return absl::OkStatus();
}

std::vector<std::string> NotDone(const BootPlan& plan) {
  std::vector<std::string> sentences;
  for (const UserDataFinding& finding : plan.findings) {
    if (finding.kind != Kind::kRefused) sentences.push_back(Sentence(finding));
  }
  return sentences;
}

}  // namespace nubo::ec2
