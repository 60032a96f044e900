// Address management in one file: a pool of blocks, kept as text that people read and put under version control.
//
// Whoever changes the pool holds FILE.lock meanwhile, and puts a new file in the place of the old one: two at once do
// not give one block twice, and none that is killed leaves half a file.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "nubo/vpc/cidr_pool.h"
#include "nubo/vpc/pool_picture.h"
#include "nubo/vpc/pool_text.h"

namespace vpc = nubo::vpc;
namespace net = nubo::net;

namespace {

constexpr char kUsage[] =
    "usage: ipam init FILE BLOCK\n"
    "       ipam allocate FILE LENGTH [--owner NAME]    the lowest of the smallest free blocks that fit\n"
    "       ipam claim FILE BLOCK [--owner NAME]        this very one\n"
    "       ipam reserve FILE BLOCK [--owner NAME]      set aside: to be claimed, and not allocated\n"
    "       ipam free FILE BLOCK\n"
    "       ipam owned FILE NAME\n"
    "       ipam show FILE [--svg]\n";

absl::Status SystemError(const std::string& what) { return absl::InternalError(what + ": " + std::strerror(errno)); }

// Holds FILE.lock until it goes.
class Lock {
 public:
  explicit Lock(const std::string& file) : fd_(open((file + ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {}
  ~Lock() {
    if (fd_ >= 0) close(fd_);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  bool Take() {
    while (fd_ >= 0 && flock(fd_, LOCK_EX) != 0) {
      if (errno != EINTR) return false;
    }
    return fd_ >= 0;
  }

 private:
  int fd_;
};

// [keep]
absl::StatusOr<vpc::CidrPool> Load(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return SystemError(file);
  absl::StatusOr<vpc::CidrPool> pool =
      vpc::ParsePool(std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()));
  if (!pool.ok()) return absl::InvalidArgumentError(file + ":" + std::string(pool.status().message()));
  return pool;
}

absl::Status Save(const vpc::CidrPool& pool, const std::string& file) {
  const std::string text = vpc::PrintPool(pool), fresh = file + ".new";
  const int fd = open(fresh.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
  if (fd < 0) return SystemError(fresh);
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t n = write(fd, text.data() + written, text.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    written += static_cast<size_t>(n);
  }
  const bool kept = written == text.size() && fsync(fd) == 0;
  if (close(fd) != 0 || !kept || rename(fresh.c_str(), file.c_str()) != 0) return SystemError(file);
  return absl::OkStatus();
}
// [/keep]

// What `verb` does to the pool, and prints.
absl::Status Change(vpc::CidrPool& pool, const std::string& verb, const std::string& what, const std::string& owner) {
  net::Prefix block;
  if (verb == "allocate") {
    int length = 0;
    if (!absl::SimpleAtoi(what[0] == '/' ? what.substr(1) : what, &length)) {
      return absl::InvalidArgumentError("\"" + what + "\" is not a length such as 24");
    }
    const absl::StatusOr<net::Prefix> given = pool.Allocate(length);
    if (!given.ok()) return given.status();
    block = *given;
  } else {
    const absl::StatusOr<net::Prefix> named = net::Prefix::Parse(what);
    if (!named.ok()) return named.status();
    block = *named;
    const absl::Status done = verb == "claim"     ? pool.AllocateExact(block)
                              : verb == "reserve" ? pool.Reserve(block)
                                                  : pool.Free(block);
    if (!done.ok()) return done;
  }
  if (!owner.empty()) {
    if (absl::Status set = pool.SetDetails(block, {.owner = owner, .tags = {}}); !set.ok()) return set;
  }
  std::cout << block.ToString() << "\n";
  return absl::OkStatus();
}

absl::Status Init(const std::string& file, const std::string& text) {
  const absl::StatusOr<net::Prefix> block = net::Prefix::Parse(text);
  if (!block.ok()) return block.status();
  if (access(file.c_str(), F_OK) == 0) return absl::AlreadyExistsError(file + " is there already");
  return Save(vpc::CidrPool(*block), file);
}

absl::Status Run(const std::string& verb, const std::string& file, const std::string& what, const std::string& owner) {
  Lock lock(file);
  if (!lock.Take()) return SystemError(file + ".lock");
  if (verb == "init") return Init(file, what);
  absl::StatusOr<vpc::CidrPool> pool = Load(file);
  if (!pool.ok()) return pool.status();
  if (verb == "show") {
    std::cout << (what == "--svg" ? vpc::PoolSvg(*pool) : vpc::PoolTree(*pool));
    return absl::OkStatus();
  }
  if (verb == "owned") {
    for (const net::Prefix& block : pool->OwnedBy(what)) std::cout << block.ToString() << "\n";
    return absl::OkStatus();
  }
  if (absl::Status changed = Change(*pool, verb, what, owner); !changed.ok()) return changed;
  return Save(*pool, file);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  std::string owner;
  const bool owns = words.size() == 5 && words[3] == "--owner";
  if (owns) {
    owner = words[4];
    words.resize(3);
  }
  const std::string verb = words.empty() ? "" : words[0];
  const bool takes_owner = verb == "allocate" || verb == "claim" || verb == "reserve";
  const bool plain = takes_owner || verb == "init" || verb == "free" || verb == "owned";
  const bool shows = verb == "show" && (words.size() == 2 || (words.size() == 3 && words[2] == "--svg"));
  if ((!plain || words.size() != 3 || words[2].empty() || (owns && !takes_owner)) && (!shows || owns)) {
    std::cerr << kUsage;
    return 2;
  }
  const absl::Status status = Run(verb, words[1], words.size() > 2 ? words[2] : "", owner);
  if (status.ok()) return 0;
  std::cerr << "ipam: " << status.message() << "\n";
  return 1;
}
