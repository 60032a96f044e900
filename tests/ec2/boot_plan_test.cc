// The shell script of a boot plan, run by real shells.
#include "nubo/ec2/boot_plan.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace nubo::ec2 {
namespace {

namespace fs = std::filesystem;

std::string Slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

// A directory of its own, as an instance has.
struct Instance {
  Instance() {
    char pattern[] = "/tmp/nubo-boot-XXXXXX";
    root = mkdtemp(pattern);
    fs::create_directory(root + "/instance");
  }
  ~Instance() { fs::remove_all(root); }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  // Its status; what it says is in `output`.
  int Run(const BootPlan& plan, Boot boot = Boot::kFirst, const std::string& shell = "") {
    const std::string path = root + "/instance/user-data";
    std::ofstream(path, std::ios::binary) << ToScript(plan, boot);
    fs::permissions(path, fs::perms::owner_all);
    const int status = std::system(
        absl::StrCat("cd ", root, "/instance && NUBO_INSTANCE_ID=i-1 ", shell, " ", path, " > ", root, "/output 2>&1")
            .c_str());
    output = Slurp(root + "/output");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::string root;
  std::string output;
};

UserDataFinding Finding(const std::string& message) {
  return {UserDataFinding::Kind::kNotEnforced, "part-001", 3, 7, message};
}

BOOST_FIXTURE_TEST_SUITE(boot_plan, Instance)

BOOST_AUTO_TEST_CASE(nothing_needs_no_script) {
  BOOST_TEST(ToScript({}, Boot::kFirst) == "");
  BOOST_TEST(ToScript({}, Boot::kLater) == "");
}

BOOST_AUTO_TEST_CASE(one_script_stays_as_it_is) {
  BootPlan plan;
  plan.scripts = {{"part-001", "#!/usr/bin/python3\nprint('\\0')\n"}};
  plan.hostname = "web";
  BOOST_TEST(ToScript(plan, Boot::kFirst) == plan.scripts[0].text);
  BOOST_TEST(ToScript(plan, Boot::kLater) == "");
}

// Everything there is, in an order other than that it is done in.
BootPlan Everything(const std::string& root) {
  BootPlan plan;
  plan.scripts = {{"a", "#!/bin/sh\necho a $INSTANCE_ID $(cat " + root + "/deferred)\n"},
                  {"b", "#!/bin/bash\n[[ -n $BASH ]] && echo b\n"}};
  plan.boot_scripts = {{"each", "#!/bin/sh\necho each\n"}};
  plan.files = {{.path = root + "/deferred", .content = "late", .deferred = true},
                {.path = root + "/dir/file", .content = "file", .mode = 0640}};
  plan.bootcmd = {"echo bootcmd $INSTANCE_ID", "echo again"};
  plan.boothooks = {{"hook", "#!/bin/sh\necho hook; [ ! -e " + root + "/dir ] || echo file\n"}};
  plan.findings = {Finding("packages: it's \"left\" out")};
  return plan;
}

constexpr char kEachBoot[] =
    "nubo: boothook/hook begins\nhook\n%snubo: bootcmd begins\nbootcmd i-1\nagain\nnubo: each-boot/each begins\neach\n";

std::string EachBoot(const std::string& seen) {
  std::string text = kEachBoot;
  return text.replace(text.find("%s"), 2, seen);
}

BOOST_DATA_TEST_CASE_F(Instance, all_is_done_in_order_by_every_shell, std::vector<std::string>({"", "dash", "bash"})) {
  BOOST_TEST(Run(Everything(root), Boot::kFirst, sample) == 0);
  BOOST_TEST(output == "nubo: user data: part-001 3:7: not enforced: packages: it's \"left\" out\n" + EachBoot("") +
                           "nubo: script/a begins\na i-1 late\nnubo: script/b begins\nb\n");
  BOOST_TEST(Slurp(root + "/dir/file") == "file");
  BOOST_TEST((fs::status(root + "/dir/file").permissions() == fs::perms(0640)));
}

BOOST_AUTO_TEST_CASE(a_later_boot_does_what_each_boot_does) {
  const BootPlan plan = Everything(root);
  BOOST_TEST(Run(plan) == 0);
  BOOST_TEST(Run(plan, Boot::kLater) == 0);
  BOOST_TEST(output == EachBoot("file\n"));
}

BOOST_AUTO_TEST_CASE(the_first_that_fails_gives_the_status_and_the_rest_runs) {
  BootPlan plan;
  plan.scripts = {{"a", "#!/bin/sh\necho a\n"}, {"b", "#!/bin/sh\nexit 3\n"}, {"c", "#!/bin/sh\necho c; exit 4\n"}};
  BOOST_TEST(Run(plan) == 3);
  BOOST_TEST(output ==
             "nubo: script/a begins\na\nnubo: script/b begins\nnubo: script/b ended with status 3\n"
             "nubo: script/c begins\nc\nnubo: script/c ended with status 4\n");
}

BOOST_AUTO_TEST_CASE(a_signal_is_a_failure) {
  BootPlan plan;
  plan.bootcmd = {"kill -KILL $$"};
  plan.scripts = {{"a", "#!/bin/sh\nexit 0\n"}};
  BOOST_TEST(Run(plan) == 137);
}

BOOST_AUTO_TEST_CASE(the_last_takes_the_place_of_the_whole) {
  BootPlan plan;
  plan.bootcmd = {"echo $PPID > shell"};
  plan.scripts = {{"a", "#!/bin/sh\necho $$ > script; cat /proc/$$/comm > name; exit 5\n"}};
  BOOST_TEST(Run(plan) == 5);
  BOOST_TEST(Slurp(root + "/instance/shell") == Slurp(root + "/instance/script"));
  BOOST_TEST(Slurp(root + "/instance/name") == "user-data\n");
}

BOOST_AUTO_TEST_CASE(a_missing_interpreter_is_a_failure) {
  BootPlan plan;
  plan.scripts = {{"a", "#!/no/such/shell\n"}, {"b", "#!/bin/sh\necho b\n"}};
  BOOST_TEST(Run(plan) != 0);
  BOOST_TEST(absl::StrContains(output, "nubo: script/b begins\nb\n"));
  plan.scripts.pop_back();
  plan.findings = {Finding("x")};
  BOOST_TEST(Run(plan) != 0);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_written_is_a_failure) {
  std::ofstream(root + "/plain") << "x";
  BootPlan plan;
  plan.files = {{.path = root + "/plain/below"}, {.path = root + "/written", .content = "y"}};
  BOOST_TEST(Run(plan) == 1);
  BOOST_TEST(absl::StrContains(output, "nubo: write_files " + root + "/plain/below ended with status 1\n"));
  BOOST_TEST(Slurp(root + "/written") == "y");
}

BOOST_AUTO_TEST_CASE(what_is_written_may_be_appended) {
  BootPlan plan;
  plan.files = {{.path = root + "/file", .content = "1\n"}, {.path = root + "/file", .content = "2\n", .append = true}};
  BOOST_TEST(Run(plan) == 0);
  BOOST_TEST(Slurp(root + "/file") == "1\n2\n");
}

BOOST_DATA_TEST_CASE_F(Instance, every_byte_is_written_as_it_is, std::vector<std::string>({"dash", "bash"})) {
  std::string all, without_nul;
  for (int round = 0; round < 2; ++round) {
    for (int byte = 0; byte < 256; ++byte) {
      all.push_back(static_cast<char>(byte));
      if (byte != 0) without_nul.push_back(static_cast<char>(byte));
    }
  }
  BootPlan plan;
  const std::vector<std::string> contents = {"",   all,    without_nul, "'; reboot; '", "\\n\\0%s",
                                             "-n", "\n\n", "a\\cb",     "x\\c" + all,   "$(reboot)`reboot`"};
  for (size_t i = 0; i < contents.size(); ++i) {
    plan.files.push_back({.path = absl::StrCat(root, "/it's $(file) ", i), .content = contents[i]});
  }
  BOOST_TEST(Run(plan, Boot::kFirst, sample) == 0);
  BOOST_TEST(output == "");
  for (size_t i = 0; i < contents.size(); ++i) {
    BOOST_TEST((Slurp(absl::StrCat(root, "/it's $(file) ", i)) == contents[i]), i);
  }
}

BOOST_AUTO_TEST_CASE(words_are_quoted) {
  BOOST_TEST(ShellWords({}) == "");
  BOOST_TEST(ShellWords({"a", "", "it's", "$x"}) == "'a' '' 'it'\\''s' '$x'");
}

BOOST_AUTO_TEST_CASE(findings_say_where_they_are) {
  UserDataFinding finding = Finding("packages: no");
  BOOST_TEST(ToString(finding) == "part-001 3:7: not enforced: packages: no");
  finding.part = "";
  finding.kind = UserDataFinding::Kind::kRefused;
  BOOST_TEST(ToString(finding) == "3:7: refused: packages: no");
  finding.line = 0;
  finding.kind = UserDataFinding::Kind::kIgnored;
  BOOST_TEST(ToString(finding) == "ignored: packages: no");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::ec2
