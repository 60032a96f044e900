#include "nubo/fabrics/block_locks.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"

namespace nubo::fabrics {
namespace {

// Of no machine's own: only the files count.
const net::Prefix kBlock = *net::Prefix::Parse("126.7.0.0/16");
const net::Prefix kPart = *net::Prefix::Parse("126.7.8.0/24");
const net::Prefix kOther = *net::Prefix::Parse("126.8.0.0/16");
// Far from what regions of this machine are likely to hold at this moment.
const net::Prefix kLoopback = *net::Prefix::Parse("127.251.0.0/16");

struct Directory {
  Directory() {
    char pattern[] = "/tmp/nubo-locks-XXXXXX";
    path = mkdtemp(pattern);
  }
  ~Directory() { std::filesystem::remove_all(path); }
  std::string path;
};

// A stranger's socket where a block's flag would be.
int Occupy(const net::Prefix& block) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(BlockLocks::kFlagPort);
  address.sin_addr.s_addr = htonl(block.first().v4() | 0xfffe);
  BOOST_REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

BOOST_FIXTURE_TEST_SUITE(block_locks, Directory)

BOOST_AUTO_TEST_CASE(a_block_is_one_regions_alone) {
  BlockLocks one(path), two(path);
  BOOST_TEST(one.Take(kBlock));
  BOOST_TEST(one.Take(kBlock));
  BOOST_TEST(!two.Take(kBlock));
  BOOST_TEST(!two.TakeDespiteFlags(kBlock));
  BOOST_TEST(two.Take(kOther));
}

BOOST_AUTO_TEST_CASE(blocks_of_other_lengths_do_not_overlap_either) {
  BlockLocks one(path), two(path);
  BOOST_TEST(one.Take(kPart));
  BOOST_TEST(one.Take(kBlock));
  BOOST_TEST(!two.Take(kBlock));
  BOOST_TEST(!two.Take(*net::Prefix::Parse("126.7.9.0/28")));
}

BOOST_AUTO_TEST_CASE(what_is_not_used_any_more_is_given_up) {
  BlockLocks one(path), two(path);
  one.Take(kPart);
  one.Take(kOther);
  one.KeepOnly({kBlock});
  BOOST_TEST(!two.Take(kPart));
  BOOST_TEST(two.Take(kOther));
  one.KeepOnly({});
  BOOST_TEST(two.Take(kPart));
}

BOOST_AUTO_TEST_CASE(locks_end_with_their_holder) {
  {
    BOOST_TEST(BlockLocks(path).Take(kBlock));
  }
  BOOST_TEST(BlockLocks(path).Take(kBlock));
}

BOOST_AUTO_TEST_CASE(regions_of_other_users_see_a_flag) {
  Directory other;
  BlockLocks one(path), two(other.path), three("");
  BOOST_REQUIRE(one.Take(kLoopback));
  BOOST_TEST(!two.Take(kLoopback));
  BOOST_TEST(!three.Take(kLoopback));
  one.KeepOnly({});
  BOOST_TEST(two.Take(kLoopback));
}

BOOST_AUTO_TEST_CASE(a_strangers_flag_is_a_request_and_no_more) {
  const int stranger = Occupy(kLoopback);
  BlockLocks locks(path), others(path);
  BOOST_TEST(!locks.Take(kLoopback));
  BOOST_TEST(locks.TakeDespiteFlags(kLoopback));
  BOOST_TEST(!others.TakeDespiteFlags(kLoopback));
  close(stranger);
}

BOOST_AUTO_TEST_CASE(names_that_no_file_has_hold_nothing) {
  // What instances and other users can take, and once was the lock.
  const int stranger = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string name = absl::StrCat("nubo/loopback/", kLoopback.ToString());
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  BOOST_REQUIRE(bind(stranger, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  BOOST_TEST(BlockLocks(path).Take(kLoopback));
  close(stranger);
}

BOOST_AUTO_TEST_CASE(the_users_directory_is_the_users_alone) {
  const std::string directory = BlockLocks::UsersDirectory();
  if (directory.empty()) return;
  struct stat info;
  BOOST_REQUIRE(lstat(directory.c_str(), &info) == 0);
  BOOST_TEST(info.st_uid == geteuid());
  BOOST_TEST((info.st_mode & 022) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::fabrics
