// nubo console: the page that draws the running region.
#include "nubo/cli/commands/commands.h"

#include <sys/random.h>

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/cli/client/client.h"
#include "nubo/cli/client/remote_region.h"
#include "nubo/console/console.h"
#include "nubo/http/server.h"
#include "nubo/http/static_files.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"

namespace nubo::cli {
namespace {

constexpr size_t kTokenBytes = 16;
constexpr absl::Duration kLookInterval = absl::Milliseconds(100);

absl::StatusOr<std::string> MakeToken() {
  unsigned char bytes[kTokenBytes];
  if (::getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes)) {
    return absl::UnavailableError("this machine gives no random bytes for a token");
  }
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(bytes), sizeof bytes));
}

// What it looks at outlives the loop's run.
net::Task<void> StopWhenInterrupted(net::Loop& loop, const std::atomic<bool>& interrupted) {
  while (!interrupted.load()) co_await loop.SleepFor(kLookInterval);
  loop.Stop();
}

}  // namespace

absl::Status ServeConsole(const ConsoleCommandOptions& options, Context& context) {
  // Says so at once if there is nothing to show.
  NUBO_RETURN_IF_ERROR(Client::Connect(options.state_dir).status());
  NUBO_ASSIGN_OR_RETURN(const http::StaticFiles files, http::StaticFiles::Load(options.page_dir, {}));
  NUBO_ASSIGN_OR_RETURN(const std::string token, MakeToken());
  RemoteRegion region(options.state_dir);
  net::Loop loop;
  NUBO_ASSIGN_OR_RETURN(std::unique_ptr<net::Listener> listener, net::ListenTcp(loop, options.address));
  const net::SocketAddress address = listener->local();
  console::Console console(loop, region, files, {.token = token, .address = address});
  http::Server server(loop, console, {});
  loop.Spawn(server.Serve(std::move(listener)));
  loop.Spawn(StopWhenInterrupted(loop, context.interrupted));
  context.out << "http://" << address.ToString() << "/#token=" << token << "\n";
  context.out.flush();
  context.err << "nubo: open it in a browser; Ctrl-C ends it\n";
  context.err.flush();
  loop.Run();
  return absl::OkStatus();
}

}  // namespace nubo::cli
