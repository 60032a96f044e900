#include "nubo/region/dns/instance_names.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "nubo/dns/zone/zone_set.h"
#include "nubo/dns_server/config.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/state/names.h"

namespace nubo::region {
namespace {

constexpr uint16_t kDnsPort = 53;
constexpr uint32_t kResolverOffset = 2;
// How many name servers libc asks (MAXNS).
constexpr size_t kNameServersMax = 3;
// What resolv.conf(5) has libc ask where no name server is named.
constexpr char kDefaultNameServer[] = "127.0.0.1";
// As an instance of EC2 has it; what this machine says otherwise comes later, and counts.
constexpr char kOptions[] = "timeout:2 attempts:5";
constexpr size_t kHostFileBytesMax = 16 << 20;

// "" if there is none. Of one that is too large, the lines that are not beyond.
std::string ReadHostFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content(kHostFileBytesMax, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<size_t>(file.gcount()));
  if (content.size() == kHostFileBytesMax) content.resize(content.rfind('\n') + 1);
  return content;
}

// Whether it is another than it was.
bool Refresh(HostFile& file) {
  struct stat info = {};
  (void)stat(file.path.c_str(), &info);
  const std::string identity = absl::StrCat(info.st_dev, " ", info.st_ino, " ", info.st_size, " ", info.st_mtim.tv_sec,
                                            " ", info.st_mtim.tv_nsec);
  if (file.identity == identity) return false;
  file.identity = identity;
  file.content = ReadHostFile(file.path);
  return true;
}

void AddLines(const dns::Answer& answer, const std::string& name, std::string* out) {
  for (const dns::AnswerSet& one : answer.answers) {
    for (const dns::Rdata& rdata : one.set->records) {
      const dns::A* v4 = std::get_if<dns::A>(&rdata);
      const dns::Aaaa* v6 = std::get_if<dns::Aaaa>(&rdata);
      if (v4 == nullptr && v6 == nullptr) continue;
      absl::StrAppend(out, (v4 != nullptr ? v4->address : v6->address).ToString(), " ", name, "\n");
    }
  }
}

std::string WithRegion(const std::string& host, const std::string& lines) {
  const bool ended = host.empty() || host.back() == '\n';
  return absl::StrCat(host, ended ? "" : "\n", lines);
}

// False: it is among the troubles.
bool Write(Context& context, const std::string& path, const std::string& content) {
  const absl::Status status = WriteInPlace(path, content);
  if (status.ok()) {
    context.troubles.erase(path);
  } else {
    context.troubles[path] = absl::StrCat("instances cannot be told of names: ", status.message());
  }
  return status.ok();
}

void ForgetFormerVpcs(Context& context) {
  for (auto it = context.names.told.begin(); it != context.names.told.end();) {
    if (context.model.vpcs.Find(it->first) != nullptr) {
      ++it;
      continue;
    }
    context.troubles.erase(context.paths.ResolvConf(it->first));
    context.troubles.erase(context.paths.Hosts(it->first));
    it = context.names.told.erase(it);
  }
}

}  // namespace

std::vector<VpcResolver> VpcResolvers(const Context& context) {
  std::vector<VpcResolver> resolvers;
  for (const auto& [id, vpc] : context.model.vpcs) {
    if (context.has_networks()) {
      resolvers.push_back({id, ResolverOf(context, id), /*listens=*/true});
      continue;
    }
    const auto block = net::Prefix::Parse(vpc.loopback_cidr());
    if (!block.ok() || !block->is_v4()) continue;
    VpcResolver& resolver = resolvers.emplace_back();
    resolver.vpc_id = id;
    resolver.address = {net::IpAddress::V4(block->first().v4() + kResolverOffset), kDnsPort};
    for (const dns::v1::ListenerStatus& listener : context.dns_status.listeners()) {
      if (listener.ip() != resolver.address.ip.ToString() || listener.port() != kDnsPort) continue;
      resolver.listens = listener.error().empty();
      resolver.error = listener.error();
    }
  }
  return resolvers;
}

