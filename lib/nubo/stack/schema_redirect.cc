// What a redirect leads to: the API reference's RedirectActionConfig.
#include "nubo/stack/schema_checks.h"

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nubo/lb/listener_rules.h"
#include "nubo/stack/schema_literals.h"

namespace nubo::stack::tables {
namespace {

std::optional<std::string> PartOf(const Value& redirect, const char* name) {
  const Value& part = redirect.Get(name);
  return part.is_null() ? std::nullopt : std::optional<std::string>(part.text());
}

// A part that is a function may be anything.
void CheckLoop(const Value& redirect, const Value& listener, Problems& problems) {
  for (const char* name : {"Protocol", "Host", "Port", "Path"}) {
    if (IsFunction(redirect.Get(name))) return;
  }
  lb::RedirectParts parts;
  parts.protocol = PartOf(redirect, "Protocol");
  parts.host = PartOf(redirect, "Host");
  parts.port = PartOf(redirect, "Port");
  parts.path = PartOf(redirect, "Path");
  AddStatus(problems, redirect, "InvalidLoadBalancerAction: ",
            lb::CheckRedirectLoop(parts, listener.Get("Protocol").text(), listener.Get("Port").text()));
}

}  // namespace

void CheckRedirect(const Value& redirect, const Value& listener, Problems& problems) {
  for (const char* name : {"Host", "Path", "Query"}) {
    const Value& given = redirect.Get(name);
    const absl::Status status = given.is_scalar() ? lb::CheckRedirectText(name, given.text()) : absl::OkStatus();
    if (!status.ok()) Add(problems, given, absl::StrCat(status.message(), " (InvalidLoadBalancerAction)"));
  }
  AddStatus(problems, redirect.Get("Path"), "", lb::CheckRedirectPath(redirect.Get("Path").text()));
  AddStatus(problems, redirect.Get("Query"), "", lb::CheckRedirectQuery(redirect.Get("Query").text()));
  const Value& port = redirect.Get("Port");
  if (port.is_scalar()) AddStatus(problems, port, "", lb::CheckRedirectPort(port.text()));
  CheckLoop(redirect, listener, problems);
}

}  // namespace nubo::stack::tables
