// The verbs that tell about one thing, or about what happens: describe, events, logs.
#include "nubo/cli/commands/commands.h"

#include <optional>
#include <variant>
#include <vector>

#include "nubo/base/status.h"
#include "nubo/cli/client/client.h"
#include "nubo/cli/client/event_feed.h"
#include "nubo/cli/output/json.h"
#include "nubo/cli/output/progress.h"
#include "nubo/cli/output/visible.h"
#include "nubo/cli/output/yaml_text.h"

namespace nubo::cli {
namespace {

using region::v1::Event;

// How soon Ctrl-C is noticed.
constexpr absl::Duration kPoll = absl::Milliseconds(50);

absl::Status PrintEvent(const Event& event, Format format, Context& context) {
  if (format == Format::kTable) {
    context.out << EventLine(event, context.style);
    return absl::OkStatus();
  }
  // One document an event, and JSON's is a line.
  NUBO_ASSIGN_OR_RETURN(const std::string text, format == Format::kYaml ? Yaml(event) : JsonLine(event));
  context.out << (format == Format::kYaml ? "---\n" : "") << text;
  return absl::OkStatus();
}

absl::Status FollowEvents(const Client& client, Format format, Context& context) {
  EventFeed feed(client, 0);
  while (!context.interrupted.load() && context.out.good()) {
    for (const Event& event : feed.Take(kPoll)) NUBO_RETURN_IF_ERROR(PrintEvent(event, format, context));
    context.out.flush();
    if (const auto ended = feed.Ended(); ended.has_value()) return *ended;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Describe(const DescribeOptions& options, Context& context) {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(options.state_dir));
  region::v1::DescribeRequest request;
  request.set_id(options.id);
  NUBO_ASSIGN_OR_RETURN(const auto answer, client->Call(client->region(), &Region::StubInterface::Describe, request));
  // One thing has no columns: wide is what is printed anyway.
  if (options.format == Format::kTable || options.format == Format::kWide) {
    const std::string text = DescribeText(answer);
    context.out << (context.terminal ? Visible(text) : text);
    return absl::OkStatus();
  }
  NUBO_ASSIGN_OR_RETURN(const std::string text, Text(answer, options.format));
  context.out << text;
  return absl::OkStatus();
}

absl::Status PrintEvents(const EventsOptions& options, Context& context) {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(options.state_dir));
  context.style.date = true;
  if (options.follow) return FollowEvents(*client, options.format, context);
  NUBO_ASSIGN_OR_RETURN(const auto answer, client->List(client->region(), &Region::StubInterface::DescribeEvents, {}));
  if (options.format != Format::kTable) {
    NUBO_ASSIGN_OR_RETURN(const std::string text, Text(answer, options.format));
    context.out << text;
    return absl::OkStatus();
  }
  for (const Event& event : answer.events()) context.out << EventLine(event, context.style);
  return absl::OkStatus();
}

absl::Status PrintLog(const LogsOptions& options, Context& context) {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(options.state_dir));
  region::v1::ReadLogRequest request;
  request.set_id(options.id);
  request.set_follow(options.follow);
  if (options.tail.has_value()) request.set_tail_lines(*options.tail);
  if (options.since.has_value()) {
    const auto* ago = std::get_if<absl::Duration>(&*options.since);
    const absl::Time since = ago == nullptr ? std::get<absl::Time>(*options.since) : context.clock.Now() - *ago;
    request.set_since(absl::FormatTime(absl::RFC3339_full, since, absl::UTCTimeZone()));
  }
  grpc::ClientContext call;
  const auto reader = client->region().ReadLog(&call, request);
  region::v1::LogChunk chunk;
  VisibleText visible;
  while (reader->Read(&chunk)) {
    context.out << (context.terminal ? visible.Add(chunk.data()) : chunk.data());
    context.out.flush();
    if (context.out.good()) continue;
    // Nobody reads any more.
    call.TryCancel();
    while (reader->Read(&chunk)) continue;
    reader->Finish();
    return absl::OkStatus();
  }
  context.out << visible.End();
  const absl::Status status = ToStatus(reader->Finish(), call);
  return status.ok() ? status : client->Explain(status);
}

}  // namespace nubo::cli