void SyncInstanceNames(Context& context, const dns::v1::Config& config) {
  NameFiles& names = context.names;
  ForgetFormerVpcs(context);
  const std::vector<VpcResolver> resolvers = VpcResolvers(context);
  if (resolvers.empty()) return;
  const bool other_resolv_conf = Refresh(names.resolv_conf);
  const bool other_hosts = Refresh(names.hosts);
  bool other_lines = false;
  const bool lines_wanted =
      std::any_of(resolvers.begin(), resolvers.end(), [](const VpcResolver& one) { return !one.listens; });
  if (lines_wanted) {
    std::string bytes = config.SerializeAsString();
    if (bytes != names.config) {
      names.config = std::move(bytes);
      std::string lines = HostsLines(config);
      other_lines = lines != names.lines;
      names.lines = std::move(lines);
    }
  }
  for (const VpcResolver& resolver : resolvers) {
    const auto told = names.told.find(resolver.vpc_id);
    const bool switched = told == names.told.end() || told->second != resolver.listens;
    const bool due = switched || other_resolv_conf || other_hosts || (other_lines && !resolver.listens);
    if (!due) continue;
    const bool written =
        Write(context, context.paths.Hosts(resolver.vpc_id),
              resolver.listens ? names.hosts.content : WithRegion(names.hosts.content, names.lines)) &&
        Write(context, context.paths.ResolvConf(resolver.vpc_id),
              resolver.listens ? ResolvConf(resolver.address.ip, names.resolv_conf.content, context.has_networks())
                               : names.resolv_conf.content);
    if (written) {
      names.told[resolver.vpc_id] = resolver.listens;
    } else {
      names.told.erase(resolver.vpc_id);
    }
  }
}

std::string ResolvConf(const net::IpAddress& resolver, absl::string_view host, bool alone) {
  std::vector<std::string> servers = {resolver.ToString()}, search, options;
  std::string rest;
  for (const absl::string_view line : absl::StrSplit(host, '\n')) {
    const std::vector<std::string> words = absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.size() < 2) continue;
    if (words[0] == "nameserver") {
      servers.push_back(words[1]);
    } else if (words[0] == "search" || words[0] == "domain") {
      // The last of them counts.
      search.assign(words.begin() + 1, words.end());
    } else if (words[0] == "options") {
      options.insert(options.end(), words.begin() + 1, words.end());
    } else if (words[0] == "sortlist") {
      rest = absl::StrCat(absl::StrJoin(words, " "), "\n");
    }
  }
  if (servers.size() == 1) servers.push_back(kDefaultNameServer);
  if (alone) servers.resize(1);
  if (servers.size() > kNameServersMax) servers.resize(kNameServersMax);
  search.erase(std::remove(search.begin(), search.end(), kInstanceZone), search.end());
  search.insert(search.begin(), kInstanceZone);
  options.erase(std::remove(options.begin(), options.end(), "rotate"), options.end());
  options.insert(options.begin(), kOptions);
  std::string out =
      absl::StrCat("search ", absl::StrJoin(search, " "), "\noptions ", absl::StrJoin(options, " "), "\n");
  for (const std::string& server : servers) absl::StrAppend(&out, "nameserver ", server, "\n");
  return absl::StrCat(out, rest);
}

std::string HostsLines(const dns::v1::Config& config) {
  const dns_server::ServedConfig served = dns_server::FromProto(config);
  // Chooses between record sets that share a name and type, which the region's never do.
  std::minstd_rand rng;
  const dns::RoutingContext routing{.rng = rng, .health = served.health.get(), .client = {}};
  std::string lines;
  for (const dns::Zone* zone : served.zones->Zones()) {
    for (const dns::Zone::Node* node : zone->Nodes()) {
      const std::string name = node->name.ToDisplayString();
      // What is written with an escape, or would begin a comment, is no name of a host.
      const bool plain = name.find_first_of("\\#") == std::string::npos;
      if (node->sets.empty() || node->name.is_wildcard() || !plain) continue;
      for (const dns::RecordType type : {dns::RecordType::kA, dns::RecordType::kAaaa}) {
        AddLines(served.zones->Lookup({.name = node->name, .type = type}, routing), name, &lines);
      }
    }
  }
  return lines;
}

absl::Status WriteInPlace(const std::string& path, absl::string_view content) {
  const auto failed = [&](absl::string_view what) {
    return absl::InternalError(absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(errno)));
  };
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) return failed("open");
  struct stat info = {};
  std::string whole(content);
  absl::Status status;
  if (fstat(fd, &info) != 0 || fchmod(fd, 0644) != 0) status = failed("protect");
  if (static_cast<off_t>(whole.size()) < info.st_size) whole.resize(static_cast<size_t>(info.st_size), '\n');
  if (status.ok() && pwrite(fd, whole.data(), whole.size(), 0) != static_cast<ssize_t>(whole.size())) {
    status = failed("write");
  }
  close(fd);
  return status;
}

}  // namespace nubo::region
