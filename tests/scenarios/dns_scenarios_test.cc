// Scenarios of an authoritative name server (tests/scenarios/dns/*.txt): zones, questions, and the whole answer.
//
// script.h has the grammar of lines, world.h how steps are held against what is seen. No time passes. Each question
// goes through the server as a packet, and what is seen is read from the packet that comes back.
//
// What there is:
//   zone NAME              a zone; its records stand below it, each on a line as in a master file (RFC 1035 §5.1):
//     NAME TTL [IN] TYPE VALUE
//                          @ is the zone's own name, and names without a closing dot, also those within values, are
//                          relative to it; the TTL is never left out. Text has its quotes.
//     NAME ALIAS TYPE TARGET [evaluate-target-health]
//                          Route 53's alias
//     [ID ...] before a record or an alias: one of several sets of a name and type, by its identifier (Route 53's
//                          routing policies). In the brackets may follow: weight N, check ID (its health check)
//
// Steps:
//   ask NAME TYPE OPTION...
//                          a question, over UDP without EDNS, but for the OPTIONs:
//     tcp                  over TCP
//     edns SIZE            with EDNS, for answers of so many bytes; edns-version N, dnssec go with it
//     class CLASS          IN, CH, HS, ANY
//     opcode OPCODE        IQUERY, STATUS, NOTIFY, UPDATE
//     times N              so often, one after the other; what is seen is all that any of the answers has
//   send HEX...            a packet of these bytes
//   check ID fails|passes  a health check
//   target NAME fails|passes
//                          the health of what an alias with evaluate-target-health leads to
//   load                   nothing is asked, but the zones are looked at
//
// What is seen of an answer, in this order:
//   RCODE [authoritative] [truncated]
//   edns SIZE [dnssec]     the answer has EDNS
//   answer|authority|additional NAME TTL [IN] TYPE VALUE
//                          a record. All names are whole, with a closing dot or without. The sets of a section are
//                          listed in their order, the records of one set in any
//   silence                there is no answer
// and of load:
//   loaded NAME            a zone is served
//   refused NAME because "TEXT"
//                          a zone is not, and why
#include <boost/test/unit_test.hpp>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "nubo/base/status.h"
#include "nubo/dns/wire/message.h"
#include "nubo/dns/wire/name.h"
#include "nubo/dns/wire/record.h"
#include "nubo/dns/wire/types.h"
#include "nubo/dns/zone/responder.h"
#include "nubo/dns/zone/routing_policy.h"
#include "nubo/dns/zone/zone.h"
#include "nubo/dns/zone/zone_set.h"
#include "nubo/testing/status_matchers.h"
#include "tests/scenarios/script.h"
#include "tests/scenarios/world.h"

namespace nubo::scenarios {
namespace {

using dns::Name;
using dns::RecordType;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr char kFolder[] = "tests/scenarios/dns";
constexpr uint16_t kQueryId = 0x4711;

// Which words of a value are names.
std::vector<size_t> NamesOf(RecordType type) {
  switch (type) {
    case RecordType::kNs:
    case RecordType::kCname:
    case RecordType::kDname:
    case RecordType::kPtr:
      return {0};
    case RecordType::kSoa:
      return {0, 1};
    case RecordType::kMx:
    case RecordType::kSvcb:
    case RecordType::kHttps:
      return {1};
    case RecordType::kSrv:
      return {3};
    case RecordType::kNaptr:
      return {5};
    default:
      return {};
  }
}

// What `word` stands for in a zone: whole with a closing dot, else below the origin.
absl::StatusOr<Name> ParseRelative(absl::string_view word, const Name& origin) {
  if (word == "@") return origin;
  if (absl::EndsWith(word, ".")) return Name::Parse(word);
  return Name::Parse(absl::StrCat(word, ".", origin.is_root() ? "" : origin.ToString()));
}

absl::StatusOr<dns::Rcode> ParseRcode(absl::string_view word) {
  // All that have names, BADVERS being the last.
  for (uint16_t code = 0; code <= static_cast<uint16_t>(dns::Rcode::kBadVers); ++code) {
    if (dns::ToString(dns::Rcode{code}) == word) return dns::Rcode{code};
  }
  return absl::InvalidArgumentError("no response code");
}

struct FixedHealth final : dns::HealthView {
  bool TargetHealthy(const Name& target) const override { return !failing_targets.contains(target); }
  bool CheckHealthy(absl::string_view id) const override { return !failing_checks.contains(id); }
  std::set<Name> failing_targets;
  std::set<std::string, std::less<>> failing_checks;
};

class DnsWorld final : public World {
 public:
  bool has_time() const override { return false; }
  bool Declares(absl::string_view word) const override { return word == "zone"; }
  absl::Status Declare(const Statement& statement) override;
  absl::Status Do(const Line& step, absl::Duration now) override;
  absl::StatusOr<std::string> Canonical(const Line& expected) const override;
  absl::StatusOr<std::vector<Seen>> See(absl::Span<const Line> expected) override;

