// The file of what an instance prints, and when it was printed.
#include "nubo/drivers/shim_log.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "nubo/drivers/log_times.h"

namespace nubo::drivers {
namespace {

constexpr int64_t kSecond = 1000000;
// In the past of every file that the test writes.
constexpr int64_t kStart = int64_t{1000000000} * kSecond;

int64_t now_us = kStart;

struct Fixture {
  Fixture() {
    char pattern[] = "/tmp/nubo-shim-log-XXXXXX";
    directory = mkdtemp(pattern);
    path = directory + "/i-1.log";
    now_us = kStart;
  }
  ~Fixture() { std::filesystem::remove_all(directory); }

  void Append(LogFile& log, const std::string& text) const { log.Append(text.data(), text.size()); }
  // What is read of the log, and of the one after it, from `seconds` after the start on.
  std::string Since(int64_t seconds) const {
    const LogPlace place = FindLogPlace(path, kStart + seconds * kSecond);
    std::string text = Content(place.path).substr(place.offset);
    if (place.path != path) text += Content(path);
    return text;
  }
  static std::string Content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  std::string directory;
  std::string path;
};

BOOST_FIXTURE_TEST_SUITE(shim_log, Fixture)

BOOST_AUTO_TEST_CASE(what_was_printed_is_found_by_its_second) {
  LogFile log(path, [] { return now_us; });
  for (const char* line : {"zero\n", "ten\n", "twenty\n"}) {
    Append(log, line);
    now_us += 10 * kSecond;
  }
  BOOST_TEST(Content(path) == "zero\nten\ntwenty\n");
  BOOST_TEST(Since(-100) == "zero\nten\ntwenty\n");
  BOOST_TEST(Since(5) == "ten\ntwenty\n");
  BOOST_TEST(Since(10) == "ten\ntwenty\n");
  BOOST_TEST(Since(20) == "twenty\n");
  BOOST_TEST(Since(30) == "");
}

BOOST_AUTO_TEST_CASE(a_second_has_one_entry) {
  LogFile log(path, [] { return now_us; });
  for (int i = 0; i < 100; ++i) Append(log, "line\n");
  now_us += kSecond;
  Append(log, "line\n");
  BOOST_TEST(std::filesystem::file_size(LogTimesPath(path)) == 2u * 16);
}

BOOST_AUTO_TEST_CASE(a_line_that_grows_is_found_whole) {
  LogFile log(path, [] { return now_us; });
  Append(log, "first\nsec");
  now_us += 10 * kSecond;
  Append(log, "ond\nthird\n");
  BOOST_TEST(Since(10) == "second\nthird\n");
}

BOOST_AUTO_TEST_CASE(the_next_writer_goes_on_in_the_same_index) {
  {
    LogFile log(path, [] { return now_us; });
    Append(log, "first\n");
  }
  // Half an entry, as a full disk leaves it.
  std::ofstream(LogTimesPath(path), std::ios::app) << "half";
  now_us += 10 * kSecond;
  LogFile log(path, [] { return now_us; });
  Append(log, "second\n");
  BOOST_TEST(Since(5) == "second\n");
  BOOST_TEST(Since(0) == "first\nsecond\n");
}

BOOST_AUTO_TEST_CASE(what_has_no_times_may_be_new) {
  std::ofstream(path) << "from before\n";
  BOOST_TEST(Since(0) == "from before\n");
  LogFile log(path, [] { return now_us; });
  Append(log, "first\n");
  now_us += 10 * kSecond;
  Append(log, "second\n");
  BOOST_TEST(Since(0) == "from before\nfirst\nsecond\n");
  BOOST_TEST(Since(5) == "second\n");
}

BOOST_AUTO_TEST_CASE(what_has_no_times_and_was_written_before_is_old) {
  std::ofstream(path) << "from before\n";
  timespec times[2] = {{1, 0}, {1, 0}};
  BOOST_REQUIRE(utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  BOOST_TEST(Since(0) == "");
}

BOOST_AUTO_TEST_CASE(the_former_log_is_begun_with_if_it_holds_some) {
  const std::string half(kLogBytesMax / 2, 'x');
  LogFile log(path, [] { return now_us; });
  Append(log, half + "\n");
  now_us += 10 * kSecond;
  Append(log, "last of the former\n");
  now_us += 10 * kSecond;
  Append(log, half + "\n");
  BOOST_TEST(Content(FormerLogPath(path)).size() == half.size() + 1 + 19);
  BOOST_TEST(Since(10) == "last of the former\n" + half + "\n");
  BOOST_TEST(Since(15) == half + "\n");
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_set_back_loses_nothing) {
  LogFile log(path, [] { return now_us; });
  Append(log, "first\n");
  now_us -= 3600 * kSecond;
  Append(log, "second\n");
  now_us += 10 * kSecond;
  Append(log, "third\n");
  BOOST_TEST(Since(-3595) == "first\nsecond\nthird\n");
}

BOOST_AUTO_TEST_CASE(of_no_log_the_place_is_its_beginning) {
  const LogPlace place = FindLogPlace(path, kStart);
  BOOST_TEST(place.path == path);
  BOOST_TEST(place.offset == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::drivers
