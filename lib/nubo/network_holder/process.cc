#include "nubo/network_holder/process.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nubo/base/owned_fd.h"
#include "nubo/base/status.h"
#include "nubo/control/messages.h"
#include "nubo/control/server.h"
#include "nubo/fabrics/fd_passing.h"
#include "nubo/fabrics/network_namespace.h"
#include "nubo/net/loop.h"
#include "nubo/net/readable.h"
#include "nubo/network/v1/network.pb.h"
#include "nubo/network_holder/config.h"
#include "nubo/network_holder/holder.h"
#include "nubo/network_holder/keeper.h"
#include "nubo/network_holder/places.h"

namespace nubo::network_holder {
namespace {

namespace v1 = nubo::network::v1;
constexpr size_t kQuestionMax = 256;
// Of one that fails, while descriptors are short.
constexpr absl::Duration kAcceptPause = absl::Milliseconds(20);
constexpr size_t kAskersMax = 4096;
constexpr size_t kProblemsShownMax = 100;
// A configuration that names who asks may be on its way.
constexpr absl::Duration kJoinPatience = absl::Seconds(8);

// The groups that there are in this namespace of users, from the first to the last, as ping_group_range wants them.
std::string AllGroups() {
  std::ifstream map("/proc/self/gid_map");
  uint64_t first = 0, outside = 0, count = 0;
  // As icmp(7) limits it.
  constexpr uint64_t kLastMax = (uint64_t{1} << 31) - 1;
  if (!(map >> first >> outside >> count) || count == 0) return "1 0";
  return absl::StrCat(first, " ", std::min(first + count - 1, kLastMax));
}

class NetworkProcess final : public control::MessageHandler<v1::Config, v1::Status> {
 public:
  NetworkProcess(net::Loop& loop, NetworkProcessOptions options, Keeper& keeper, fabrics::NetworkNamespace internet,
                 base::OwnedFd user, std::string generation)
      : loop_(loop),
        options_(std::move(options)),
        kept_(keeper.TakeKept()),
        kept_names_(Names(kept_)),
        places_(std::move(internet), std::move(kept_),
                [&keeper](const std::string& name, int descriptor) {
                  descriptor < 0 ? keeper.Remove(name) : keeper.Store(name, descriptor);
                }),
        holder_(places_, std::move(generation), {.ping_group_range = AllGroups()}),
        user_(std::move(user)),
        changed_(loop),
        control_(loop, *this, {options_.snapshot_path}) {}

  absl::Status Start();

 private:
  using MessageHandler::Apply;
  using MessageHandler::Describe;
  absl::Status Apply(const v1::Config& config) override;
  v1::Status Describe() override;

  static std::set<std::string> Names(const std::map<std::string, fabrics::NetworkNamespace>& kept) {
    std::set<std::string> names;
    for (const auto& [name, space] : kept) names.insert(name);
    return names;
  }
  void Resume(vpc::Network network);
  absl::Status ListenForJoins();
  net::Task<void> AcceptJoins();
  net::Task<void> ServeJoin(std::shared_ptr<net::Readable> socket);
  net::Task<void> RetryAgainAndAgain();