 private:
  struct Set {
    Name name;
    dns::RecordSet set;
  };
  // A zone as it is written; whether it can be served shows when it is built.
  struct WrittenZone {
    Line line;
    Name origin;
    std::vector<dns::ResourceRecord> records;
    std::vector<Set> sets;
  };
  struct Question {
    dns::Message query;
    dns::Transport transport = dns::Transport::kUdp;
    int times = 1;
  };

  static absl::StatusOr<dns::ResourceRecord> ReadRecord(const Line& line, WordReader& words, const Name& owner,
                                                        const Name* origin);
  static absl::Status ReadPart(const Line& line, WrittenZone& zone);
  static absl::Status ReadRouting(WordReader& words, dns::RecordSet& set);
  static absl::Status ReadAlias(WordReader& words, const Name& origin, dns::RecordSet& set);
  static absl::StatusOr<Name> ReadName(WordReader& words, const Name* origin);
  static absl::StatusOr<RecordType> ReadType(WordReader& words);
  static absl::Status ReadOption(WordReader& words, Question& question);

  absl::Status Ask(WordReader& words);
  absl::Status Send(WordReader& words);
  absl::Status SetHealth(WordReader& words, bool of_target);
  absl::Status Load(bool refuse);
  static absl::StatusOr<std::shared_ptr<const dns::Zone>> Build(const WrittenZone& zone);
  // What the server says to a packet, `times` times.
  absl::Status Exchange(const std::string& packet, dns::Transport transport, int times);
  void ShowMessage(const dns::Message& response, bool in_order);
  void ShowSection(absl::string_view section, const std::vector<dns::ResourceRecord>& records, int& order);
  void Show(std::string text, int order, std::string reason = "");
  absl::StatusOr<std::string> CanonicalHeader(WordReader& words) const;

