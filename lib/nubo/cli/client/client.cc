#include "nubo/cli/client/client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nubo/base/status.h"
#include "nubo/base/strings.h"
#include "nubo/cli/args/names.h"
#include "nubo/cli/output/output.h"

namespace nubo::cli {
namespace {

// A busy region may take its time, and then is waited for by the call itself.
constexpr int kGreetingMs = 2000;

absl::Status NotRunning(absl::string_view state_dir) {
  return absl::UnavailableError(absl::StrCat("no region is running in ", state_dir, "; start one with: nubo up"));
}

// A region says something to whoever connects (HTTP/2's settings); one that is being killed takes a connection and
// never will. True unless that is sure.
bool Greets(int fd) {
  pollfd ready = {fd, POLLIN, 0};
  char byte = 0;
  if (::poll(&ready, 1, kGreetingMs) <= 0) return true;
  return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

// Asks the socket itself, which answers at once; gRPC would keep trying.
absl::Status Probe(absl::string_view state_dir) {
  const std::string path = SocketPath(state_dir);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat("the socket's path ", path, " is too long"));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::ErrnoToStatus(errno, "cannot make a socket");
  const int connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const int error = errno;
  const bool greets = connected == 0 && Greets(fd);
  ::close(fd);
  if (greets) return absl::OkStatus();
  if (connected != 0 && (error == EACCES || error == EPERM)) {
    return absl::PermissionDeniedError(
        absl::StrCat("the region in ", state_dir, " belongs to another user; use --state to name one of your own"));
  }
  return NotRunning(state_dir);
}

}  // namespace

absl::Status ToStatus(const grpc::Status& status, const grpc::ClientContext& context) {
  if (status.ok()) return absl::OkStatus();
  const absl::Status converted(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto found = trailers.find(kErrorCodeKey);
  if (found == trailers.end()) return converted;
  return base::WithErrorCode(converted, absl::string_view(found->second.data(), found->second.size()));
}

std::string LiteralValue(absl::string_view text) { return absl::StrReplaceAll(text, {{"*", "\\*"}, {"?", "\\?"}}); }

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(absl::string_view state_dir) {
  NUBO_RETURN_IF_ERROR(Probe(state_dir));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kAnswerBytesMax);
  // A path is no host name: without this it would be sent as :authority, escaped.
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const std::shared_ptr<grpc::Channel> channel = grpc::CreateCustomChannel(
      absl::StrCat("unix:", SocketPath(state_dir)), grpc::InsecureChannelCredentials(), arguments);
  return std::unique_ptr<Client>(new Client(state_dir, channel));
}

Client::Client(absl::string_view state_dir, const std::shared_ptr<grpc::Channel>& channel)
    : state_dir_(state_dir),
      autoscaling_(AutoScaling::NewStub(channel)),
      cloudformation_(CloudFormation::NewStub(channel)),
      ec2_(Ec2::NewStub(channel)),
      elbv2_(ElasticLoadBalancing::NewStub(channel)),
      rds_(Rds::NewStub(channel)),
      region_(Region::NewStub(channel)),
      route53_(Route53::NewStub(channel)),
      vpcs_(Vpcs::NewStub(channel)) {}

absl::StatusOr<std::string> Client::PhysicalId(const std::string& name) const {
  region::v1::DescribeRequest request;
  request.set_id(name);
  NUBO_ASSIGN_OR_RETURN(const auto answer, Call(region(), &Region::StubInterface::Describe, request));
  return answer.id();
}

absl::Status Client::Explain(const absl::Status& status) const {
  // A server that ends cancels the calls that are under way; the user did not.
  const bool gone = absl::IsUnavailable(status) || absl::IsCancelled(status);
  if (gone && base::ErrorCode(status).empty()) {
    return absl::UnavailableError(absl::StrCat("the region in ", state_dir_, " stopped answering; its log is ",
                                               LogPath(state_dir_), "; start it again with: nubo up"));
  }
  // It says so before it has done anything.
  if (absl::IsInvalidArgument(status)) return AsUsageError(status);
  if (absl::IsDeadlineExceeded(status)) {
    return absl::DeadlineExceededError(
        absl::StrCat("the region in ", state_dir_, " did not answer in time; its log is ", LogPath(state_dir_)));
  }
  return status;
}

}  // namespace nubo::cli