  net::Loop& loop_;
  const NetworkProcessOptions options_;
  std::map<std::string, fabrics::NetworkNamespace> kept_;
  const std::set<std::string> kept_names_;
  KernelPlaces places_;
  Holder holder_;
  const base::OwnedFd user_;
  // A configuration has come.
  net::Event changed_;
  std::unique_ptr<net::Readable> acceptor_;
  control::Server control_;
  uint64_t applied_revision_ = 0;
  size_t askers_ = 0;
  // Until what a former process has left is known.
  bool resuming_ = true;
};

// The rest of what was left behind is removed, once it is known what should be there.
void NetworkProcess::Resume(vpc::Network network) {
  holder_.Resume(std::move(network), kept_names_);
  holder_.SetThere(places_.Survey(holder_.Plan()));
  resuming_ = false;
}

absl::Status NetworkProcess::Start() {
  NUBO_RETURN_IF_ERROR(control_.Listen(options_.control_path));
  control_.ApplySnapshot();
  if (resuming_) Resume({});
  NUBO_RETURN_IF_ERROR(ListenForJoins());
  loop_.Spawn(AcceptJoins());
  loop_.Spawn(RetryAgainAndAgain());
  return absl::OkStatus();
}

absl::Status NetworkProcess::Apply(const v1::Config& config) {
  NUBO_ASSIGN_OR_RETURN(vpc::Network network, FromProto(config.network()));
  if (resuming_) {
    Resume(std::move(network));
  } else {
    holder_.SetNetwork(std::move(network));
  }
  applied_revision_ = config.revision();
  changed_.Notify();
  return absl::OkStatus();
}

v1::Status NetworkProcess::Describe() {
  v1::Status status;
  status.set_applied_revision(applied_revision_);
  status.set_generation(holder_.generation());
  status.set_attached(static_cast<uint32_t>(holder_.attached()));
  for (const std::string& problem : holder_.problems()) {
    if (status.problems_size() >= static_cast<int>(kProblemsShownMax)) break;
    status.add_problems(problem);
  }
  return status;
}

absl::Status NetworkProcess::ListenForJoins() {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (options_.join_path.size() >= sizeof address.sun_path) {
    return absl::InvalidArgumentError(absl::StrCat("the socket's path ", options_.join_path, " is too long"));
  }
  std::memcpy(address.sun_path, options_.join_path.data(), options_.join_path.size());
  unlink(options_.join_path.c_str());
  base::OwnedFd listening(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // Nobody but this user may ask.
  const mode_t usual = umask(0077);
  const bool listens = listening.ok() &&
                       bind(listening.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                       listen(listening.get(), SOMAXCONN) == 0;
  const int problem = errno;
  umask(usual);
  if (!listens) return absl::ErrnoToStatus(problem, absl::StrCat("listen on ", options_.join_path));
  acceptor_ = std::make_unique<net::Readable>(loop_, std::move(listening));
  return absl::OkStatus();
}

net::Task<void> NetworkProcess::AcceptJoins() {
  while (co_await acceptor_->Wait()) {
    base::OwnedFd accepted(accept4(acceptor_->fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!accepted.ok()) {
      co_await loop_.SleepFor(kAcceptPause);
      continue;
    }
    if (askers_ >= kAskersMax) continue;
    auto asker = std::make_shared<net::Readable>(loop_, std::move(accepted));
    loop_.Spawn(ServeJoin(std::move(asker)));
  }
}

net::Task<void> NetworkProcess::ServeJoin(std::shared_ptr<net::Readable> socket) {
  ++askers_;
  const absl::Time deadline = loop_.Now() + kJoinPatience;
  const bool asks = co_await socket->Wait();
  std::string question(kQuestionMax, '\0');
  const ssize_t got = asks ? recv(socket->fd(), question.data(), question.size(), 0) : 0;
  question.resize(got < 0 ? 0 : static_cast<size_t>(got));
  const std::vector<std::string> words = absl::StrSplit(question, ' ');
  if (words.size() == 3 && words[0] == "join") {
    Holder::Answer answer = holder_.Join(words[1], words[2]);
    while (answer.kind == Holder::Answer::Kind::kUnknown && loop_.Now() < deadline) {
      (void)co_await changed_.WaitUntil(deadline);
      answer = holder_.Join(words[1], words[2]);
    }
    const int fd = socket->fd();
    if (answer.kind == Holder::Answer::Kind::kJoined) {
      (void)fabrics::SendDescriptors(fd, absl::StrCat("joined ", holder_.generation()),
                                     {user_.get(), answer.descriptor});
      control_.Changed();
    } else if (answer.kind == Holder::Answer::Kind::kSame) {
      (void)fabrics::SendDescriptors(fd, "same", {});
    } else {
      const std::string why = answer.kind == Holder::Answer::Kind::kUnknown ? "nobody has told of it" : answer.why;
      (void)fabrics::SendDescriptors(fd, absl::StrCat("refused ", why.substr(0, kQuestionMax)), {});
    }
  }
  --askers_;
}

net::Task<void> NetworkProcess::RetryAgainAndAgain() {
  while (true) {
    co_await loop_.SleepFor(options_.retry_interval);
    if (holder_.Retry()) control_.Changed();
  }
}

}  // namespace

absl::Status RunNetworkProcess(const NetworkProcessOptions& options) {
  Keeper keeper = Keeper::FromEnvironment();
  NUBO_ASSIGN_OR_RETURN(fabrics::NetworkNamespace internet, fabrics::NetworkNamespace::Current());
  base::OwnedFd user(open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC));
  if (!user.ok()) return absl::ErrnoToStatus(errno, "open /proc/self/ns/user");
  const char* generation = std::getenv("NUBO_NETWORK_GENERATION");
  if (generation == nullptr) {
    return absl::FailedPreconditionError(
        "nubo network is started by the control plane, in namespaces of its own; nubo serve starts it");
  }
  net::Loop loop;
  NetworkProcess process(loop, options, keeper, std::move(internet), std::move(user), generation);
  NUBO_RETURN_IF_ERROR(process.Start());
  loop.Run();
  return absl::OkStatus();
}

}  // namespace nubo::network_holder
