#include "nubo/cli/commands/probe_checks.h"

#include "absl/strings/str_cat.h"

namespace nubo::cli {
namespace {

using region::v1::GetStatusResponse;
using region::v1::Probe;

// Of many shims that do not answer so many are named.
constexpr int kNamedMax = 10;

std::string Trouble(const Probe& probe) {
  const std::string process = probe.pid() == 0 ? "its process" : absl::StrCat("process ", probe.pid());
  if (!probe.hung()) return absl::StrCat(process, " does not answer: ", probe.error());
  return absl::StrCat("hung: ", process, " has not answered for ", probe.hung_seconds(), " s (", probe.error(), ")");
}

std::string Advice(const Probe& probe) {
  if (probe.kind() == "shim") {
    return absl::StrCat("it holds ", probe.name(), "; if somebody has stopped it: kill -CONT ", probe.pid());
  }
  if (probe.kind() == "database") {
    return absl::StrCat("see: nubo logs ", probe.name(), "; should it stay so, kill -9 ", probe.pid(),
                        " makes the region start it again");
  }
  return probe.hung() ? "the region restarts what stays so; see: nubo events"
                      : absl::StrCat("see: nubo logs ", probe.name());
}

Check Asked(const GetStatusResponse& status, absl::string_view kind, const std::string& name,
            const std::string& address, absl::string_view how) {
  const Probe* probe = FindProbe(status, kind, name);
  Check check{std::string(kind), "", Health::kOk, absl::StrCat(address, " answers", how)};
  if (probe == nullptr) {
    check.health = Health::kBad;
    check.seen = absl::StrCat(address, ": its process does not run");
    check.advice = absl::StrCat("see: nubo logs ", name);
    return check;
  }
  if (!probe->answers()) check.seen = address;
  AddProbe(probe, check);
  return check;
}

}  // namespace

const Probe* FindProbe(const GetStatusResponse& status, absl::string_view kind, absl::string_view name) {
  for (const Probe& probe : status.probes()) {
    if (probe.kind() == kind && probe.name() == name) return &probe;
  }
  return nullptr;
}

void AddProbe(const Probe* probe, Check& check) {
  if (probe == nullptr) return;
  check.pid = probe->pid();
  check.hung_seconds = probe->hung_seconds();
  check.restarts = probe->restarts();
  if (probe->restarts() > 0) absl::StrAppend(&check.seen, "; restarted ", probe->restarts(), " times for having hung");
  if (probe->answers()) return;
  check.health = Health::kBad;
  absl::StrAppend(&check.seen, check.seen.empty() ? "" : "; ", Trouble(*probe));
  check.advice = Advice(*probe);
}

Check DnsCheck(const GetStatusResponse& status) {
  return Asked(status, "dns", "dns", status.dns_address(), " over UDP and TCP");
}

Check ListenerCheck(const GetStatusResponse& status) {
  return Asked(status, "listener", "edge", status.http_address(), "");
}

std::vector<Check> ShimChecks(const GetStatusResponse& status) {
  int all = 0, silent = 0;
  std::vector<Check> checks;
  for (const Probe& probe : status.probes()) {
    if (probe.kind() != "shim") continue;
    ++all;
    if (probe.answers()) continue;
    if (++silent > kNamedMax) continue;
    Check& check = checks.emplace_back(Check{"shim", probe.name(), Health::kOk, ""});
    AddProbe(&probe, check);
  }
  if (all == 0) return checks;
  Check summary{"shims", "", silent == 0 ? Health::kOk : Health::kBad,
                absl::StrCat(all - silent, " of ", all, " answer")};
  checks.insert(checks.begin(), std::move(summary));
  return checks;
}

}  // namespace nubo::cli
