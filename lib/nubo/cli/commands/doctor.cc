#include "nubo/cli/commands/doctor.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nubo::cli {
namespace {

Check IsolationCheck(const MachineSeen& seen) {
  if (seen.isolation_problem.empty()) {
    return {"isolation", "", Health::kOk, "instances are isolated from this machine and from each other"};
  }
  return {"isolation", "", Health::kBad,
          absl::StrCat(seen.isolation_problem, "; instances are not started without, unless up has --allow-unisolated"),
          "try as root: sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 "
          "user.max_user_namespaces=15000 (a name your kernel does not know is not needed)"};
}

Check AddressCheck(const std::string& what, const std::string& option, const std::vector<AddressSeen>& seen,
                   bool region_running) {
  Check check = {what, "", Health::kOk, ""};
  for (const AddressSeen& one : seen) {
    check.name = one.address.ToString();
    if (one.problem.empty()) continue;
    if (region_running) {
      check.seen = "the region that is running has it";
      return check;
    }
    net::SocketAddress other = one.address;
    other.port = static_cast<uint16_t>(other.port >= 65535 ? other.port - 1 : other.port + 1);
    check.health = Health::kBad;
    check.seen = one.holder.empty() ? absl::StrCat("cannot be had over ", one.tcp ? "TCP: " : "UDP: ", one.problem)
                                    : absl::StrCat("taken by ", one.holder);
    check.advice = absl::StrCat(one.holder.empty() ? "choose" : "end it, or choose", " another with: nubo up ", option,
                                " ", other.ToString());
    return check;
  }
  check.seen = "free";
  return check;
}

Check FilesCheck(const MachineSeen& seen) {
  const std::string text = absl::StrCat("a process may have ", seen.files_max, " files and connections open");
  if (seen.files_max >= kFilesWanted) return {"open files", "", Health::kOk, text};
  return {"open files", "", seen.files_max < kFilesNeeded ? Health::kBad : Health::kWarning,
          absl::StrCat(text, "; a load balancer under load wants ", kFilesWanted),
          absl::StrCat("raise it: ulimit -Hn ", kFilesWanted, ", or nofile in /etc/security/limits.conf")};
}

Check DiskCheck(const MachineSeen& seen) {
  const uint64_t megabytes = seen.disk_free_bytes >> 20;
  const std::string text = absl::StrCat(megabytes, " MB are free in ", seen.state_parent);
  if (seen.disk_free_bytes >= kDiskWantedBytes) return {"disk", "", Health::kOk, text};
  return {"disk", "", seen.disk_free_bytes < kDiskNeededBytes ? Health::kBad : Health::kWarning,
          absl::StrCat(text, "; logs, images and databases want ", kDiskWantedBytes >> 20),
          "make room there, or keep the state elsewhere with --state DIRECTORY"};
}

Check StateCheck(const MachineSeen& seen) {
  if (seen.state_problem.empty()) return {"state directory", "", Health::kOk, "can be written"};
  return {"state directory", "", Health::kBad, seen.state_problem, "choose another with --state DIRECTORY"};
}

Check LoopbackCheck(const MachineSeen& seen) {
  if (seen.loopback_problem.empty()) {
    return {"loopback addresses", "", Health::kOk, "instances can have addresses of their own in 127.0.0.0/8"};
  }
  return {"loopback addresses", "", Health::kBad, seen.loopback_problem,
          "bring the loopback interface up: ip link set lo up; ip address add 127.0.0.1/8 dev lo"};
}

Check ShimCheck(const MachineSeen& seen) {
  if (seen.shim_problem.empty()) return {"nubo-shim", "", Health::kOk, seen.shim_path};
  return {"nubo-shim", "", Health::kBad, absl::StrCat(seen.shim_path, ": ", seen.shim_problem),
          "install it beside nubo, or say where it is with NUBO_SHIM"};
}

Check DatabasesCheck(const MachineSeen& seen) {
  if (seen.missing_programs.empty()) return {"databases", "", Health::kOk, "MariaDB is installed"};
  return {"databases", "", Health::kWarning,
          absl::StrCat("not installed: ", absl::StrJoin(seen.missing_programs, ", "),
                       "; a template with a database would wait for it"),
          "apt-get install mariadb-server-core mariadb-client-core"};
}

// Times in names, logs and events are only as good as the clock; certificates and tokens depend on it.
Check ClockCheck(const MachineSeen& seen) {
  const std::string now = absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", seen.now, absl::UTCTimeZone());
  if (seen.now < absl::FromCivil(absl::CivilDay(2024, 1, 1), absl::UTCTimeZone())) {
    return {"clock", "", Health::kBad, absl::StrCat("says ", now, ", before this program was written"),
            "set it: date --set 'YYYY-MM-DD hh:mm:ss'"};
  }
  if (seen.clock_synchronized) return {"clock", "", Health::kOk, now};
  return {"clock", "", Health::kWarning, absl::StrCat(now, ", but nobody keeps it right"),
          "harmless on one machine; to have it kept: apt-get install systemd-timesyncd"};
}

}  // namespace

std::vector<Check> Judge(const MachineSeen& seen) {
  return {IsolationCheck(seen),
          AddressCheck("http", "--http-address", seen.http, seen.region_running),
          AddressCheck("dns", "--dns-address", seen.dns, seen.region_running),
          LoopbackCheck(seen),
          FilesCheck(seen),
          StateCheck(seen),
          DiskCheck(seen),
          ShimCheck(seen),
          DatabasesCheck(seen),
          ClockCheck(seen)};
}

}  // namespace nubo::cli
