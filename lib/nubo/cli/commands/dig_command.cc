#include "nubo/cli/commands/commands.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/cli/client/client.h"
#include "nubo/cli/output/output.h"
#include "nubo/dns/wire/message.h"
#include "nubo/dns/wire/name.h"
#include "nubo/dns/wire/types.h"
#include "nubo/dns/zone/text.h"
#include "nubo/dns_client/exchange.h"

namespace nubo::cli {
namespace {

constexpr absl::Duration kAnswerMax = absl::Seconds(5);
// Where a region's DNS server is unless it was told otherwise.
constexpr char kDefaultServer[] = "127.0.0.1:10053";

// The server goes on answering while the control plane does not, so that one is not needed to find it.
absl::StatusOr<net::SocketAddress> Server(const DigOptions& options) {
  if (options.server.has_value()) return *options.server;
  const auto client = Client::Connect(options.state_dir);
  if (client.ok()) {
    const auto status = (*client)->Call((*client)->region(), &Region::StubInterface::GetStatus, {});
    if (status.ok()) return net::SocketAddress::Parse(status->dns_address());
  }
  return net::SocketAddress::Parse(kDefaultServer);
}

}  // namespace

absl::Status Dig(const DigOptions& options, Context& context) {
  const absl::StatusOr<dns::Name> name = dns::Name::Parse(options.name);
  if (!name.ok()) return UsageError(name.status().message());
  const absl::StatusOr<dns::RecordType> type = dns::ParseRecordType(options.type);
  if (!type.ok()) {
    return UsageError(absl::StrCat(type.status().message(), "; for example: nubo dig ", options.name, " AAAA"));
  }
  NUBO_ASSIGN_OR_RETURN(const net::SocketAddress server, Server(options));
  const absl::StatusOr<dns::Message> reply = dns_client::Dig(server, *name, *type, options.tcp, kAnswerMax);
  if (!reply.ok()) return base::Annotate(reply.status(), "no answer");
  context.out << dns::DigText(*reply);
  return absl::OkStatus();
}

}  // namespace nubo::cli
