// What is discarded is gone at once, and what cannot be removed is told and tried again.
#include "nubo/region/state/remover.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/tree_removal.h"

namespace nubo::region {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;
constexpr absl::Duration kPatience = absl::Seconds(20);

struct Fixture {
  Fixture() {
    std::string pattern = (fs::temp_directory_path() / "nubo-remover-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder = pattern;
    trash = folder + "/nubo-trash";
    fs::create_directory(trash);
  }
  ~Fixture() { (void)base::RemoveTree(folder); }
  std::string Put(const std::string& name) {
    fs::create_directories(folder + "/" + name + "/below");
    std::ofstream(folder + "/" + name + "/below/file") << "x";
    return folder + "/" + name;
  }
  Remover::Hear Hear() {
    return [this](const std::string& path, const absl::Status& status) {
      std::lock_guard lock(mutex);
      told.push_back(absl::StrCat(fs::path(path).filename().string(), status.ok() ? " ok" : " failed"));
      changed.notify_all();
    };
  }
  bool WaitFor(size_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, absl::ToChronoNanoseconds(kPatience), [&] { return told.size() >= count; });
  }
  std::vector<std::string> Told() {
    std::lock_guard lock(mutex);
    return told;
  }

  std::string folder;
  std::string trash;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> told;
};

BOOST_FIXTURE_TEST_SUITE(remover, Fixture)

BOOST_AUTO_TEST_CASE(what_is_discarded_is_gone_at_once) {
  Remover remover(trash, Hear());
  const std::string path = Put("i-1");
  remover.Discard(path);
  BOOST_TEST(!fs::exists(path));
  BOOST_TEST(remover.WaitIdle(kPatience));
  BOOST_TEST(fs::is_empty(trash));
  BOOST_TEST(Told().empty());
}

BOOST_AUTO_TEST_CASE(one_name_may_be_discarded_again_and_again) {
  Remover remover(trash, Hear());
  for (int i = 0; i < 20; ++i) remover.Discard(Put("svc"));
  BOOST_TEST(remover.WaitIdle(kPatience));
  BOOST_TEST(fs::is_empty(trash));
}

BOOST_AUTO_TEST_CASE(a_file_goes_and_what_is_not_there_is_passed_over) {
  Remover remover(trash, Hear());
  std::ofstream(folder + "/log") << "x";
  remover.Discard(folder + "/log");
  remover.Discard(folder + "/none");
  BOOST_TEST(!fs::exists(folder + "/log"));
}

BOOST_AUTO_TEST_CASE(what_an_earlier_one_left_is_swept) {
  Put("nubo-trash/i-1.0");
  Remover remover(trash, Hear());
  remover.Sweep();
  BOOST_TEST(remover.WaitIdle(kPatience));
  BOOST_TEST(fs::is_empty(trash));
}

BOOST_AUTO_TEST_CASE(without_a_trash_it_is_removed_all_the_same) {
  Remover remover(folder + "/nowhere", Hear());
  const std::string path = Put("i-1");
  remover.Discard(path);
  BOOST_TEST(remover.WaitIdle(kPatience));
  BOOST_TEST(!fs::exists(path));
}

// An instance may close its own directory, which then cannot be moved as it is.
BOOST_AUTO_TEST_CASE(what_is_closed_is_moved_all_the_same) {
  const std::string path = Put("i-1");
  const bool root = geteuid() == 0;
  BOOST_REQUIRE(!root || (chown(folder.c_str(), kNobody, kNobody) == 0 && chown(trash.c_str(), kNobody, kNobody) == 0 &&
                          chown(path.c_str(), kNobody, kNobody) == 0));
  fs::permissions(path, fs::perms::none);
  BOOST_REQUIRE(!root || seteuid(kNobody) == 0);
  const std::string moved = MoveToTrash(path, trash);
  BOOST_REQUIRE(!root || seteuid(0) == 0);
  BOOST_TEST(moved == trash + "/i-1.0");
  BOOST_TEST(!fs::exists(path));
}

// Only of root's an ordinary user can remove nothing, so this process becomes one meanwhile.
BOOST_AUTO_TEST_CASE(what_cannot_be_removed_is_told_once_and_tried_again) {
  if (getuid() != 0) return;
  const std::string path = Put("i-1");
  fs::permissions(folder, fs::perms::all);
  fs::permissions(trash, fs::perms::all);
  fs::permissions(path, fs::perms::all);
  BOOST_REQUIRE(seteuid(kNobody) == 0);
  {
    Remover remover(trash, Hear(), absl::Milliseconds(1));
    remover.Discard(path);
    BOOST_TEST(WaitFor(1));
    BOOST_REQUIRE(seteuid(0) == 0);
    BOOST_TEST(WaitFor(2));
  }
  BOOST_TEST(Told() == (std::vector<std::string>{"i-1 failed", "i-1 ok"}), boost::test_tools::per_element());
  BOOST_TEST(fs::is_empty(trash));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
