// Trees that somebody else has made, as unpleasant as they can be made.
#include "nubo/base/tree_removal.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::base {
namespace {

namespace fs = std::filesystem;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

struct Fixture {
  Fixture() {
    std::string pattern = (fs::temp_directory_path() / "nubo-removal-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder = pattern;
    tree = folder + "/tree";
    fs::create_directory(tree);
  }
  ~Fixture() { (void)RemoveTree(folder); }
  void Put(const std::string& path) {
    fs::create_directories(fs::path(tree + path).parent_path());
    std::ofstream(tree + path) << "x";
  }
  bool Gone() const { return !fs::exists(fs::symlink_status(tree)); }

  std::string folder;
  std::string tree;
};

// Runs `body` as an ordinary user, in a process of its own; its exit status. Root is let do too much to show anything.
int AsNobody(const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(2);
    _exit(body() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

BOOST_FIXTURE_TEST_SUITE(tree_removal, Fixture)

BOOST_AUTO_TEST_CASE(nothing_is_removed_already) {
  BOOST_TEST(IsOk(RemoveTree(tree + "/none")));
  BOOST_TEST(IsOk(RemoveTree(tree + "/none/below")));
}

BOOST_AUTO_TEST_CASE(a_file_and_a_tree_go) {
  Put("/file");
  BOOST_TEST(IsOk(RemoveTree(tree + "/file")));
  for (const char* path : {"/a", "/b/c", "/b/d/e/f/g", "/b/d/e/h", "/i/j/k"}) Put(path);
  BOOST_TEST(IsOk(RemoveTree(tree + "/")));
  BOOST_TEST(Gone());
}

BOOST_AUTO_TEST_CASE(whatever_can_have_a_name_goes) {
  Put("/two\nlines\x1b[31m");
  Put("/.hidden/-rf");
  Put("/.nubo-removed-0/deep/deeper/x");
  BOOST_REQUIRE(mkfifo((tree + "/pipe").c_str(), 0600) == 0);
  BOOST_REQUIRE(symlink("/etc/passwd", (tree + "/link").c_str()) == 0);
  BOOST_REQUIRE(symlink("..", (tree + "/above").c_str()) == 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, (tree + "/socket").c_str());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  BOOST_REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  close(fd);
  BOOST_TEST(IsOk(RemoveTree(tree)));
  BOOST_TEST(Gone());
}

BOOST_AUTO_TEST_CASE(links_are_not_followed) {
  fs::create_directory(folder + "/other");
  std::ofstream(folder + "/other/kept") << "x";
  BOOST_REQUIRE(symlink("../other", (tree + "/link").c_str()) == 0);
  BOOST_TEST(IsOk(RemoveTree(tree)));
  BOOST_TEST(fs::exists(folder + "/other/kept"));
  BOOST_REQUIRE(symlink("other", tree.c_str()) == 0);
  BOOST_TEST(IsOk(RemoveTree(tree)));
  BOOST_TEST(fs::exists(folder + "/other/kept"));
}

BOOST_AUTO_TEST_CASE(directories_that_may_not_be_written_or_entered_go) {
  fs::permissions(folder, fs::perms::all);
  const int status = AsNobody([&] {
    fs::create_directory(folder + "/own");
    fs::create_directories(folder + "/own/cache/x/y");
    std::ofstream(folder + "/own/cache/x/y/file") << "x";
    std::ofstream(folder + "/own/cache/file") << "x";
    for (const char* path : {"/own/cache/x/y", "/own/cache/x", "/own/cache"}) {
      chmod((folder + path).c_str(), path[10] == '\0' ? 0555 : 0);
    }
    chmod((folder + "/own").c_str(), 0);
    return RemoveTree(folder + "/own").ok();
  });
  BOOST_TEST(status == 0);
  BOOST_TEST(!fs::exists(folder + "/own"));
}

BOOST_AUTO_TEST_CASE(what_belongs_to_somebody_else_stays_and_is_told) {
  if (getuid() != 0) return;
  Put("/theirs/file");
  Put("/own\nfile");
  fs::permissions(folder, fs::perms::all);
  BOOST_REQUIRE(chown(tree.c_str(), 65534, 65534) == 0);
  const int status = AsNobody([&] {
    const absl::Status removed = RemoveTree(tree);
    return absl::IsInternal(removed) && removed.message() == absl::StrCat("cannot remove 1 entry of ", tree,
                                                                          "; the first: \"file\": Permission denied");
  });
  BOOST_TEST(status == 0);
  BOOST_TEST(fs::exists(tree + "/theirs/file"));
  BOOST_TEST(!fs::exists(tree + "/own\nfile"));
}

BOOST_AUTO_TEST_CASE(more_levels_than_descriptors_go) {
  int at = open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < 3000; ++i) {
    BOOST_REQUIRE(mkdirat(at, "d", 0700) == 0);
    const int below = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    close(at);
    at = below;
  }
  close(at);
  rlimit former;
  getrlimit(RLIMIT_NOFILE, &former);
  const rlimit few = {32, former.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  const absl::Status status = RemoveTree(tree);
  setrlimit(RLIMIT_NOFILE, &former);
  BOOST_TEST(IsOk(status));
  BOOST_TEST(Gone());
}

BOOST_AUTO_TEST_CASE(a_directory_of_many_goes) {
  for (int i = 0; i < 5000; ++i) close(open(absl::StrCat(tree, "/", i).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  for (int i = 0; i < 500; ++i) fs::create_directories(absl::StrCat(tree, "/d", i, "/e"));
  BOOST_TEST(IsOk(RemoveTree(tree)));
  BOOST_TEST(Gone());
}

BOOST_AUTO_TEST_CASE(it_can_be_broken_off_and_taken_up_again) {
  for (int i = 0; i < 100; ++i) Put(absl::StrCat("/", i, "/x/y"));
  int left = 50;
  BOOST_TEST(StatusIs(RemoveTree(tree, [&] { return left-- > 0; }), absl::StatusCode::kCancelled, tree));
  BOOST_TEST(fs::exists(tree));
  BOOST_TEST(IsOk(RemoveTree(tree)));
  BOOST_TEST(Gone());
}

// In a mount namespace of its own, where one is granted; 3: it is not.
int WithMounts(const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(getuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0) _exit(3);
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) _exit(3);
    _exit(body() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

BOOST_AUTO_TEST_CASE(what_is_mounted_is_taken_off_and_not_entered) {
  fs::create_directory(folder + "/other");
  std::ofstream(folder + "/other/kept") << "x";
  std::ofstream(folder + "/file") << "x";
  fs::create_directories(tree + "/a/b/mounted");
  Put("/a/file");
  fs::create_directory(tree + "/first");
  const int status = WithMounts([&] {
    for (const char* at : {"/a/b/mounted", "/first"}) {
      if (mount((folder + "/other").c_str(), (tree + at).c_str(), nullptr, MS_BIND, nullptr) != 0) return false;
    }
    if (mount((folder + "/file").c_str(), (tree + "/a/file").c_str(), nullptr, MS_BIND, nullptr) != 0) return false;
    return RemoveTree(tree).ok();
  });
  BOOST_TEST((status == 0 || status == 3));
  BOOST_TEST(fs::exists(folder + "/other/kept"));
  BOOST_TEST(fs::exists(folder + "/file"));
  if (status == 0) BOOST_TEST(Gone());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::base