  std::vector<WrittenZone> written_;
  std::shared_ptr<const dns::ZoneSet> zones_;
  FixedHealth health_;
  std::mt19937_64 rng_{1};
  bool asked_ = false;
  std::vector<Seen> seen_;
};

absl::Status DnsWorld::Declare(const Statement& statement) {
  WordReader words(statement.head, 1);
  WrittenZone zone{.line = statement.head};
  const Name root;
  NUBO_ASSIGN_OR_RETURN(zone.origin, ReadName(words, &root));
  NUBO_RETURN_IF_ERROR(words.End());
  for (const Line& part : statement.parts) NUBO_RETURN_IF_ERROR(ReadPart(part, zone));
  written_.push_back(std::move(zone));
  return absl::OkStatus();
}

// Relative to `origin`; a null one: whole.
absl::StatusOr<Name> DnsWorld::ReadName(WordReader& words, const Name* origin) {
  NUBO_ASSIGN_OR_RETURN(const std::string word, words.Text("a domain name"));
  const absl::StatusOr<Name> name = origin == nullptr ? Name::Parse(word) : ParseRelative(word, *origin);
  return name.ok() ? name : words.Refused(name.status());
}

absl::StatusOr<RecordType> DnsWorld::ReadType(WordReader& words) {
  NUBO_ASSIGN_OR_RETURN(const std::string word, words.Text("a record type"));
  const absl::StatusOr<RecordType> type = dns::ParseRecordType(word);
  return type.ok() ? type : words.Refused(type.status());
}

// "TTL [IN] TYPE VALUE", to the end of the line.
absl::StatusOr<dns::ResourceRecord> DnsWorld::ReadRecord(const Line& line, WordReader& words, const Name& owner,
                                                         const Name* origin) {
  NUBO_ASSIGN_OR_RETURN(const int ttl, words.Number("the TTL in seconds"));
  words.Take("IN");
  NUBO_ASSIGN_OR_RETURN(const RecordType type, ReadType(words));
  Line value = line;
  value.words.erase(value.words.begin(), value.words.begin() + static_cast<std::ptrdiff_t>(words.position()));
  if (value.words.empty()) return words.Unknown("the record's value");
  // \# is RFC 3597's form, in which nothing is a name.
  const bool has_names = origin != nullptr && value.words[0].raw != "\\#";
  for (const size_t i : has_names ? NamesOf(type) : std::vector<size_t>()) {
    if (i >= value.words.size()) continue;
    const absl::StatusOr<Name> name = ParseRelative(value.words[i].text, *origin);
    if (!name.ok()) return words.Refused(name.status());
    value.words[i].raw = name->ToString();
  }
  absl::StatusOr<dns::Rdata> rdata = dns::ParseRdata(type, value.Rest());
  if (!rdata.ok()) return words.Refused(rdata.status());
  words.TakeRest();
  NUBO_RETURN_IF_ERROR(words.End());
  return dns::ResourceRecord{owner, dns::RecordClass::kIn, static_cast<uint32_t>(ttl), *std::move(rdata)};
}

absl::Status DnsWorld::ReadPart(const Line& line, WrittenZone& zone) {
  WordReader words(line);
  Set set;
  const bool routed = absl::StartsWith(words.Peek(), "[");
  if (routed) NUBO_RETURN_IF_ERROR(ReadRouting(words, set.set));
  NUBO_ASSIGN_OR_RETURN(set.name, ReadName(words, &zone.origin));
  if (words.Take("ALIAS")) {
    NUBO_RETURN_IF_ERROR(ReadAlias(words, zone.origin, set.set));
  } else {
    NUBO_ASSIGN_OR_RETURN(dns::ResourceRecord record, ReadRecord(line, words, set.name, &zone.origin));
    if (!routed) return zone.records.push_back(std::move(record)), absl::OkStatus();
    set.set.type = record.type();
    set.set.ttl_seconds = record.ttl_seconds;
    set.set.records.push_back(std::move(record.rdata));
  }
  zone.sets.push_back(std::move(set));
  return absl::OkStatus();
}

// "[blue weight 3 check hc-1]".
absl::Status DnsWorld::ReadRouting(WordReader& words, dns::RecordSet& set) {
  bool closed = false;
  const auto next = [&](absl::string_view what) -> absl::StatusOr<std::string> {
    NUBO_ASSIGN_OR_RETURN(const std::string word, words.Text(what));
    absl::string_view text = word;
    closed = absl::ConsumeSuffix(&text, "]");
    return std::string(text);
  };
  NUBO_ASSIGN_OR_RETURN(const std::string id, next("[ and a set identifier"));
  set.set_identifier = std::string(absl::StripPrefix(id, "["));
  while (!closed) {
    const bool is_weight = words.Take("weight");
    if (!is_weight) NUBO_RETURN_IF_ERROR(words.Take("check") ? absl::OkStatus() : words.Unknown("weight, check or ]"));
    NUBO_ASSIGN_OR_RETURN(const std::string value, next(is_weight ? "a weight" : "a health check's id"));
    uint32_t weight = 0;
    if (is_weight && !absl::SimpleAtoi(value, &weight)) {
      return words.Refused(absl::InvalidArgumentError(absl::StrCat("\"", value, "\" is not a weight")));
    }
    if (is_weight) set.weight = weight;
    if (!is_weight) set.health_check_id = value;
  }
  return absl::OkStatus();
}

absl::Status DnsWorld::ReadAlias(WordReader& words, const Name& origin, dns::RecordSet& set) {
  NUBO_ASSIGN_OR_RETURN(set.type, ReadType(words));
  NUBO_ASSIGN_OR_RETURN(Name target, ReadName(words, &origin));
  const bool evaluate = words.Take("evaluate-target-health");
  set.alias = dns::AliasTarget{std::move(target), evaluate};
  return words.End();
}

absl::Status DnsWorld::Do(const Line& step, absl::Duration) {
  if (asked_ && !seen_.empty()) return step.Error("nothing is said of what is to be seen after the question before");
  WordReader words(step);
  if (words.Take("check")) return SetHealth(words, /*of_target=*/false);
  if (words.Take("target")) return SetHealth(words, /*of_target=*/true);
  const bool load = words.Take("load");
  NUBO_RETURN_IF_ERROR(Load(/*refuse=*/!load));
  asked_ = true;
  if (load) return words.End();
  if (words.Take("ask")) return Ask(words);
  if (words.Take("send")) return Send(words);
  return words.Unknown("ask, send, check, target or load");
}

// What cannot be served is an error of the file unless `refuse` is false: then it is seen.
absl::Status DnsWorld::Load(bool refuse) {
  if (zones_ != nullptr && refuse) return absl::OkStatus();
  dns::ZoneSetBuilder builder;
  for (const WrittenZone& zone : written_) {
    absl::StatusOr<std::shared_ptr<const dns::Zone>> built = Build(zone);
    absl::Status status = built.ok() ? builder.Add(*std::move(built)) : built.status();
    if (refuse && !status.ok()) return zone.line.Error(status.message());
    if (!refuse)
      Show(absl::StrCat(status.ok() ? "loaded " : "refused ", zone.origin.ToString()), 0,
           std::string(status.message()));
  }
  zones_ = std::move(builder).Build();
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const dns::Zone>> DnsWorld::Build(const WrittenZone& zone) {
  dns::ZoneBuilder builder(zone.origin);
  for (const dns::ResourceRecord& record : zone.records) NUBO_RETURN_IF_ERROR(builder.Add(record));
  for (const Set& set : zone.sets) NUBO_RETURN_IF_ERROR(builder.Add(set.name, set.set));
  return std::move(builder).Build();
}

absl::Status DnsWorld::SetHealth(WordReader& words, bool of_target) {
  Name target;
  std::string check;
  if (of_target) {
    NUBO_ASSIGN_OR_RETURN(target, ReadName(words, nullptr));
  } else {
    NUBO_ASSIGN_OR_RETURN(check, words.Text("a health check's id"));
  }
  NUBO_ASSIGN_OR_RETURN(const bool passes, words.OneOf<bool>({{"passes", true}, {"fails", false}}));
  if (of_target && passes) health_.failing_targets.erase(target);
  if (of_target && !passes) health_.failing_targets.insert(target);
  if (!of_target && passes) health_.failing_checks.erase(check);
  if (!of_target && !passes) health_.failing_checks.insert(check);
  return words.End();
}

absl::Status DnsWorld::Ask(WordReader& words) {
  Question question;
  question.query.id = kQueryId;
  dns::Question& asked = question.query.questions.emplace_back();
  NUBO_ASSIGN_OR_RETURN(asked.name, ReadName(words, nullptr));
  NUBO_ASSIGN_OR_RETURN(asked.type, ReadType(words));
  while (words.more()) NUBO_RETURN_IF_ERROR(ReadOption(words, question));
  NUBO_RETURN_IF_ERROR(words.End());
  const absl::StatusOr<std::string> packet = dns::Encode(question.query);
  if (!packet.ok()) return words.Refused(packet.status());
  return Exchange(*packet, question.transport, question.times);
}

absl::Status DnsWorld::ReadOption(WordReader& words, Question& question) {
  dns::Message& query = question.query;
  if (words.Take("tcp")) return question.transport = dns::Transport::kTcp, absl::OkStatus();
  if (words.Take("times")) {
    NUBO_ASSIGN_OR_RETURN(question.times, words.Number("how often"));
    return absl::OkStatus();
  }
  if (words.Take("class")) {
    using Class = dns::RecordClass;
    NUBO_ASSIGN_OR_RETURN(
        query.questions[0].rclass,
        words.OneOf<Class>({{"IN", Class::kIn}, {"CH", Class::kChaos}, {"HS", Class::kHesiod}, {"ANY", Class::kAny}}));
    return absl::OkStatus();
  }
  if (words.Take("opcode")) {
    using Opcode = dns::Opcode;
    NUBO_ASSIGN_OR_RETURN(query.opcode, words.OneOf<Opcode>({{"IQUERY", Opcode::kInverseQuery},
                                                             {"STATUS", Opcode::kStatus},
                                                             {"NOTIFY", Opcode::kNotify},
                                                             {"UPDATE", Opcode::kUpdate}}));
    return absl::OkStatus();
  }
  enum class Kind { kSize, kVersion, kDnssec };
  NUBO_ASSIGN_OR_RETURN(
      const Kind kind,
      words.OneOf<Kind>({{"edns", Kind::kSize}, {"edns-version", Kind::kVersion}, {"dnssec", Kind::kDnssec}}));
  if (!query.edns.has_value()) query.edns.emplace();
  if (kind == Kind::kDnssec) return query.edns->dnssec_ok = true, absl::OkStatus();
  NUBO_ASSIGN_OR_RETURN(const int number, words.Number("a number"));
  if (number > (kind == Kind::kSize ? 65535 : 255)) return words.Refused(absl::InvalidArgumentError("it is too large"));
  if (kind == Kind::kSize) query.edns->udp_size = static_cast<uint16_t>(number);
  if (kind == Kind::kVersion) query.edns->version = static_cast<uint8_t>(number);
  return absl::OkStatus();
}

absl::Status DnsWorld::Send(WordReader& words) {
  std::string hex;
  while (words.more()) {
    NUBO_ASSIGN_OR_RETURN(const std::string word, words.Text("bytes in hexadecimal"));
    if (word.size() % 2 != 0 || word.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      return words.Refused(absl::InvalidArgumentError(absl::StrCat("\"", word, "\" is not bytes in hexadecimal")));
    }
    hex += word;
  }
  NUBO_RETURN_IF_ERROR(words.End());
  return Exchange(absl::HexStringToBytes(hex), dns::Transport::kUdp, 1);
}

absl::Status DnsWorld::Exchange(const std::string& packet, dns::Transport transport, int times) {
  for (int i = 0; i < times; ++i) {
    std::string response;
    dns::QuerySummary summary;
    const dns::RoutingContext context{.rng = rng_, .health = &health_};
    if (!dns::Respond(*zones_, packet, transport, context, &response, &summary)) {
      Show("silence", 0);
      continue;
    }
    NUBO_ASSIGN_OR_RETURN(const dns::Message message, dns::Decode(response));
    const std::optional<dns::Header> query = dns::DecodeHeader(packet);
    if (message.id != query->id || !message.response || message.opcode != query->opcode) {
      return absl::InternalError("the response is to another query");
    }
    ShowMessage(message, /*in_order=*/times == 1);
  }
  return absl::OkStatus();
}

// What is seen already is so once.
void DnsWorld::Show(std::string text, int order, std::string reason) {
  for (const Seen& seen : seen_) {
    if (seen.text == text && order == 0 && seen.order == 0) return;
  }
  seen_.push_back({std::move(text), std::move(reason), order});
}

void DnsWorld::ShowMessage(const dns::Message& response, bool in_order) {
  Show(absl::StrCat(dns::ToString(response.rcode), response.authoritative ? " authoritative" : "",
                    response.truncated ? " truncated" : ""),
       0);
  if (response.edns.has_value()) {
    Show(absl::StrCat("edns ", response.edns->udp_size, response.edns->dnssec_ok ? " dnssec" : ""), 0);
  }
  int order = in_order ? 1 : 0;
  ShowSection("answer", response.answers, order);
  ShowSection("authority", response.authority, order);
  ShowSection("additional", response.additional, order);
}

void DnsWorld::ShowSection(absl::string_view section, const std::vector<dns::ResourceRecord>& records, int& order) {
  const dns::ResourceRecord* last = nullptr;
  for (const dns::ResourceRecord& record : records) {
    const bool same_set = last != nullptr && last->name == record.name && last->type() == record.type();
    if (order > 0 && !same_set) ++order;
    last = &record;
    Show(absl::StrCat(section, " ", absl::StrReplaceAll(dns::ToText(record), {{"\t", " "}})), order);
  }
}

absl::StatusOr<std::vector<Seen>> DnsWorld::See(absl::Span<const Line>) {
  asked_ = false;
  return std::exchange(seen_, {});
}

absl::StatusOr<std::string> DnsWorld::Canonical(const Line& expected) const {
  WordReader words(expected);
  if (words.Take("silence")) {
    NUBO_RETURN_IF_ERROR(words.End());
    return std::string("silence");
  }
  if (words.Take("edns")) {
    NUBO_ASSIGN_OR_RETURN(const int size, words.Number("a size"));
    const bool dnssec = words.Take("dnssec");
    NUBO_RETURN_IF_ERROR(words.End());
    return absl::StrCat("edns ", size, dnssec ? " dnssec" : "");
  }
  for (const absl::string_view word : {"loaded", "refused"}) {
    if (!words.Take(word)) continue;
    words.TakeReason();
    NUBO_ASSIGN_OR_RETURN(const Name name, ReadName(words, nullptr));
    NUBO_RETURN_IF_ERROR(words.End());
    return absl::StrCat(word, " ", name.ToString());
  }
  for (const absl::string_view section : {"answer", "authority", "additional"}) {
    if (!words.Take(section)) continue;
    NUBO_ASSIGN_OR_RETURN(const Name owner, ReadName(words, nullptr));
    NUBO_ASSIGN_OR_RETURN(const dns::ResourceRecord record, ReadRecord(expected, words, owner, nullptr));
    return absl::StrCat(section, " ", absl::StrReplaceAll(dns::ToText(record), {{"\t", " "}}));
  }
  return CanonicalHeader(words);
}

absl::StatusOr<std::string> DnsWorld::CanonicalHeader(WordReader& words) const {
  const absl::StatusOr<dns::Rcode> rcode = ParseRcode(words.Peek());
  if (!rcode.ok()) {
    return words.Unknown(
        "a response code such as NOERROR, answer, authority, additional, edns, silence, loaded, refused");
  }
  NUBO_RETURN_IF_ERROR(words.Text("a response code").status());
  const bool authoritative = words.Take("authoritative");
  const bool truncated = words.Take("truncated");
  NUBO_RETURN_IF_ERROR(words.End());
  return absl::StrCat(dns::ToString(*rcode), authoritative ? " authoritative" : "", truncated ? " truncated" : "");
}

std::unique_ptr<World> MakeWorld() { return std::make_unique<DnsWorld>(); }

absl::Status Run(absl::string_view text) {
  DnsWorld world;
  return RunScenario(absl::StrCat("# Source: this test\n", text), "s.txt", world);
}

constexpr absl::string_view kZone =
    "zone example.com\n"
    "  @ 900 SOA ns1 host 1 2 3 4 60\n"
    "  www 60 IN A 10.0.0.1\n"
    "  www 60 A 10.0.0.2\n"
    "  alias 30 CNAME www\n";

// The zone, in lines 2 to 6, and more.
absl::Status RunZone(absl::string_view more) { return Run(absl::StrCat(kZone, more)); }

boost::test_tools::assertion_result Refuses(const absl::Status& status, absl::string_view why) {
  return StatusIs(status, absl::StatusCode::kInvalidArgument, why);
}
boost::test_tools::assertion_result Fails(const absl::Status& status, absl::string_view why) {
  return StatusIs(status, absl::StatusCode::kFailedPrecondition, why);
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_scenario_holds) {
  constexpr size_t kFilesMin = 15;
  for (const absl::Status& failure : RunFolder(kFolder, kFilesMin, &MakeWorld)) {
    BOOST_ERROR("\n" << std::string(failure.message()));
  }
}

BOOST_AUTO_TEST_CASE(the_whole_answer_is_seen) {
  BOOST_TEST(
      IsOk(RunZone("ask alias.example.com A\n"
                   "  NOERROR authoritative\n"
                   "  answer alias.example.com. 30 IN CNAME www.example.com.\n"
                   "  answer www.example.com 60 A 10.0.0.2\n"
                   "  answer www.example.com 60 A 10.0.0.1\n")));
}

BOOST_AUTO_TEST_CASE(a_wrong_expectation_is_told_with_what_was_seen) {
  BOOST_TEST(Fails(RunZone("ask www.example.com A\n"
                           "  NOERROR authoritative\n"
                           "  answer www.example.com 60 A 10.0.0.1\n"
                           "  answer www.example.com 61 A 10.0.0.2\n"),
                   "s.txt:10: expected, and not seen: answer www.example.com. 61 IN A 10.0.0.2\n"
                   "s.txt:7: seen, and not expected: answer www.example.com. 60 IN A 10.0.0.2\n"
                   "s.txt:7: all that was seen:\n  NOERROR authoritative\n  answer "));
  BOOST_TEST(
      Fails(RunZone("ask www.example.com AAAA\n  NOERROR authoritative\n"), "seen, and not expected: authority"));
  BOOST_TEST(
      Fails(RunZone("ask www.example.com A\n  NXDOMAIN authoritative\n"), "s.txt:8: expected, and not seen: NX"));
  BOOST_TEST(Fails(RunZone("ask alias.example.com A\n"
                           "  NOERROR authoritative\n"
                           "  answer www.example.com 60 A 10.0.0.1\n"
                           "  answer www.example.com 60 A 10.0.0.2\n"
                           "  answer alias.example.com 30 CNAME www.example.com\n"),
                   "s.txt:11: seen, but before what is listed above it: answer alias.example.com."));
  BOOST_TEST(Fails(RunZone("load\n  refused example.com because \"no SOA\"\n"), "expected: loaded example.com."));
}

BOOST_AUTO_TEST_CASE(words_that_nobody_knows_are_refused) {
  BOOST_TEST(Refuses(Run("zone\n"), "s.txt:2: the line ends too early; expected a domain name"));
  BOOST_TEST(Refuses(Run("zone example.com serial 5\n"), "s.txt:2: \"serial\" is not known here"));
  BOOST_TEST(Refuses(RunZone("  www IN A 10.0.0.1\n"), "s.txt:7: \"IN\" is not known here; expected the TTL"));
  BOOST_TEST(Refuses(RunZone("  www 60 IN B 10.0.0.1\n"), "s.txt:7: "));
  BOOST_TEST(Refuses(RunZone("  www 60 IN A\n"), "s.txt:7: the line ends too early; expected the record's value"));
  BOOST_TEST(Refuses(RunZone("  www 60 IN A 10.0.0\n"), "s.txt:7: "));
  BOOST_TEST(Refuses(RunZone("  [a wieght 3] w 60 A 10.0.0.1\n"), "s.txt:7: \"wieght\" is not known here"));
  BOOST_TEST(Refuses(RunZone("  w ALIAS A www evaluate\n"), "s.txt:7: \"evaluate\" is not known here"));
  BOOST_TEST(Refuses(RunZone("  w 60 A 10.0.0.1 because \"of it\"\n"), "s.txt:7: there is no reason to give here"));
  BOOST_TEST(Refuses(RunZone("aks www.example.com A\n  silence\n"), "s.txt:7: \"aks\" is not known here"));
  BOOST_TEST(Refuses(RunZone("ask www.example.com\n  silence\n"), "s.txt:7: the line ends too early"));
  BOOST_TEST(Refuses(RunZone("ask www.example.com A udp\n  silence\n"), "s.txt:7: \"udp\" is not known here"));
  BOOST_TEST(Refuses(RunZone("send 12 3\n  silence\n"), "s.txt:7: \"3\" is not bytes"));
  BOOST_TEST(Refuses(RunZone("check hc-1 failed\nload\n  silence\n"), "s.txt:7: \"failed\" is not known here"));
  BOOST_TEST(Refuses(RunZone("at 5s: ask www.example.com A\n  silence\n"), "s.txt:7: no time passes"));
  BOOST_TEST(Refuses(RunZone("ask www.example.com A\n  NOEROR\n"), "s.txt:8: \"NOEROR\" is not known here"));
  BOOST_TEST(Refuses(RunZone("ask www.example.com A\n  NOERROR aa\n"), "s.txt:8: \"aa\" is not known here"));
  BOOST_TEST(
      Refuses(RunZone("ask www.example.com A\n  anwser www 60 A 10.0.0.1\n"), "s.txt:8: \"anwser\" is not known"));
  BOOST_TEST(Refuses(RunZone("ask www.example.com A\n  answer www 60 A 10.0.0\n"), "s.txt:8: "));
}

BOOST_AUTO_TEST_CASE(zones_that_cannot_be_served_are_errors_unless_that_is_asked_for) {
  constexpr absl::string_view kBroken = "zone example.com\n  www 60 A 10.0.0.1\n";
  BOOST_TEST(
      Refuses(Run(absl::StrCat(kBroken, "ask www.example.com A\n  REFUSED\n")), "s.txt:2: zone example.com has"));
  BOOST_TEST(IsOk(Run(absl::StrCat(kBroken, "load\n  refused example.com because \"has no SOA\"\n"))));
}

BOOST_AUTO_TEST_CASE(a_file_that_checks_nothing_is_refused) {
  BOOST_TEST(Refuses(RunZone(""), "s.txt:2: the scenario checks nothing"));
  BOOST_TEST(Refuses(RunZone("ask www.example.com A\n"), "s.txt:7: nothing is said of what is to be seen"));
  BOOST_TEST(Refuses(RunZone("ask www.example.com A\nask www.example.com A\n  NOERROR\n"),
                     "s.txt:8: nothing is said of what is to be seen after the question before"));
  BOOST_TEST(Refuses(RunZone("check hc-1 fails\n"), "s.txt:7: nothing is said"));
}

}  // namespace nubo::scenarios
