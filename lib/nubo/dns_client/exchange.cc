#include "nubo/dns_client/exchange.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/dns_client/tcp_message.h"
#include "nubo/net/datagram.h"
#include "nubo/net/stream.h"

namespace nubo::dns_client {
namespace {

constexpr int kUdpTries = 3;

bool Fits(const dns::Message& query, const dns::Header& reply) {
  return reply.response && reply.id == query.id && reply.opcode == query.opcode;
}

// What the coroutines of one exchange share. Not one by one as their parameters: clang 19 misplaces an over-aligned
// SocketAddress that a coroutine takes by value.
struct Job {
  net::Loop& loop;
  const net::SocketAddress server;
  const dns::Message query;
  const absl::Time deadline;
};

net::Task<absl::StatusOr<dns::Message>> ExchangeTcp(std::shared_ptr<const Job> job, std::string packet) {
  absl::StatusOr<std::unique_ptr<net::Stream>> stream = co_await net::ConnectTcp(job->loop, job->server, job->deadline);
  if (!stream.ok()) co_return stream.status();
  (*stream)->SetDeadline(job->deadline);
  NUBO_CO_RETURN_IF_ERROR(co_await WriteTcpMessage(**stream, packet));
  TcpMessageReader reader(**stream);
  while (true) {
    NUBO_CO_ASSIGN_OR_RETURN(const std::string bytes, co_await reader.Read());
    absl::StatusOr<dns::Message> reply = dns::Decode(bytes);
    if (!reply.ok() || Fits(job->query, *reply)) co_return reply;
  }
}

// What is malformed or does not fit over UDP may come from anybody, and is passed over; but for a truncated reply that
// ends in the middle of a record, whose header says enough.
std::optional<dns::Message> UdpReply(const dns::Message& query, absl::string_view bytes) {
  const std::optional<dns::Header> header = dns::DecodeHeader(bytes);
  if (!header.has_value() || !Fits(query, *header)) return std::nullopt;
  absl::StatusOr<dns::Message> reply = dns::Decode(bytes);
  if (reply.ok()) {
    if (!reply->questions.empty() && reply->questions != query.questions) return std::nullopt;
    return *std::move(reply);
  }
  if (!header->truncated) return std::nullopt;
  dns::Message bare;
  static_cast<dns::Header&>(bare) = *header;
  return bare;
}

net::Task<absl::StatusOr<dns::Message>> ExchangeUdp(std::shared_ptr<const Job> job, std::string packet) {
  NUBO_CO_ASSIGN_OR_RETURN(const std::unique_ptr<net::Datagram> socket, net::ConnectUdp(job->loop, job->server));
  socket->SetDeadline(job->deadline);
  NUBO_CO_RETURN_IF_ERROR(co_await socket->Send(packet, job->server));
  std::vector<char> buffer(dns::kMessageSizeMax);
  while (true) {
    NUBO_CO_ASSIGN_OR_RETURN(const net::Datagram::Received received, co_await socket->Receive(absl::MakeSpan(buffer)));
    if (received.peer != job->server) continue;
    std::optional<dns::Message> reply = UdpReply(job->query, absl::string_view(buffer.data(), received.size));
    if (reply.has_value()) co_return *std::move(reply);
  }
}

net::Task<absl::StatusOr<dns::Message>> RunExchange(std::shared_ptr<const Job> job, dns::Transport transport) {
  NUBO_CO_ASSIGN_OR_RETURN(std::string packet, dns::Encode(job->query));
  absl::StatusOr<dns::Message> reply = absl::UnknownError("not asked");
  if (transport == dns::Transport::kTcp) {
    reply = co_await ExchangeTcp(job, std::move(packet));
  } else {
    reply = co_await ExchangeUdp(job, std::move(packet));
  }
  if (!reply.ok()) co_return base::Annotate(reply.status(), absl::StrCat("asking ", job->server.ToString()));
  co_return reply;
}

// What Dig asks, and where the reply goes; lives on the blocked caller's stack.
struct DigJob {
  net::SocketAddress server;
  dns::Message query;
  bool use_tcp = false;
  absl::Duration timeout;
  absl::StatusOr<dns::Message> reply;
};

// The job outlives the loop's run.
net::Task<void> RunDig(net::Loop& loop, DigJob& job) {
  const absl::Time deadline = loop.Now() + job.timeout;
  for (int tries = 0; !job.use_tcp && tries < kUdpTries; ++tries) {
    const absl::Time wait_until = std::min(deadline, loop.Now() + job.timeout / kUdpTries);
    job.reply = co_await Exchange(loop, job.server, job.query, dns::Transport::kUdp, wait_until);
    if (!absl::IsDeadlineExceeded(job.reply.status())) break;
  }
  if (job.use_tcp || (job.reply.ok() && job.reply->truncated)) {
    job.reply = co_await Exchange(loop, job.server, job.query, dns::Transport::kTcp, deadline);
  }
  loop.Stop();
}

}  // namespace

net::Task<absl::StatusOr<dns::Message>> Exchange(net::Loop& loop, net::SocketAddress server, dns::Message query,
                                                 dns::Transport transport, absl::Time deadline) {
  auto job = std::make_shared<const Job>(Job{loop, server, std::move(query), deadline});
  return RunExchange(std::move(job), transport);
}

absl::StatusOr<dns::Message> Dig(const net::SocketAddress& server, const dns::Name& name, dns::RecordType type,
                                 bool use_tcp, absl::Duration timeout) {
  absl::BitGen rng;
  DigJob job;
  job.server = server;
  job.query.id = absl::Uniform<uint16_t>(absl::IntervalClosed, rng, 0, 0xffff);
  job.query.recursion_desired = true;
  job.query.questions.push_back({name, type, dns::RecordClass::kIn});
  job.query.edns.emplace();
  job.use_tcp = use_tcp;
  job.timeout = timeout;
  net::Loop loop;
  loop.Spawn(RunDig(loop, job));
  loop.Run();
  return std::move(job.reply);
}

}  // namespace nubo::dns_client
