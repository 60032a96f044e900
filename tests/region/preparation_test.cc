#include "nubo/daemon/preparation.h"

#include <stdlib.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "nubo/net/loop.h"
#include "nubo/net/stream.h"
#include "nubo/region/state/state_directory.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::region {
namespace {

using testing::IsOk;
using testing::StatusIs;
namespace fs = std::filesystem;

struct Directory {
  Directory() {
    char pattern[] = "/tmp/nubo-prep-XXXXXX";
    path = mkdtemp(pattern);
    options.state_dir = path;
    // Any free port.
    options.dns_address = {net::IpAddress::V4(0x7f000001), 0};
    options.http_address = {net::IpAddress::V4(0x7f000001), 0};
    options.shim_path = options.nubo_path = "/bin/true";
    // What is prepared here runs nothing.
    options.allow_unisolated = true;
  }
  ~Directory() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  absl::StatusOr<Preparation> Prepare() {
    return PrepareToServe(Paths{path}, options, [this](absl::string_view line) { log.emplace_back(line); });
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(path + "/" + name, std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(path + "/" + name, std::ios::binary) << text;
  }

  std::string path;
  ServeOptions options;
  std::vector<std::string> log;
};

BOOST_FIXTURE_TEST_CASE(an_empty_directory_becomes_a_regions, Directory) {
  const auto prepared = Prepare();
  BOOST_REQUIRE(IsOk(prepared));
  BOOST_TEST(fs::exists(prepared->program));
  BOOST_TEST(fs::exists(prepared->shim));
  for (const char* part : {"state.db", "run", "log", "instances", "svc", "names", "images", "bin", "data"}) {
    BOOST_TEST(fs::exists(path + "/" + part), part);
  }
  BOOST_TEST(log.empty());
}

BOOST_FIXTURE_TEST_CASE(an_address_for_metrics_that_is_taken_is_refused, Directory) {
  net::Loop loop;
  const auto taken = net::ListenTcp(loop, {net::IpAddress::V4(0x7f000001), 0});
  BOOST_REQUIRE(IsOk(taken));
  options.metrics_address = (*taken)->local();
  BOOST_TEST(StatusIs(Prepare(), absl::StatusCode::kUnavailable,
                      (*taken)->local().ToString() + ", for metrics, is in use; choose another with --metrics"));
  (*taken)->Close();
  BOOST_TEST(IsOk(Prepare()));
}

// Nobody listens there yet.
BOOST_FIXTURE_TEST_CASE(an_address_for_metrics_that_the_region_needs_is_refused, Directory) {
  net::Loop loop;
  const auto free = net::ListenTcp(loop, {net::IpAddress::V4(0x7f000001), 0});
  BOOST_REQUIRE(IsOk(free));
  options.http_address = (*free)->local();
  options.metrics_address = {net::IpAddress::V4(0), options.http_address.port};
  (*free)->Close();
  BOOST_TEST(StatusIs(Prepare(), absl::StatusCode::kInvalidArgument,
                      "takes " + options.http_address.ToString() + ", which the region needs"));
}

// What is not known in them is removed, and so would be what a link leads to.
BOOST_AUTO_TEST_CASE(a_link_in_place_of_any_part_is_refused) {
  for (const char* part : {"run", "log", "instances", "svc", "names", "images", "bin", "data", "nubo-trash"}) {
    Directory directory, elsewhere;
    elsewhere.Write("letter", "dear");
    fs::create_directory_symlink(elsewhere.path, directory.path + "/" + part);
    BOOST_TEST(StatusIs(directory.Prepare(), absl::StatusCode::kFailedPrecondition,
                        directory.path + "/" + part + " is a link"));
    BOOST_TEST(elsewhere.Read("letter") == "dear", part);
  }
}

BOOST_FIXTURE_TEST_CASE(a_damaged_store_is_refused, Directory) {
  Write("state.db", std::string(4096, 'x'));
  BOOST_TEST(StatusIs(Prepare(), absl::StatusCode::kDataLoss, path + "/state.db"));
  BOOST_TEST(Read("state.db") == std::string(4096, 'x'));
}

BOOST_FIXTURE_TEST_CASE(a_damaged_store_is_kept_aside_when_all_is_to_end, Directory) {
  Write("state.db", std::string(4096, 'x'));
  options.end_strays = true;
  BOOST_REQUIRE(IsOk(Prepare()));
  BOOST_TEST(Read(kDamagedStore) == std::string(4096, 'x'));
  BOOST_REQUIRE(log.size() == 1u);
  BOOST_TEST(log[0].find(kDamagedStore) != std::string::npos, log[0]);
}

BOOST_FIXTURE_TEST_CASE(a_store_that_cannot_be_opened_is_kept_aside_when_all_is_to_end, Directory) {
  fs::create_directory(path + "/state.db");
  options.end_strays = true;
  BOOST_REQUIRE(IsOk(Prepare()));
  BOOST_TEST(fs::is_directory(path + "/" + kDamagedStore));
}

// It is whole, and its own program can end what it knows of. SQLite keeps the version in the file's bytes 60 to 63.
BOOST_AUTO_TEST_CASE(a_store_of_a_later_version_is_refused_also_when_all_is_to_end) {
  for (const bool end : {false, true}) {
    Directory directory;
    BOOST_REQUIRE(IsOk(directory.Prepare()));
    std::string store = directory.Read("state.db");
    store.replace(60, 4, std::string("\0\0\0\x63", 4));
    directory.Write("state.db", store);
    directory.options.end_strays = end;
    BOOST_TEST(StatusIs(directory.Prepare(), absl::StatusCode::kFailedPrecondition, "has schema version 99"));
    BOOST_TEST((directory.Read("state.db") == store));
    BOOST_TEST(!fs::exists(directory.path + "/" + kDamagedStore));
  }
}

BOOST_FIXTURE_TEST_CASE(options_that_cannot_be_are_refused, Directory) {
  BOOST_TEST(IsOk(CheckOptions(options)));
  ServeOptions wrong = options;
  wrong.fabric = "underlay";
  BOOST_TEST(StatusIs(CheckOptions(wrong), absl::StatusCode::kInvalidArgument, "fabric underlay"));
  for (const std::string& state : {std::string(), std::string("relative"), "/" + std::string(76, 'a')}) {
    wrong = options;
    wrong.state_dir = state;
    BOOST_TEST(StatusIs(CheckOptions(wrong), absl::StatusCode::kInvalidArgument, "\"" + state + "\""));
  }
  wrong = options;
  wrong.shim_path = "/nowhere";
  BOOST_TEST(StatusIs(CheckOptions(wrong), absl::StatusCode::kInvalidArgument, "/nowhere is not there"));
}

}  // namespace
}  // namespace nubo::region
