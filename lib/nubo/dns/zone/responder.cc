#include "nubo/dns/zone/responder.h"

#include <algorithm>

#include "absl/random/distributions.h"
#include "nubo/dns/wire/wire.h"

namespace nubo::dns {
namespace {

// The header of a response to `query`, and no more decided than that.
Header ResponseTo(const Header& query) {
  Header header;
  header.id = query.id;
  header.response = true;
  header.opcode = query.opcode;
  header.recursion_desired = query.recursion_desired;
  header.checking_disabled = query.checking_disabled;
  return header;
}

void RespondBare(const Header& query, Rcode rcode, std::string* response, QuerySummary* summary) {
  Header header = ResponseTo(query);
  header.rcode = summary->rcode = rcode;
  WireWriter(response, kHeaderSize).Finish(header);
}

size_t SizeLimit(const Message& query, Transport transport) {
  if (transport == Transport::kTcp) return kMessageSizeMax;
  if (!query.edns.has_value()) return kUdpSizeMax;
  // RFC 6891 §6.2.3: less than 512 means 512.
  return std::clamp<size_t>(query.edns->udp_size, kUdpSizeMax, kEdnsUdpSize);
}

// What the question is refused for before anybody looks it up; NOERROR: nothing.
Rcode CheckQuery(const Message& query) {
  if (query.edns.has_value() && query.edns->version != 0) return Rcode::kBadVers;
  const Question& question = query.questions[0];
  if (question.rclass != RecordClass::kIn && question.rclass != RecordClass::kAny) return Rcode::kRefused;
  switch (question.type) {
    case RecordType::kAny:
      return Rcode::kNoError;
    // Zones are not given away.
    case RecordType::kAxfr:
    case RecordType::kIxfr:
      return Rcode::kRefused;
    case RecordType::kMaila:
    case RecordType::kMailb:
      return Rcode::kNotImp;
    default:
      return IsMetaType(question.type) ? Rcode::kFormErr : Rcode::kNoError;
  }
}

// Adds a whole set, beginning at the record `rotation` says, or nothing of it.
bool AddSet(WireWriter& writer, Section section, const AnswerSet& entry, uint32_t rotation) {
  const WireWriter::Mark start = writer.mark();
  const std::vector<Rdata>& records = entry.set->records;
  const size_t first = rotation % records.size();
  for (size_t i = 0; i < records.size(); ++i) {
    const Rdata& rdata = records[(first + i) % records.size()];
    if (writer.AddRecord(section, entry.owner, RecordClass::kIn, entry.ttl_seconds, rdata)) continue;
    writer.Rewind(start);
    return false;
  }
  return true;
}

// False: something that the client needs was left out.
bool AddAnswer(WireWriter& writer, const Answer& answer, uint32_t rotation) {
  for (const AnswerSet& entry : answer.answers) {
    if (!AddSet(writer, Section::kAnswer, entry, rotation)) return false;
  }
  for (const AnswerSet& entry : answer.authority) {
    if (!AddSet(writer, Section::kAuthority, entry, 0)) return false;
  }
  for (const AnswerSet& entry : answer.additional) {
    if (!AddSet(writer, Section::kAdditional, entry, 0) && entry.required) return false;
  }
  return true;
}

void WriteResponse(const Message& query, const Answer& answer, size_t limit, uint32_t rotation, std::string* response,
                   QuerySummary* summary) {
  WireWriter writer(response, limit);
  Header header = ResponseTo(query);
  header.rcode = answer.rcode;
  header.authoritative = answer.authoritative;
  // A question is at most 259 bytes and an OPT without options 11: they always fit.
  writer.AddQuestion(query.questions[0]);
  const Edns edns{.dnssec_ok = query.edns.has_value() && query.edns->dnssec_ok};
  const size_t reserved = query.edns.has_value() ? WireWriter::EdnsSize(edns) : 0;
  writer.Reserve(reserved);
  header.truncated = !AddAnswer(writer, answer, rotation);
  writer.Release(reserved);
  summary->answers = writer.count(Section::kAnswer);
  summary->truncated = header.truncated;
  if (query.edns.has_value()) writer.AddEdns(edns, answer.rcode);
  writer.Finish(header);
}

}  // namespace

bool Respond(const ZoneSet& zones, absl::string_view query_bytes, Transport transport, const RoutingContext& context,
             std::string* response, QuerySummary* summary) {
  *summary = QuerySummary();
  const std::optional<Header> header = DecodeHeader(query_bytes);
  if (!header.has_value() || header->response) return false;
  if (header->opcode != Opcode::kQuery) return RespondBare(*header, Rcode::kNotImp, response, summary), true;
  const absl::StatusOr<Message> query = Decode(query_bytes);
  if (!query.ok() || query->questions.size() != 1) {
    RespondBare(*header, Rcode::kFormErr, response, summary);
    return true;
  }
  summary->has_question = true;
  summary->question = query->questions[0];
  const Rcode refusal = CheckQuery(*query);
  Answer answer;
  if (refusal == Rcode::kNoError) {
    answer = zones.Lookup(query->questions[0], context);
  } else {
    answer.rcode = refusal;
  }
  summary->rcode = answer.rcode;
  // Clients that take the first address get each in turn.
  absl::BitGenRef rng = context.rng;
  const uint32_t rotation = answer.answers.empty() ? 0 : absl::Uniform<uint32_t>(rng);
  WriteResponse(*query, answer, SizeLimit(*query, transport), rotation, response, summary);
  return true;
}

}  // namespace nubo::dns
