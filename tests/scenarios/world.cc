#include "tests/scenarios/world.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"

namespace nubo::scenarios {
namespace {

struct Expected {
  const Line* line = nullptr;
  std::string text;
};

// "launch i-3 in us-east-1b because \"...\"".
std::string Show(absl::string_view text, absl::string_view reason) {
  return reason.empty() ? std::string(text) : absl::StrCat(text, " because \"", reason, "\"");
}

bool Matches(const Expected& expected, const Seen& seen) {
  if (expected.text != seen.text) return false;
  const std::optional<std::string>& reason = expected.line->because;
  return !reason.has_value() || absl::StrContains(seen.reason, *reason);
}

// Holds what one step shows against its lines; returns what differs, a line each.
std::vector<std::string> Differences(const Line& step, const std::vector<Expected>& expected,
                                     const std::vector<Seen>& seen) {
  std::vector<std::string> differences;
  const auto add = [&](const Line& line, absl::string_view what, absl::string_view thing) {
    differences.push_back(absl::StrCat(line.file, ":", line.number, ": ", what, thing));
  };
  std::vector<bool> listed(seen.size(), false);
  int order = 0;
  for (const Expected& one : expected) {
    size_t found = 0;
    while (found < seen.size() && (listed[found] || !Matches(one, seen[found]))) ++found;
    if (found == seen.size()) {
      add(*one.line, "expected, and not seen: ", Show(one.text, one.line->because.value_or("")));
      continue;
    }
    listed[found] = true;
    if (seen[found].order < order) add(*one.line, "seen, but before what is listed above it: ", one.text);
    order = std::max(order, seen[found].order);
  }
  for (size_t i = 0; i < seen.size(); ++i) {
    if (!listed[i]) add(step, "seen, and not expected: ", Show(seen[i].text, seen[i].reason));
  }
  if (differences.empty()) return differences;
  add(step, seen.empty() ? "nothing was seen" : "all that was seen:", "");
  for (const Seen& one : seen) differences.push_back(absl::StrCat("  ", Show(one.text, one.reason)));
  return differences;
}

class ScenarioRun {
 public:
  explicit ScenarioRun(World& world) : world_(world) {}

  absl::Status Take(const Statement& statement) {
    const Line& head = statement.head;
    const bool declares = !head.words.empty() && !head.words[0].quoted && world_.Declares(head.words[0].text);
    if (!declares) return Step(statement);
    if (statement.at.has_value()) return head.Error("what there is has no time; only steps have one");
    if (stepped_) return head.Error("what there is stands before the first step");
    return world_.Declare(statement);
  }

  absl::Status End(const Line& last) const {
    if (unseen_ != nullptr) {
      return unseen_->Error(
          "nothing is said of what is to be seen after this step; expected lines below it, or nothing");
    }
    return stepped_ ? absl::OkStatus() : last.Error("the scenario checks nothing; expected a step");
  }

 private:
  absl::Status Step(const Statement& statement) {
    stepped_ = true;
    if (statement.at.has_value()) {
      if (!world_.has_time()) return statement.head.Error("no time passes in a scenario of this kind");
      if (*statement.at < now_) return statement.head.Error("this step is earlier than the one before it");
      now_ = *statement.at;
    }
    NUBO_RETURN_IF_ERROR(world_.Do(statement.head, now_));
    unseen_ = statement.parts.empty() ? &statement.head : nullptr;
    return statement.parts.empty() ? absl::OkStatus() : Check(statement);
  }

  absl::Status Check(const Statement& statement) {
    std::vector<Expected> expected;
    for (const Line& line : statement.parts) {
      if (line.Rest() == "nothing" && !line.because.has_value()) {
        if (statement.parts.size() == 1) continue;
        return line.Error("nothing stands alone below its step");
      }
      NUBO_ASSIGN_OR_RETURN(std::string text, world_.Canonical(line));
      expected.push_back({&line, std::move(text)});
    }
    NUBO_ASSIGN_OR_RETURN(const std::vector<Seen> seen, world_.See(statement.parts));
    const std::vector<std::string> differences = Differences(statement.head, expected, seen);
    return differences.empty() ? absl::OkStatus() : absl::FailedPreconditionError(absl::StrJoin(differences, "\n"));
  }

  World& world_;
  absl::Duration now_;
  bool stepped_ = false;
  // The last step, if nothing stands below it.
  const Line* unseen_ = nullptr;
};

absl::Status RunFile(const std::string& path, World& world) {
  std::ifstream file(path);
  if (!file.good()) return absl::NotFoundError(absl::StrCat(path, " cannot be read"));
  return RunScenario(std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()), path, world);
}

}  // namespace

absl::Status RunScenario(absl::string_view text, absl::string_view file, World& world) {
  NUBO_ASSIGN_OR_RETURN(const std::vector<Statement> statements, ReadScript(text, file));
  ScenarioRun run(world);
  for (const Statement& statement : statements) NUBO_RETURN_IF_ERROR(run.Take(statement));
  return run.End(statements.back().head);
}

std::vector<absl::Status> RunFolder(const std::string& folder, size_t files_min,
                                    const std::function<std::unique_ptr<World>()>& make_world) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  std::vector<absl::Status> failures;
  if (files.size() < files_min) {
    failures.push_back(
        absl::NotFoundError(absl::StrCat(folder, " has ", files.size(), " scenarios; expected at least ", files_min)));
  }
  for (const std::string& file : files) {
    absl::Status status = RunFile(file, *make_world());
    if (!status.ok()) failures.push_back(std::move(status));
  }
  return failures;
}

}  // namespace nubo::scenarios
