#include "nubo/dns/resolver/stub_resolver.h"

#include <algorithm>
#include <optional>

#include "absl/random/distributions.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nubo/dns/wire/record.h"

namespace nubo::dns {
namespace {

// CNAMEs followed within one reply; past that it is taken for a loop.
constexpr int kCnamesMax = 16;

// RFC 2181 §8: a TTL with its highest bit set means 0.
uint32_t TtlOf(const ResourceRecord& record) { return record.ttl_seconds > kTtlSecondsMax ? 0 : record.ttl_seconds; }

StubResolverOptions Bounded(StubResolverOptions options) {
  if (options.servers.size() > StubResolver::kServersMax) options.servers.resize(StubResolver::kServersMax);
  options.rounds = std::max(options.rounds, 1);
  return options;
}

std::string Describe(const Question& question) {
  return absl::StrCat(question.name.ToDisplayString(), " ", ToString(question.type));
}

// Follows the CNAMEs that `reply` has for the question's name, lowering *ttl_seconds to the least on the way.
Name FollowCnames(const Message& reply, const Question& question, uint32_t* ttl_seconds) {
  Name name = question.name;
  for (int hops = 0; hops < kCnamesMax; ++hops) {
    const auto cname = std::find_if(reply.answers.begin(), reply.answers.end(), [&](const ResourceRecord& record) {
      return record.rclass == question.rclass && record.name == name && record.type() == RecordType::kCname;
    });
    if (cname == reply.answers.end()) break;
    *ttl_seconds = std::min(*ttl_seconds, TtlOf(*cname));
    name = std::get<Cname>(cname->rdata).target;
  }
  return name;
}

// RFC 2308 §5: without a SOA that covers the name, "no" is not to be remembered.
uint32_t NegativeTtl(const Message& reply, const Name& name, RecordClass rclass) {
  for (const ResourceRecord& record : reply.authority) {
    const Soa* soa = std::get_if<Soa>(&record.rdata);
    const bool covers = soa != nullptr && record.rclass == rclass && name.IsSubdomainOf(record.name);
    if (covers) return std::min(TtlOf(record), soa->minimum_seconds);
  }
  return 0;
}

absl::Duration Lifetime(uint32_t ttl_seconds, absl::Duration longest) {
  return std::min(absl::Seconds(ttl_seconds), longest);
}

enum class Fit { kNo, kOtherCase, kYes };

bool IsAnswer(Rcode rcode) { return rcode == Rcode::kNoError || rcode == Rcode::kNxDomain; }

// Whether `reply` repeats `question`, which was sent with its name in the case of `sent`.
Fit FitOf(const Message& reply, const Question& question, const Name& sent) {
  // Refusals may come without the question, and say nothing about it.
  if (reply.questions.empty() && !IsAnswer(reply.rcode)) return Fit::kYes;
  if (reply.questions.size() != 1 || reply.questions[0] != question) return Fit::kNo;
  return reply.questions[0].name.wire() == sent.wire() ? Fit::kYes : Fit::kOtherCase;
}

// Why a reply that is no error is of no use all the same; "" if it is of use. A stub needs servers that recurse: one
// that neither knows the answer itself nor looks for it has nothing to say but a referral, to itself or upwards, or
// nothing at all (RFC 1034 §4.3.1, §5.3.3; glibc's res_send and Go's resolver go on to the next server as well).
absl::string_view WhyUseless(const Question& question, const Message& reply, Transport transport) {
  if (transport == Transport::kTcp && reply.truncated) return "a truncated reply over TCP";
  if (reply.rcode != Rcode::kNoError) return "";
  const auto is_soa = [&](const ResourceRecord& record) {
    return record.type() == RecordType::kSoa && record.rclass == question.rclass;
  };
  // What denies as it should is an answer, whoever says it.
  if (std::any_of(reply.authority.begin(), reply.authority.end(), is_soa)) return "";
  const auto is_ours = [&](const ResourceRecord& record) {
    return record.rclass == question.rclass && record.name == question.name;
  };
  if (std::any_of(reply.answers.begin(), reply.answers.end(), is_ours)) return "";
  if (!reply.answers.empty()) return "records of another name or class";
  return !reply.authoritative && !reply.recursion_available ? "a referral, and does not recurse" : "";
}

bool RefusesEdns(const Message& reply) {
  return reply.rcode == Rcode::kFormErr || reply.rcode == Rcode::kNotImp || reply.rcode == Rcode::kBadVers;
}

}  // namespace

Resolution InterpretReply(const Question& question, const Message& reply, const StubResolverOptions& options,
                          absl::Time now) {
  Resolution resolution;
  resolution.rcode = reply.rcode;
  uint32_t ttl_seconds = kTtlSecondsMax;
  const bool follow = question.type != RecordType::kCname && question.type != RecordType::kAny;
  resolution.canonical_name = follow ? FollowCnames(reply, question, &ttl_seconds) : question.name;
  for (const ResourceRecord& record : reply.answers) {
    const bool wanted = question.type == RecordType::kAny || record.type() == question.type;
    if (!wanted || record.rclass != question.rclass || record.name != resolution.canonical_name) continue;
    // The earlier deadline counts for the whole.
    ttl_seconds = std::min(ttl_seconds, TtlOf(record));
    resolution.records.push_back(record.rdata);
  }
  if (!resolution.records.empty()) {
    resolution.expires = now + Lifetime(ttl_seconds, options.ttl_max);
  } else {
    ttl_seconds = std::min(ttl_seconds, NegativeTtl(reply, resolution.canonical_name, question.rclass));
    resolution.expires = now + Lifetime(ttl_seconds, options.negative_ttl_max);
  }
  return resolution;
}

StubResolver::StubResolver(StubResolverOptions options, absl::BitGenRef rng)
    : options_(Bounded(std::move(options))),
      rng_(rng),
      cache_(options_.cache_entries_max),
      unreachable_until_(options_.servers.size(), absl::InfinitePast()) {}

StubResolver::Output StubResolver::Ask(RequestId request, const Question& question, absl::Time now) {
  Output out;
  if (const absl::StatusOr<Resolution>* known = cache_.Find(question, now)) {
    out.done.push_back({request, *known});
    return out;
  }
  const auto refuse = [&](absl::Status status) { out.done.push_back({request, std::move(status)}); };
  if (const auto same = by_question_.find(question); same != by_question_.end()) {
    Query& query = *queries_.at(same->second);
    if (query.requests.size() >= options_.requests_per_query_max) {
      refuse(absl::ResourceExhaustedError(absl::StrCat("resolving ", Describe(question), ": ", query.requests.size(),
                                                       " requests already wait for it; expected at most as many")));
      return out;
    }
    query.requests.push_back(request);
    by_request_[request] = query.id;
    return out;
  }
  if (options_.servers.empty()) {
    refuse(absl::FailedPreconditionError(absl::StrCat("resolving ", Describe(question), ": no DNS server is known")));
    return out;
  }
  if (queries_.size() >= options_.queries_max) {
    refuse(absl::ResourceExhaustedError(absl::StrCat("resolving ", Describe(question), ": ", queries_.size(),
                                                     " questions are in flight; expected fewer")));
    return out;
  }
  auto owned = std::make_unique<Query>();
  Query& query = *owned;
  query.id = next_query_++;
  query.question = question;
  query.requests.push_back(request);
  query.useless.resize(options_.servers.size());
  query.deadline = now;
  queries_.emplace(query.id, std::move(owned));
  by_question_.emplace(question, query.id);
  by_request_[request] = query.id;
  timers_.emplace(query.deadline, query.id);
  NextStep(query, now, &out);
  return out;
}

StubResolver::Output StubResolver::Cancel(RequestId request) {
  Output out;
  const auto found = by_request_.find(request);
  if (found == by_request_.end()) return out;
  Query& query = *queries_.at(found->second);
  by_request_.erase(found);
  query.requests.erase(std::find(query.requests.begin(), query.requests.end(), request));
  if (query.requests.empty()) Forget(query, &out);
  return out;
}

StubResolver::Output StubResolver::OnMessage(AttemptId attempt_id, const net::SocketAddress& source,
                                             absl::string_view bytes, absl::Time now) {
  Output out;
  Query* query = FindByAttempt(attempt_id);
  if (query == nullptr) return out;
  const Attempt attempt = *std::find_if(query->attempts.begin(), query->attempts.end(),
                                        [&](const Attempt& one) { return one.id == attempt_id; });
  const std::optional<Header> header = DecodeHeader(bytes);
  const bool ours = source == options_.servers[attempt.server] && header.has_value() && header->response &&
                    header->opcode == Opcode::kQuery && header->id == attempt.message_id;
  if (!ours) return out;
  const absl::StatusOr<Message> reply = Decode(bytes);
  const bool udp = attempt.transport == Transport::kUdp;
  // Some servers cut a truncated reply in the middle of a record: all that such a one can do is to make us ask again.
  const Fit fit = reply.ok() ? FitOf(*reply, query->question, attempt.sent_name) : Fit::kNo;
  const bool truncated = header->truncated && (!reply.ok() || fit != Fit::kNo);
  // A server that does not keep the question's case cannot be told from a forger over UDP.
  if (udp && (truncated || fit == Fit::kOtherCase)) {
    EndAttempt(*query, attempt_id, &out);
    Transmit(*query, attempt.server, Transport::kTcp, options_.tcp_timeout, now, &out);
    return out;
  }
  if (fit == Fit::kNo) return out;
  // One reply an attempt: a second copy of it is nobody's.
  EndAttempt(*query, attempt_id, &out);
  OnReply(*query, attempt, *reply, now, &out);
  return out;
}

void StubResolver::OnReply(Query& query, const Attempt& attempt, const Message& reply, absl::Time now, Output* out) {
  unreachable_until_[attempt.server] = absl::InfinitePast();
  const absl::string_view useless = IsAnswer(reply.rcode) ? WhyUseless(query.question, reply, attempt.transport) : "";
  if (IsAnswer(reply.rcode) && useless.empty()) {
    return Finish(query, InterpretReply(query.question, reply, options_, now), now, out);
  }
  if (RefusesEdns(reply) && query.use_edns) {
    // RFC 6891 §7: it may be too old for EDNS.
    query.use_edns = false;
    return Transmit(query, attempt.server, attempt.transport, options_.udp_timeout, now, out);
  }
  query.useless[attempt.server] = true;
  query.last_error = absl::UnavailableError(absl::StrCat("resolving ", Describe(query.question), ": ",
                                                         options_.servers[attempt.server].ToString(), " answered ",
                                                         useless.empty() ? ToString(reply.rcode) : useless));
  NextStep(query, now, out);
}

StubResolver::Output StubResolver::OnFailure(AttemptId attempt_id, const absl::Status& status, absl::Time now) {
  Output out;
  Query* query = FindByAttempt(attempt_id);
  if (query == nullptr) return out;
  const auto attempt = std::find_if(query->attempts.begin(), query->attempts.end(),
                                    [&](const Attempt& one) { return one.id == attempt_id; });
  // Only the latest attempt is waited for; the failure of one given up long ago changes nothing.
  const bool latest = attempt->id == query->attempts.back().id;
  query->last_error =
      absl::UnavailableError(absl::StrCat("resolving ", Describe(query->question), ": asking ",
                                          options_.servers[attempt->server].ToString(), ": ", status.message()));
  // Of TCP it says nothing about UDP, which is asked first.
  if (absl::IsUnavailable(status) && attempt->transport == Transport::kUdp) {
    unreachable_until_[attempt->server] = now + options_.unreachable_for;
  }
  EndAttempt(*query, attempt_id, &out);
  if (latest) NextStep(*query, now, &out);
  return out;
}

StubResolver::Output StubResolver::OnTimer(absl::Time now) {
  Output out;
  while (!timers_.empty() && timers_.begin()->first <= now) {
    NextStep(*queries_.at(timers_.begin()->second), now, &out);
  }
  return out;
}

absl::Time StubResolver::next_timer() const {
  return timers_.empty() ? absl::InfiniteFuture() : timers_.begin()->first;
}

void StubResolver::NextStep(Query& query, absl::Time now, Output* out) {
  const size_t servers = options_.servers.size();
  const size_t steps = servers * static_cast<size_t>(options_.rounds);
  const auto skipped = [&](size_t step) {
    // In the first round only: whoever is left over is asked in the next, when none of the others has answered.
    const bool first = step < servers && options_.rounds > 1;
    return query.useless[step % servers] || (first && PassedOver(step % servers, now));
  };
  while (query.next_step < steps && skipped(query.next_step)) ++query.next_step;
  if (query.next_step < steps) {
    const size_t step = query.next_step++;
    const int round = static_cast<int>(step / servers);
    Transmit(query, step % servers, Transport::kUdp, options_.udp_timeout * (1 << std::min(round, 6)), now, out);
    return;
  }
  absl::Status error = query.last_error;
  if (error.ok()) {
    error = absl::DeadlineExceededError(absl::StrCat("resolving ", Describe(query.question), ": no answer from ",
                                                     options_.servers[0].ToString(),
                                                     servers > 1 ? absl::StrCat(" and ", servers - 1, " more") : ""));
  }
  Finish(query, error, now, out);
}

bool StubResolver::PassedOver(size_t server, absl::Time now) const {
  const auto reachable = [now](absl::Time until) { return until <= now; };
  return !reachable(unreachable_until_[server]) &&
         std::any_of(unreachable_until_.begin(), unreachable_until_.end(), reachable);
}

void StubResolver::Transmit(Query& query, size_t server, Transport transport, absl::Duration timeout, absl::Time now,
                            Output* out) {
  Attempt attempt;
  attempt.id = next_attempt_++;
  attempt.transport = transport;
  attempt.server = server;
  attempt.message_id = absl::Uniform<uint16_t>(absl::IntervalClosed, rng_, 0, 0xffff);
  const bool randomize = options_.randomize_case && transport == Transport::kUdp;
  attempt.sent_name = randomize ? RandomCase(query.question.name) : query.question.name;
  Message message;
  message.id = attempt.message_id;
  message.recursion_desired = true;
  message.questions.push_back({attempt.sent_name, query.question.type, query.question.rclass});
  if (query.use_edns) message.edns.emplace();
  // A question and an empty OPT always fit.
  out->sends.push_back({attempt.id, transport, options_.servers[server], *Encode(message)});
  by_attempt_.emplace(attempt.id, query.id);
  query.attempts.push_back(std::move(attempt));
  SetDeadline(query, now + timeout);
}

void StubResolver::Finish(Query& query, const absl::StatusOr<Resolution>& result, absl::Time now, Output* out) {
  const absl::Time expires = result.ok() ? result->expires : now + options_.failure_ttl;
  cache_.Put(query.question, result, expires, now);
  for (const RequestId request : query.requests) out->done.push_back({request, result});
  Forget(query, out);
}

void StubResolver::EndAttempt(Query& query, AttemptId attempt, Output* out) {
  query.attempts.erase(std::find_if(query.attempts.begin(), query.attempts.end(),
                                    [&](const Attempt& one) { return one.id == attempt; }));
  by_attempt_.erase(attempt);
  out->ended.push_back(attempt);
}

void StubResolver::Forget(Query& query, Output* out) {
  for (const Attempt& attempt : query.attempts) {
    by_attempt_.erase(attempt.id);
    out->ended.push_back(attempt.id);
  }
  for (const RequestId request : query.requests) by_request_.erase(request);
  timers_.erase({query.deadline, query.id});
  by_question_.erase(query.question);
  queries_.erase(query.id);
}

void StubResolver::SetDeadline(Query& query, absl::Time deadline) {
  timers_.erase({query.deadline, query.id});
  query.deadline = deadline;
  timers_.emplace(deadline, query.id);
}

Name StubResolver::RandomCase(const Name& name) {
  std::string wire(name.wire());
  for (char& c : wire) {
    const unsigned char byte = static_cast<unsigned char>(c);
    // Length bytes are below 'A' and no letters.
    if (!absl::ascii_isalpha(byte)) continue;
    c = absl::Bernoulli(rng_, 0.5) ? absl::ascii_toupper(byte) : absl::ascii_tolower(byte);
  }
  return *Name::FromWire(wire);
}

StubResolver::Query* StubResolver::FindByAttempt(AttemptId attempt) {
  const auto found = by_attempt_.find(attempt);
  return found == by_attempt_.end() ? nullptr : queries_.at(found->second).get();
}

}  // namespace nubo::dns
