// What may hang, and who must not: jobs, logs, files.
#include "nubo/base/background.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/file_saver.h"
#include "nubo/base/files.h"
#include "nubo/base/log_writer.h"

namespace nubo::base {
namespace {

// Holds up whoever waits for it until it is opened.
class Gate {
 public:
  std::shared_future<void> future() const { return future_; }
  void Open() { promise_.set_value(); }

 private:
  std::promise<void> promise_;
  const std::shared_future<void> future_ = promise_.get_future().share();
};

struct Pipe {
  Pipe() { BOOST_REQUIRE(pipe2(ends, O_CLOEXEC) == 0); }
  ~Pipe() {
    close(ends[0]);
    if (ends[1] >= 0) close(ends[1]);
  }
  // All that comes until nobody can write any more.
  std::string ReadToEnd() {
    close(std::exchange(ends[1], -1));
    std::string all;
    char buffer[4096];
    ssize_t got;
    while ((got = read(ends[0], buffer, sizeof buffer)) > 0) all.append(buffer, got);
    return all;
  }
  int ends[2];
};

constexpr absl::Duration kPatience = absl::Seconds(20);

BOOST_AUTO_TEST_CASE(jobs_run_in_order_and_are_waited_for) {
  std::vector<int> done;
  {
    Background background(kPatience);
    for (int i = 0; i < 3; ++i) background.Post([&done, i] { done.push_back(i); });
  }
  BOOST_TEST(done == (std::vector<int>{0, 1, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_job_that_hangs_does_not_keep_its_owner) {
  const auto gate = std::make_shared<Gate>();
  std::promise<void> over;
  std::future<void> left = over.get_future();
  {
    Background background(absl::ZeroDuration());
    background.Post([gate, over = std::make_shared<std::promise<void>>(std::move(over))] {
      gate->future().wait();
      over->set_value();
    });
    BOOST_TEST(!background.WaitIdle(absl::ZeroDuration()));
  }
  gate->Open();
  left.wait();
}

BOOST_AUTO_TEST_CASE(a_log_is_written_whole_and_in_order) {
  Pipe pipe;
  {
    LogWriter log(pipe.ends[1], LogWriter::kWaitingMax, kPatience);
    log.Write("one\n");
    log.Write("two\nthree\n");
  }
  BOOST_TEST(pipe.ReadToEnd() == "one\ntwo\nthree\n");
}

BOOST_AUTO_TEST_CASE(nobody_waits_for_a_log_that_takes_nothing) {
  Pipe pipe;
  // More than a pipe holds, and more than may wait.
  const std::string line = std::string(1023, 'x') + "\n";
  constexpr int kLines = 1000;
  LogWriter log(pipe.ends[1], 256 << 10, absl::ZeroDuration());
  for (int i = 0; i < kLines; ++i) log.Write(line);
  BOOST_TEST(log.dropped() > 0u);
  BOOST_TEST(log.dropped() < uint64_t{kLines});
}

BOOST_AUTO_TEST_CASE(a_log_says_how_many_lines_are_missing) {
  Pipe pipe;
  uint64_t dropped = 0;
  std::string written;
  {
    LogWriter log(pipe.ends[1], 1000, kPatience);
    // The first of it is under way, for as long as nobody reads.
    log.Write(std::string(900, 'x') + "\n");
    while (log.dropped() == 0) log.Write(std::string(900, 'y') + "\n");
    dropped = log.dropped();
    char buffer[1 << 16];
    // Once it flows again: the notice, then the line.
    while (!absl::StrContains(written, "after")) {
      log.Write("after\n");
      const ssize_t got = read(pipe.ends[0], buffer, sizeof buffer);
      BOOST_REQUIRE(got > 0);
      written.append(buffer, got);
    }
  }
  BOOST_TEST(absl::StrContains(written, "dropped here: the log could not be written"), written.substr(0, 200));
  BOOST_TEST(dropped > 0u);
}

BOOST_AUTO_TEST_CASE(lines_that_cannot_be_written_are_counted) {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  BOOST_REQUIRE(full >= 0);
  LogWriter log(full);
  close(full);
  log.Write("one\ntwo\n");
  while (log.dropped() == 0) std::this_thread::yield();
  BOOST_TEST(log.dropped() == 2u);
}

struct Folder {
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "nubo-saver-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

BOOST_AUTO_TEST_CASE(a_file_is_saved) {
  Folder folder;
  FileSaver saver(folder.path + "/file", 0600);
  BOOST_TEST(saver.Save("one"));
  BOOST_TEST(saver.Save("two"));
  BOOST_TEST(*ReadFile(folder.path + "/file", 100) == "two");
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_saved_is_told) {
  FileSaver saver("/nowhere/file", 0600);
  BOOST_TEST(!saver.Save("one"));
}

}  // namespace
}  // namespace nubo::base
