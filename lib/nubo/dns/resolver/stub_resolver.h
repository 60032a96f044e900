// A stub resolver as a state machine: questions, packets and time in; packets and answers out.
//
// It asks the configured servers in turn, over UDP with EDNS and over TCP where an answer was truncated, believes only
// replies that fit what it sent (server, id, question, and the question's random upper and lower case), goes on to the
// next server where one is of no use (a refusal, a failure, or a referral, which a stub cannot follow), passes over
// those that were not reached lately, follows CNAMEs within a reply, and remembers answers, "no such name" (RFC 2308)
// and failures (RFC 9520) for as long as they may be used. Equal questions in flight are asked once. It does no I/O:
// nubo/dns_client/client.h is a runtime for it.
//
// The loop that drives it, in short:
//   Perform(resolver.Ask(id, question, Now()));
//   ...
//   wait until a packet arrives, an attempt fails, or resolver.next_timer();
//   Perform(resolver.OnMessage(attempt, source, bytes, Now()));    // or
//   Perform(resolver.OnFailure(attempt, status, Now()));           // or
//   Perform(resolver.OnTimer(Now()));
// where Perform sends every `sends` from a port of its own, ends every attempt in `ended`, and hands out every `done`.
//
// Thread safety: thread-compatible.
#ifndef NUBO_DNS_RESOLVER_STUB_RESOLVER_H_
#define NUBO_DNS_RESOLVER_STUB_RESOLVER_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/random/bit_gen_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/dns/resolver/resolver_cache.h"
#include "nubo/dns/wire/message.h"
#include "nubo/net/ip_address.h"

namespace nubo::dns {

struct StubResolverOptions {
  // Asked in this order; kServersMax at most are used.
  std::vector<net::SocketAddress> servers;
  // How often each is asked. The wait doubles from round to round.
  int rounds = 2;
  absl::Duration udp_timeout = absl::Seconds(1);
  absl::Duration tcp_timeout = absl::Seconds(3);
  // Mixed case in questions, which a forger would have to guess too.
  bool randomize_case = true;

  size_t cache_entries_max = 4096;
  // RFC 8767 §4: a TTL beyond a week is a mistake; a day is plenty.
  absl::Duration ttl_max = absl::Hours(24);
  // RFC 2308 §5: one to three hours.
  absl::Duration negative_ttl_max = absl::Hours(1);
  // RFC 9520 §3.2: at least one second.
  absl::Duration failure_ttl = absl::Seconds(1);
  // How long a server whose port was closed is asked after the others.
  absl::Duration unreachable_for = absl::Seconds(10);
  // Different questions in flight, and requests that wait for one of them.
  size_t queries_max = 1024;
  size_t requests_per_query_max = 1024;
};

class StubResolver {
 public:
  static constexpr size_t kServersMax = 8;

  // Chosen by the caller, unique among requests not yet done.
  using RequestId = uint64_t;
  using AttemptId = uint64_t;

  // Send `packet` to `server`, from a fresh port (UDP) or on a fresh connection (TCP), and report what comes back.
  struct Send {
    AttemptId attempt = 0;
    Transport transport = Transport::kUdp;
    net::SocketAddress server;
    std::string packet;
  };
  struct Done {
    RequestId request = 0;
    // DEADLINE_EXCEEDED: no server answered. UNAVAILABLE: none gave an answer of use. RESOURCE_EXHAUSTED: too many
    // questions in flight. FAILED_PRECONDITION: no servers. That a name does not exist is an answer, not an error.
    absl::StatusOr<Resolution> result;
  };
  struct Output {
    std::vector<Send> sends;
    std::vector<Done> done;
    // Nothing more is wanted from these attempts: close their sockets.
    std::vector<AttemptId> ended;
  };

  StubResolver(StubResolverOptions options, absl::BitGenRef rng);

  Output Ask(RequestId request, const Question& question, absl::Time now);
  // Forgets a request. Its question is given up if nobody else waits for the answer.
  Output Cancel(RequestId request);
  // Bytes received on an attempt's socket. What does not fit the attempt is ignored.
  Output OnMessage(AttemptId attempt, const net::SocketAddress& source, absl::string_view bytes, absl::Time now);
  // The attempt cannot succeed any more: a connection refused or broken.
  Output OnFailure(AttemptId attempt, const absl::Status& status, absl::Time now);
  Output OnTimer(absl::Time now);
  // When OnTimer is due; InfiniteFuture while nothing is in flight.
  absl::Time next_timer() const;

  size_t cache_size() const { return cache_.size(); }

 private:
  using QueryId = uint64_t;
  struct Attempt {
    AttemptId id = 0;
    Transport transport = Transport::kUdp;
    size_t server = 0;
    uint16_t message_id = 0;
    Name sent_name;
  };
  // One question on its way. Steps count attempts by server and round: step / servers is the round.
  struct Query {
    QueryId id = 0;
    Question question;
    std::vector<RequestId> requests;
    // All are listened to: a late reply is as good as a quick one.
    std::vector<Attempt> attempts;
    size_t next_step = 0;
    absl::Time deadline;
    bool use_edns = true;
    // Servers whose answer was of no use are not asked again.
    std::vector<bool> useless;
    absl::Status last_error;
  };

  void Transmit(Query& query, size_t server, Transport transport, absl::Duration timeout, absl::Time now, Output* out);
  // The next server in turn; past the last one the query fails.
  void NextStep(Query& query, absl::Time now, Output* out);
  bool PassedOver(size_t server, absl::Time now) const;
  void OnReply(Query& query, const Attempt& attempt, const Message& reply, absl::Time now, Output* out);
  void Finish(Query& query, const absl::StatusOr<Resolution>& result, absl::Time now, Output* out);
  void EndAttempt(Query& query, AttemptId attempt, Output* out);
  void Forget(Query& query, Output* out);
  void SetDeadline(Query& query, absl::Time deadline);
  Name RandomCase(const Name& name);
  Query* FindByAttempt(AttemptId attempt);

  const StubResolverOptions options_;
  absl::BitGenRef rng_;
  ResolverCache cache_;
  // By server; until then it is asked after the others.
  std::vector<absl::Time> unreachable_until_;
  // Invariants: 1. queries_, by_question_ and timers_ hold the same queries. 2. by_attempt_ holds the attempts of all
  // queries, by_request_ their requests.
  absl::flat_hash_map<QueryId, std::unique_ptr<Query>> queries_;
  absl::flat_hash_map<Question, QueryId> by_question_;
  absl::flat_hash_map<AttemptId, QueryId> by_attempt_;
  absl::flat_hash_map<RequestId, QueryId> by_request_;
  std::set<std::pair<absl::Time, QueryId>> timers_;
  QueryId next_query_ = 1;
  AttemptId next_attempt_ = 1;
};

// What `reply` says about `question`: CNAMEs followed, lifetimes bounded by the options. Its rcode is NOERROR or
// NXDOMAIN. Records of another class than the question's say nothing.
Resolution InterpretReply(const Question& question, const Message& reply, const StubResolverOptions& options,
                          absl::Time now);

}  // namespace nubo::dns

#endif  // NUBO_DNS_RESOLVER_STUB_RESOLVER_H_
