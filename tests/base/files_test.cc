#include "nubo/base/files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "nubo/testing/status_matchers.h"

namespace nubo::base {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

struct Directory {
  Directory() {
    char pattern[] = "/tmp/nubo-files-XXXXXX";
    path = mkdtemp(pattern);
  }
  ~Directory() { std::filesystem::remove_all(path); }
  std::string path;
};

BOOST_FIXTURE_TEST_CASE(a_file_is_replaced_whole_and_read_again, Directory) {
  BOOST_TEST(IsOk(ReplaceFile(path + "/a", "one", 0600)));
  BOOST_TEST(IsOk(ReplaceFile(path + "/a", std::string(200000, 'x'), 0640)));
  BOOST_TEST(ReadFile(path + "/a", 200000).value() == std::string(200000, 'x'));
  struct stat info;
  BOOST_REQUIRE(stat((path + "/a").c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 0777) == 0640u);
  BOOST_TEST(!std::filesystem::exists(path + "/a.new"));
}

BOOST_FIXTURE_TEST_CASE(a_link_is_replaced_and_not_followed, Directory) {
  BOOST_TEST(IsOk(ReplaceFile(path + "/secret", "kept", 0600)));
  BOOST_REQUIRE(symlink((path + "/secret").c_str(), (path + "/a").c_str()) == 0);
  BOOST_TEST(StatusIs(ReadFile(path + "/a", 100), absl::StatusCode::kInternal));
  BOOST_REQUIRE(symlink((path + "/secret").c_str(), (path + "/a.new").c_str()) == 0);
  BOOST_TEST(IsOk(ReplaceFile(path + "/a", "new", 0600)));
  BOOST_TEST(ReadFile(path + "/a", 100).value() == "new");
  BOOST_TEST(ReadFile(path + "/secret", 100).value() == "kept");
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_read_says_why, Directory) {
  BOOST_TEST(StatusIs(ReadFile(path + "/none", 100), absl::StatusCode::kNotFound));
  BOOST_TEST(IsOk(ReplaceFile(path + "/a", "12345", 0600)));
  BOOST_TEST(StatusIs(ReadFile(path + "/a", 4), absl::StatusCode::kResourceExhausted));
  BOOST_TEST(IsOk(ReadFile(path + "/a", 5)));
  BOOST_TEST(StatusIs(ReadFile(path, 100), absl::StatusCode::kInternal));
}

BOOST_FIXTURE_TEST_CASE(a_directory_that_is_not_there_leaves_nothing_behind, Directory) {
  BOOST_TEST(StatusIs(ReplaceFile(path + "/no/a", "x", 0600), absl::StatusCode::kInternal));
  BOOST_TEST(std::filesystem::is_empty(path));
}

}  // namespace
}  // namespace nubo::base
