#include "nubo/region/compute/image_files.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "nubo/region/state/digest.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::region {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;

struct Directory {
  Directory() { BOOST_REQUIRE(mkdtemp(path) != nullptr); }
  ~Directory() { fs::remove_all(path); }
  void Put(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(At(name)).parent_path());
    std::ofstream(At(name), std::ios::binary) << text;
  }
  std::string At(const std::string& name) const { return std::string(path) + "/" + name; }
  std::string Id(const std::string& name = "web") const {
    const auto summary = InspectDirectory(path);
    BOOST_REQUIRE(testing::IsOk(summary));
    return ImageId(name, *summary);
  }
  char path[32] = "/tmp/nubo-image-XXXXXX";
};

void Fill(const Directory& directory) {
  directory.Put("bin/serve", "#!/bin/sh\nexec true\n");
  directory.Put("index.html", std::string((3 << 20) + 17, 'x'));
  directory.Put("empty", "");
  fs::create_symlink("index.html", directory.At("start"));
  fs::permissions(directory.At("bin/serve"), fs::perms::owner_all);
}

BOOST_AUTO_TEST_CASE(digests_are_the_same_everywhere) {
  // XXH64's own test vectors.
  BOOST_TEST(Digest("") == "ef46db3751d8e999");
  BOOST_TEST(Digest("abc") == "44bc2cf5ad770999");
}

BOOST_AUTO_TEST_CASE(the_same_content_is_the_same_image_wherever_and_whenever_it_was_written) {
  Directory one, two;
  Fill(one);
  Fill(two);
  fs::last_write_time(two.At("index.html"), fs::file_time_type::clock::now() - std::chrono::hours(1000));
  BOOST_TEST(one.Id() == two.Id());
  BOOST_TEST(one.Id() != one.Id("other"));
  BOOST_TEST(one.Id().size() == 21u);
}

BOOST_AUTO_TEST_CASE(other_content_is_another_image) {
  Directory directory;
  Fill(directory);
  std::string former = directory.Id();
  const auto changed = [&](const char* what) {
    const std::string id = directory.Id();
    BOOST_TEST(id != former, what);
    former = id;
  };
  // Of the same size, and the same time.
  const auto time = fs::last_write_time(directory.At("index.html"));
  directory.Put("index.html", std::string((3 << 20) + 16, 'x') + "y");
  fs::last_write_time(directory.At("index.html"), time);
  changed("content");
  fs::permissions(directory.At("bin/serve"), fs::perms::owner_read | fs::perms::owner_write);
  changed("what runs");
  fs::remove(directory.At("start"));
  fs::create_symlink("empty", directory.At("start"));
  changed("a link");
  fs::rename(directory.At("empty"), directory.At("void"));
  changed("a name");
  directory.Put("more/empty", "");
  changed("a file more");
}

BOOST_AUTO_TEST_CASE(an_image_of_a_copy_is_the_same) {
  Directory directory, copies;
  Fill(directory);
  BOOST_REQUIRE(testing::IsOk(CopyImage(directory.path, copies.At("copy"))));
  const auto copy = InspectDirectory(copies.At("copy"));
  BOOST_REQUIRE(testing::IsOk(copy));
  BOOST_TEST(ImageId("web", *copy) == directory.Id());
}

// Who is root may write anywhere; an ordinary user has to make a directory before it can be read-only.
BOOST_AUTO_TEST_CASE(what_is_read_only_is_copied_whole_by_an_ordinary_user_too) {
  Directory directory, copies;
  Fill(directory);
  fs::permissions(directory.At("bin/serve"), static_cast<fs::perms>(0755));
  fs::permissions(directory.At("bin"), static_cast<fs::perms>(0555));
  fs::permissions(directory.path, static_cast<fs::perms>(0555));
  fs::permissions(copies.path, static_cast<fs::perms>(0777));
  const bool root = geteuid() == 0;
  BOOST_REQUIRE(!root || seteuid(kNobody) == 0);
  const absl::Status status = CopyImage(directory.path, copies.At("copy"));
  BOOST_REQUIRE(!root || seteuid(0) == 0);
  fs::permissions(directory.path, static_cast<fs::perms>(0755));
  fs::permissions(directory.At("bin"), static_cast<fs::perms>(0755));
  BOOST_REQUIRE(testing::IsOk(status));
  const auto copy = InspectDirectory(copies.At("copy"));
  BOOST_REQUIRE(testing::IsOk(copy));
  BOOST_TEST(ImageId("web", *copy) == directory.Id());
}

// A file that nobody may read: told by name, and nothing is left of the copy.
BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_told_and_nothing_is_copied) {
  Directory directory, copies;
  Fill(directory);
  directory.Put("bin/secret", "x");
  fs::permissions(directory.At("bin/serve"), static_cast<fs::perms>(0755));
  fs::permissions(directory.At("bin/secret"), fs::perms::none);
  fs::permissions(directory.path, static_cast<fs::perms>(0755));
  fs::permissions(copies.path, static_cast<fs::perms>(0777));
  const bool root = geteuid() == 0;
  BOOST_REQUIRE(!root || seteuid(kNobody) == 0);
  const absl::Status status = CopyImage(directory.path, copies.At("copy"));
  BOOST_REQUIRE(!root || seteuid(0) == 0);
  BOOST_TEST(testing::StatusIs(status, absl::StatusCode::kUnavailable, "bin/secret"));
  BOOST_TEST(fs::is_empty(copies.path));
}

}  // namespace
}  // namespace nubo::region
