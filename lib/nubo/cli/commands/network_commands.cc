// What the networks of a region come to: nubo reach, nubo explain, nubo ipam.
#include "nubo/cli/commands/commands.h"

#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nubo/base/status.h"
#include "nubo/cli/client/client.h"
#include "nubo/cli/output/output.h"
#include "nubo/cli/output/table.h"
#include "nubo/cli/output/yaml_text.h"
#include "nubo/vpc/reach_text.h"

namespace nubo::cli {
namespace {

// An answer that has lines for people.
template <typename Answer>
absl::Status Print(const Answer& answer, Format format, Context& context) {
  if (format != Format::kTable) {
    NUBO_ASSIGN_OR_RETURN(const std::string text, Text(answer, format));
    context.out << text;
    return absl::OkStatus();
  }
  for (const std::string& line : answer.text()) context.out << OneLine(line) << "\n";
  return absl::OkStatus();
}

// A name of nothing is wrong input, and nothing that was found out.
absl::Status AboutNames(const absl::Status& status) { return absl::IsNotFound(status) ? AsUsageError(status) : status; }

// "vpc.svg", "vpc-2.svg".
std::string NumberedPath(const std::string& path, int number) {
  if (number == 1) return path;
  const bool svg = absl::EndsWith(path, ".svg");
  return absl::StrCat(absl::StripSuffix(path, ".svg"), "-", number, svg ? ".svg" : "");
}

absl::Status WritePicture(const std::string& path, const std::string& picture) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << picture << std::flush;
  return file.good() ? absl::OkStatus() : absl::UnavailableError(absl::StrCat("cannot write ", path));
}

}  // namespace

absl::Status PrintReach(const ReachOptions& options, Context& context) {
  const auto port = vpc::ParseConnection(options.from, options.to, options.port);
  if (!port.ok()) return UsageError(port.status().message());
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(options.state_dir));
  vpc::v1::ReachRequest request;
  request.set_from(options.from);
  request.set_to(options.to);
  request.set_port(options.port);
  const auto answer = client->Call(client->vpcs(), &Vpcs::StubInterface::Reach, request);
  NUBO_RETURN_IF_ERROR(AboutNames(answer.status()));
  NUBO_RETURN_IF_ERROR(Print(*answer, options.format, context));
  if (answer->reachable()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(options.from, " does not reach ", options.to, " by ",
                                                    answer->traffic(), ": ", answer->stopped_by(), " stops it"));
}

absl::Status PrintExplanation(const ExplainOptions& options, Context& context) {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(options.state_dir));
  vpc::v1::ExplainRequest request;
  request.set_id(options.id);
  const auto answer = client->Call(client->vpcs(), &Vpcs::StubInterface::Explain, request);
  NUBO_RETURN_IF_ERROR(AboutNames(answer.status()));
  NUBO_RETURN_IF_ERROR(Print(*answer, options.format, context));
  if (answer->findings().empty()) return absl::OkStatus();
  const int findings = answer->findings_size();
  return absl::FailedPreconditionError(
      absl::StrCat(findings, findings == 1 ? " thing is" : " things are", " wrong in ", answer->id()));
}

absl::Status PrintAddressSpaces(const IpamOptions& options, Context& context) {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(options.state_dir));
  vpc::v1::DescribeAddressSpacesRequest request;
  request.set_id(options.id);
  request.set_tree(options.format == Format::kTable);
  request.set_picture(!options.svg_path.empty());
  auto answer = client->Call(client->vpcs(), &Vpcs::StubInterface::DescribeAddressSpaces, request);
  NUBO_RETURN_IF_ERROR(AboutNames(answer.status()));
  int number = 0;
  for (auto& space : *answer->mutable_spaces()) {
    if (request.picture())
      NUBO_RETURN_IF_ERROR(WritePicture(NumberedPath(options.svg_path, ++number), space.picture()));
    space.clear_picture();
  }
  if (options.format != Format::kTable) {
    NUBO_ASSIGN_OR_RETURN(const std::string text, Text(*answer, options.format));
    context.out << text;
    return absl::OkStatus();
  }
  if (answer->spaces().empty()) context.out << "there is no VPC, no IPAM pool and no elastic address\n";
  for (int i = 0; i < answer->spaces_size(); ++i) {
    const auto& space = answer->spaces(i);
    context.out << (i == 0 ? "" : "\n") << OneLine(space.id()) << (space.name().empty() ? "" : " ")
                << OneLine(space.name()) << "\n"
                << space.tree();
  }
  return absl::OkStatus();
}

}  // namespace nubo::cli
