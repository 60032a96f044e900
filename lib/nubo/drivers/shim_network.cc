#include "nubo/drivers/shim_network.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace nubo::drivers {
namespace {

// A holder that is just being started again is waited for.
constexpr int kHolderPatienceMs = 10000;
constexpr int kPauseMs = 20;
constexpr size_t kAnswerMax = 512;

int64_t NowMs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * int64_t{1000} + now.tv_nsec / 1000000;
}

bool WriteFile(const std::string& path, const std::string& text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  return written;
}

int OpenNamespace(pid_t pid, const char* kind) {
  return open(("/proc/" + std::to_string(pid) + "/ns/" + kind).c_str(), O_RDONLY | O_CLOEXEC);
}

int Connect(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return -1;
  memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

// All descriptors of a message.
std::vector<int> Descriptors(msghdr& header) {
  std::vector<int> all;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
      all.push_back(fd);
    }
  }
  return all;
}

struct Answer {
  std::string text;
  std::vector<int> descriptors;
};

// Of one question; without text: the holder is not there, or has gone.
Answer Ask(const std::string& path, const std::string& question, int patience_ms) {
  Answer answer;
  const int fd = Connect(path);
  if (fd < 0) return answer;
  pollfd ready = {fd, POLLIN, 0};
  if (send(fd, question.data(), question.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(question.size()) &&
      poll(&ready, 1, patience_ms) > 0) {
    char text[kAnswerMax];
    alignas(cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))];
    iovec piece = {text, sizeof text};
    msghdr header = {};
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t got = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
    if (got > 0) answer = {std::string(text, got), Descriptors(header)};
  }
  close(fd);
  return answer;
}

std::string NewGeneration() {
  unsigned char bytes[8] = {};
  (void)!getrandom(bytes, sizeof bytes, 0);
  std::string text;
  for (const unsigned char byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

// The ids that the namespace knows, by the numbers they have outside: its user; where root makes it all of them, since
// each instance has another.
std::string Map(uint32_t id, bool root) {
  return root ? "0 0 4294967295\n" : std::to_string(id) + " " + std::to_string(id) + " 1\n";
}

// The rest of `text` behind `word`; empty: it begins otherwise.
std::string After(const char* word, const std::string& text) {
  return text.rfind(word, 0) == 0 ? text.substr(strlen(word)) : "";
}

}  // namespace

ShimNetwork::~ShimNetwork() { Take(-1, -1); }

void ShimNetwork::Take(int user, int net) {
  if (user_ >= 0) close(user_);
  if (net_ >= 0) close(net_);
  user_ = user;
  net_ = net;
}

std::string ShimNetwork::Prepare(const ShimSpec& spec) {
  renewed_ = false;
  if (spec.holds_networks) return net_ >= 0 ? "" : Make();
  return spec.network.empty() ? "" : Join(spec);
}

// A child unshares them, and waits until they are held from outside.
std::string ShimNetwork::Make() {
  int made[2], held[2];
  if (pipe2(made, O_CLOEXEC) != 0) return std::string("no pipe: ") + strerror(errno);
  if (pipe2(held, O_CLOEXEC) != 0) {
    const std::string problem = std::string("no pipe: ") + strerror(errno);
    close(made[0]);
    close(made[1]);
    return problem;
  }
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    close(made[0]);
    close(held[1]);
    const int problem = unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? 0 : errno;
    if (write(made[1], &problem, sizeof problem) != sizeof problem) _exit(1);
    char word = 0;
    (void)!read(held[0], &word, 1);
    _exit(0);
  }
  const int forked = child < 0 ? errno : 0;
  close(made[1]);
  close(held[0]);
  int problem = forked;
  if (child > 0 && read(made[0], &problem, sizeof problem) != sizeof problem) problem = ECHILD;
  std::string why;
  if (problem == 0) {
    const bool root = getuid() == 0;
    const std::string proc = "/proc/" + std::to_string(child);
    const bool mapped = (root || WriteFile(proc + "/setgroups", "deny")) &&
                        WriteFile(proc + "/uid_map", Map(getuid(), root)) &&
                        WriteFile(proc + "/gid_map", Map(getgid(), root));
    if (!mapped) why = std::string("cannot map its user: ") + strerror(errno);
    const int user = OpenNamespace(child, "user"), net = OpenNamespace(child, "net");
    Take(user, net);
    if (user < 0 || net < 0) why = std::string("cannot hold its namespaces: ") + strerror(errno);
  } else {
    why = std::string("this machine grants no namespaces of users and networks: ") + strerror(problem);
  }
  if (!why.empty()) Take(-1, -1);
  generation_ = NewGeneration();
  close(made[0]);
  close(held[1]);
  if (child > 0) waitpid(child, nullptr, 0);
  return why;
}

std::string ShimNetwork::Join(const ShimSpec& spec) {
  const int64_t until = NowMs() + kHolderPatienceMs;
  while (true) {
    const int left = static_cast<int>(until - NowMs());
    Answer answer = Ask(spec.network_socket, "join " + spec.network + " " + generation_, left > 0 ? left : 1);
    const std::string generation = After("joined ", answer.text);
    if (!generation.empty() && answer.descriptors.size() == 2) {
      Take(answer.descriptors[0], answer.descriptors[1]);
      renewed_ = generation_ != "-";
      generation_ = generation;
      return "";
    }
    for (const int fd : answer.descriptors) close(fd);
    if (answer.text == "same" && net_ >= 0) return "";
    const std::string why = After("refused ", answer.text);
    if (!why.empty()) return "its network " + spec.network + ": " + why;
    if (NowMs() >= until) return "the network " + spec.network + " is not there: its holder does not answer";
    const timespec pause = {0, kPauseMs * 1000000};
    nanosleep(&pause, nullptr);
  }
}

}  // namespace nubo::drivers
