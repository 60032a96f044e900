#include "nubo/daemon/door.h"

#include <grpcpp/resource_quota.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace nubo::region {
namespace {

namespace fs = std::filesystem;

// How often it is looked whether the socket is still there.
constexpr absl::Duration kRound = absl::Seconds(1);
// However often the socket is removed.
constexpr size_t kServersMax = 3;
// A template of 51,200 bytes and 200 parameters of 4,096 are less than a megabyte.
constexpr int kRequestBytesMax = 2 << 20;
// Each call that is answered, or that follows something, has one; more are refused with RESOURCE_EXHAUSTED.
constexpr int kThreadsMax = 128;

ino_t InodeOf(const std::string& path) {
  struct stat info;
  return lstat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

std::unique_ptr<grpc::Server> Listen(const std::string& socket,
                                     const std::vector<std::unique_ptr<grpc::Service>>& services) {
  grpc::ServerBuilder builder;
  grpc::ResourceQuota quota;
  quota.SetMaxThreads(kThreadsMax);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kRequestBytesMax);
  builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
  for (const auto& service : services) builder.RegisterService(service.get());
  return builder.BuildAndStart();
}

}  // namespace

Door::Door(Region& region, const ServiceOptions& options, std::string socket, Log log)
    : region_(region), options_(options), socket_(std::move(socket)), log_(std::move(log)) {}

Door::~Door() { Close(); }

absl::Status Door::Open() {
  // gRPC removes the path that a server was given when that server ends. So each has one of its own, and is moved to
  // where the region is looked for.
  const std::string own = absl::StrCat(socket_, ".", opened_++);
  std::error_code error;
  fs::remove(own, error);
  std::vector<std::unique_ptr<grpc::Service>> services = MakeServices(region_, options_);
  std::unique_ptr<grpc::Server> server = Listen(own, services);
  if (server != nullptr) fs::rename(own, socket_, error);
  if (server == nullptr || error) return absl::UnavailableError(absl::StrCat("cannot listen on ", socket_));
  services_.push_back(std::move(services));
  servers_.push_back(std::move(server));
  inode_ = InodeOf(socket_);
  if (servers_.size() <= kServersMax) return absl::OkStatus();
  servers_.front()->Shutdown(std::chrono::system_clock::now());
  servers_.erase(servers_.begin());
  services_.erase(services_.begin());
  return absl::OkStatus();
}

void Door::Watch(std::function<bool()> ends) {
  thread_ = std::thread([this, ends = std::move(ends)] {
    std::string said;
    base::MutexLock lock(mutex_);
    while (!closing_.WaitFor(mutex_, kRound, [this]() NUBO_REQUIRES(mutex_) { return closed_; })) {
      if (ends()) return;
      if (InodeOf(socket_) == inode_) continue;
      const absl::Status opened = Open();
      const std::string what = opened.ok() ? absl::StrCat("somebody has removed ", socket_, "; it is there again")
                                           : std::string(opened.message());
      // What cannot be done is tried every time, and told once.
      if (opened.ok() || what != said) log_(what);
      said = what;
    }
  });
}

void Door::Close() {
  {
    base::MutexLock lock(mutex_);
    closed_ = true;
  }
  closing_.NotifyAll();
  if (thread_.joinable()) thread_.join();
  for (const auto& server : servers_) server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2));
  servers_.clear();
  std::error_code ignored;
  fs::remove(socket_, ignored);
}

}  // namespace nubo::region
