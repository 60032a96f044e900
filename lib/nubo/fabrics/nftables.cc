#include "nubo/fabrics/nftables.h"

#include <dirent.h>
#include <errno.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <sys/socket.h>

#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nubo/base/owned_fd.h"

namespace nubo::fabrics {
namespace {

// Errors beyond are cut; each repeats its line.
constexpr size_t kErrorShownMax = 2000;
// More than any transaction; the kernel gives what it allows.
constexpr int kSendBytesWanted = 64 << 20;

// A transaction is one message, which the socket's queue has to hold. The library asks for more room as only the host's
// root may, and does not show its socket: hence this is for all that the process has of the kind.
void MakeRoom() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return;
  while (const dirent* entry = readdir(directory)) {
    int fd = -1, protocol = 0, domain = 0;
    socklen_t size = sizeof(int);
    if (absl::SimpleAtoi(entry->d_name, &fd) && getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
        domain == AF_NETLINK && getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
        protocol == NETLINK_NETFILTER) {
      setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBytesWanted, sizeof kSendBytesWanted);
    }
  }
  closedir(directory);
}

absl::StatusCode CodeOf(absl::string_view error) {
  const auto says = [error](int number) { return absl::StrContains(error, std::generic_category().message(number)); };
  if (says(EPERM)) return absl::StatusCode::kPermissionDenied;
  if (says(EMSGSIZE) || says(ENOBUFS) || says(ENOMEM)) return absl::StatusCode::kResourceExhausted;
  return absl::StatusCode::kInvalidArgument;
}

}  // namespace

void Nftables::Free::operator()(nft_ctx* context) const { nft_ctx_free(context); }

absl::StatusOr<Nftables> Nftables::Open() {
  // The library ends the process when it cannot have its socket: hence this one is tried first.
  const base::OwnedFd tried(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (!tried.ok()) {
    const int error = errno;
    const std::string text = absl::StrCat("cannot open nftables: ", std::generic_category().message(error));
    if (error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS) {
      return absl::ResourceExhaustedError(text);
    }
    return absl::UnimplementedError(text);
  }
  Nftables opened(nft_ctx_new(NFT_CTX_DEFAULT));
  if (opened.context_ == nullptr || nft_ctx_buffer_output(opened.context_.get()) != 0 ||
      nft_ctx_buffer_error(opened.context_.get()) != 0) {
    return absl::ResourceExhaustedError("cannot open nftables: no memory");
  }
  MakeRoom();
  return opened;
}

absl::Status Nftables::Apply(absl::string_view text) { return Print(text).status(); }

absl::StatusOr<std::string> Nftables::Print(absl::string_view command) {
  const std::string text(command);
  const int result = nft_run_cmd_from_buffer(context_.get(), text.c_str());
  // Both empty their buffer.
  const char* printed = nft_ctx_get_output_buffer(context_.get());
  const char* said = nft_ctx_get_error_buffer(context_.get());
  if (result == 0) return std::string(printed != nullptr ? printed : "");
  const absl::string_view error = absl::StripSuffix(said != nullptr ? said : "", "\n");
  return absl::Status(CodeOf(error),
                      absl::StrCat("nftables: ", error.empty() ? "refused" : error.substr(0, kErrorShownMax)));
}

}  // namespace nubo::fabrics
