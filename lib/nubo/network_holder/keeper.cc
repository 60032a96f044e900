#include "nubo/network_holder/keeper.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "nubo/fabrics/fd_passing.h"

namespace nubo::network_holder {
namespace {

constexpr int kFirstInherited = 3;
constexpr char kPrefix[] = "net/";

std::string Variable(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? "" : text;
}

// -1: there is none.
int NumberIn(const char* variable) {
  int number = -1;
  return absl::SimpleAtoi(Variable(variable), &number) ? number : -1;
}

}  // namespace

Keeper Keeper::FromEnvironment() {
  Keeper keeper;
  keeper.store_ = base::OwnedFd(NumberIn("NUBO_FD_STORE"));
  if (keeper.store_.ok()) fcntl(keeper.store_.get(), F_SETFD, FD_CLOEXEC);
  const std::string names = Variable("LISTEN_FDNAMES");
  if (NumberIn("LISTEN_PID") != getpid() || names.empty()) return keeper;
  const std::vector<std::string> all = absl::StrSplit(names, ':');
  const int count = NumberIn("LISTEN_FDS");
  for (int i = 0; i < count && i < static_cast<int>(all.size()); ++i) {
    base::OwnedFd fd(kFirstInherited + i);
    fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
    absl::string_view name = all[static_cast<size_t>(i)];
    if (absl::ConsumePrefix(&name, kPrefix)) {
      keeper.kept_.emplace(std::string(name), fabrics::NetworkNamespace(std::move(fd)));
    }
  }
  return keeper;
}

std::map<std::string, fabrics::NetworkNamespace> Keeper::TakeKept() { return std::exchange(kept_, {}); }

void Keeper::Store(const std::string& name, int descriptor) {
  if (!store_.ok()) return;
  (void)fabrics::SendDescriptors(store_.get(), absl::StrCat("store ", kPrefix, name), {descriptor});
}

void Keeper::Remove(const std::string& name) {
  if (!store_.ok()) return;
  (void)fabrics::SendDescriptors(store_.get(), absl::StrCat("remove ", kPrefix, name), {});
}

}  // namespace nubo::network_holder
