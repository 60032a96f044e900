#include "nubo/dns/zone/text.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace nubo::dns {
namespace {

constexpr int kNameWidth = 24;

std::string FlagsText(const Header& header) {
  std::string out;
  if (header.response) out += " qr";
  if (header.authoritative) out += " aa";
  if (header.truncated) out += " tc";
  if (header.recursion_desired) out += " rd";
  if (header.recursion_available) out += " ra";
  if (header.authentic_data) out += " ad";
  if (header.checking_disabled) out += " cd";
  return out;
}

std::string EdnsText(const Edns& edns) {
  std::string out = absl::StrFormat(";; OPT PSEUDOSECTION:\n; EDNS: version: %d, flags:%s; udp: %d\n", edns.version,
                                    edns.dnssec_ok ? " do" : "", edns.udp_size);
  for (const EdnsOption& option : edns.options) {
    absl::StrAppend(&out, "; OPT=", option.code, ": ", absl::BytesToHexString(option.data), "\n");
  }
  return out;
}

// As dig does: the name padded to three tab stops.
std::string RecordLine(const ResourceRecord& record) {
  std::string name = record.name.ToString();
  const size_t width = name.size();
  for (size_t at = width; at < kNameWidth; at = (at / 8 + 1) * 8) name.push_back('\t');
  if (width >= kNameWidth) name.push_back(' ');
  return absl::StrCat(name, record.ttl_seconds, "\t", ToString(record.rclass), "\t", ToString(record.type()), "\t",
                      ToText(record.rdata), "\n");
}

std::string SectionText(absl::string_view title, const std::vector<ResourceRecord>& records) {
  if (records.empty()) return "";
  std::string out = absl::StrCat("\n;; ", title, " SECTION:\n");
  for (const ResourceRecord& record : records) out += RecordLine(record);
  return out;
}

std::string SetText(const Name& name, const RecordSet& set) {
  std::string remark;
  if (!set.set_identifier.empty()) absl::StrAppend(&remark, " ; set ", set.set_identifier);
  if (set.weight.has_value()) absl::StrAppend(&remark, " weight ", *set.weight);
  if (set.alias.has_value()) {
    return absl::StrCat("; ", name.ToString(), "\tALIAS\t", ToString(set.type), "\t", set.alias->target.ToString(),
                        remark, "\n");
  }
  std::string out;
  for (const Rdata& rdata : set.records) {
    absl::StrAppend(&out, ToText(ResourceRecord{name, RecordClass::kIn, set.ttl_seconds, rdata}), remark, "\n");
  }
  return out;
}

}  // namespace

std::string DigText(const Message& message) {
  std::string out = absl::StrFormat(
      ";; ->>HEADER<<- opcode: %s, status: %s, id: %d\n"
      ";; flags:%s; QUERY: %d, ANSWER: %d, AUTHORITY: %d, ADDITIONAL: %d\n\n",
      ToString(message.opcode), ToString(message.rcode), message.id, FlagsText(message), message.questions.size(),
      message.answers.size(), message.authority.size(), message.additional.size() + (message.edns.has_value() ? 1 : 0));
  if (message.edns.has_value()) out += EdnsText(*message.edns);
  if (!message.questions.empty()) out += ";; QUESTION SECTION:\n";
  for (const Question& question : message.questions) {
    std::string name = absl::StrCat(";", question.name.ToString());
    for (size_t at = name.size(); at < kNameWidth; at = (at / 8 + 1) * 8) name.push_back('\t');
    absl::StrAppend(&out, name, "\t", ToString(question.rclass), "\t", ToString(question.type), "\n");
  }
  out += SectionText("ANSWER", message.answers);
  out += SectionText("AUTHORITY", message.authority);
  out += SectionText("ADDITIONAL", message.additional);
  return out;
}

std::string MasterFileText(const Zone& zone) {
  std::string out = absl::StrCat("$ORIGIN ", zone.origin().ToString(), "\n");
  out += SetText(zone.origin(), zone.soa());
  for (const Zone::Node* node : zone.Nodes()) {
    for (const RecordSet& set : node->sets) {
      if (set.type != RecordType::kSoa) out += SetText(node->name, set);
    }
  }
  return out;
}

}  // namespace nubo::dns
