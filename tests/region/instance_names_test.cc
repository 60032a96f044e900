// How instances find names: the files that they see, and where they are to ask.
#include "nubo/region/dns/instance_names.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/id_source.h"
#include "nubo/fabrics/loopback_fabric.h"
#include "nubo/region/dns/dns_config.h"
#include "nubo/region/loop/catalog.h"
#include "nubo/region/stacks/prepared_templates.h"
#include "nubo/testing/simulated_clock.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

namespace fs = std::filesystem;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

const net::IpAddress kResolver = *net::IpAddress::Parse("127.44.0.2");

std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

BOOST_AUTO_TEST_CASE(the_resolver_comes_before_the_machines_name_servers) {
  BOOST_TEST(ResolvConf(kResolver, "nameserver 192.0.2.1\nnameserver 192.0.2.2\n") ==
             "search ec2.internal\noptions timeout:2 attempts:5\n"
             "nameserver 127.44.0.2\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n");
}

BOOST_AUTO_TEST_CASE(no_more_name_servers_are_named_than_libc_asks) {
  BOOST_TEST(!absl::StrContains(
      ResolvConf(kResolver, "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n"), "192.0.2.3"));
}

BOOST_AUTO_TEST_CASE(a_machine_that_names_none_asks_itself) {
  BOOST_TEST(absl::EndsWith(ResolvConf(kResolver, "# nothing\n"), "nameserver 127.44.0.2\nnameserver 127.0.0.1\n"));
}

BOOST_AUTO_TEST_CASE(the_machines_search_list_comes_after_the_vpcs) {
  BOOST_TEST(absl::StartsWith(
      ResolvConf(kResolver, "search first.example\n\tsearch\tcorp.example ec2.internal lab.example\r\n"),
      "search ec2.internal corp.example lab.example\n"));
}

BOOST_AUTO_TEST_CASE(the_machines_options_count_but_those_that_would_ask_others_first) {
  BOOST_TEST(absl::StrContains(ResolvConf(kResolver, "options rotate ndots:2\noptions edns0\n"),
                               "\noptions timeout:2 attempts:5 ndots:2 edns0\n"));
}

BOOST_AUTO_TEST_CASE(comments_and_what_is_half_written_are_passed_over) {
  BOOST_TEST(ResolvConf(kResolver, "; nameserver 192.0.2.9\nnameserver\noptions\nnameserver 192.0.2.1") ==
             "search ec2.internal\noptions timeout:2 attempts:5\nnameserver 127.44.0.2\nnameserver 192.0.2.1\n");
}

dns::v1::RecordSet& Add(dns::v1::Zone& zone, const std::string& name, const std::string& type,
                        const std::string& value) {
  dns::v1::RecordSet& record = *zone.add_records();
  record.set_name(name);
  record.set_type(type);
  record.set_ttl(60);
  if (!value.empty()) record.add_values(value);
  return record;
}

struct Names {
  Names() : zone(*config.add_zones()) { zone.set_name("shop.example"); }
  dns::v1::Config config;
  dns::v1::Zone& zone;
};

BOOST_FIXTURE_TEST_CASE(every_address_of_a_name_is_a_line, Names) {
  Add(zone, "www.shop.example", "A", "127.44.1.4").add_values("127.44.2.4");
  BOOST_TEST(HostsLines(config) == "127.44.1.4 www.shop.example\n127.44.2.4 www.shop.example\n");
}

BOOST_FIXTURE_TEST_CASE(aliases_and_other_names_are_lines_of_what_they_lead_to, Names) {
  Add(zone, "db.shop.example", "CNAME", "real.shop.example");
  Add(zone, "real.shop.example", "A", "127.44.1.5");
  Add(zone, "www.shop.example", "A", "").mutable_alias()->set_target("real.shop.example");
  BOOST_TEST(HostsLines(config) ==
             "127.44.1.5 db.shop.example\n127.44.1.5 real.shop.example\n127.44.1.5 www.shop.example\n");
}

BOOST_FIXTURE_TEST_CASE(both_families_are_there, Names) {
  Add(zone, "www.shop.example", "A", "127.44.1.4");
  Add(zone, "www.shop.example", "AAAA", "::1");
  BOOST_TEST(HostsLines(config) == "127.44.1.4 www.shop.example\n::1 www.shop.example\n");
}

BOOST_FIXTURE_TEST_CASE(what_has_no_address_or_no_name_of_a_host_is_no_line, Names) {
  Add(zone, "shop.example", "TXT", "\"text\"");
  Add(zone, "*.shop.example", "A", "127.44.1.4");
  Add(zone, "a\\032b.shop.example", "A", "127.44.1.4");
  Add(zone, "gone.shop.example", "CNAME", "www.elsewhere.example");
  BOOST_TEST(HostsLines(config) == "");
}

struct Directory {
  Directory() {
    char pattern[] = "/tmp/nubo-names-XXXXXX";
    path = mkdtemp(pattern);
  }
  ~Directory() { fs::remove_all(path); }
  std::string path;
};

BOOST_FIXTURE_TEST_CASE(a_file_that_is_written_over_stays_the_same_one, Directory) {
  const std::string file = path + "/below/hosts";
  BOOST_REQUIRE(IsOk(WriteInPlace(file, "a longer text\n")));
  std::ifstream open_before(file);
  BOOST_REQUIRE(IsOk(WriteInPlace(file, "short\n")));
  std::string seen;
  std::getline(open_before, seen);
  BOOST_TEST(seen == "short");
}

BOOST_FIXTURE_TEST_CASE(nothing_is_left_of_a_longer_text_but_empty_lines, Directory) {
  const std::string file = path + "/hosts";
  BOOST_REQUIRE(IsOk(WriteInPlace(file, "a longer text\n")));
  BOOST_REQUIRE(IsOk(WriteInPlace(file, "short\n")));
  BOOST_TEST(Slurp(file) == "short\n\n\n\n\n\n\n\n\n");
}

BOOST_FIXTURE_TEST_CASE(everybody_may_read_it, Directory) {
  const mode_t former = umask(0077);
  const absl::Status written = WriteInPlace(path + "/hosts", "text\n");
  umask(former);
  BOOST_REQUIRE(IsOk(written));
  struct stat info;
  BOOST_REQUIRE(stat((path + "/hosts").c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 0777) == 0644u);
}

BOOST_FIXTURE_TEST_CASE(a_link_in_its_place_is_not_followed, Directory) {
  std::ofstream(path + "/other") << "another's\n";
  fs::create_symlink(path + "/other", path + "/hosts");
  BOOST_TEST(StatusIs(WriteInPlace(path + "/hosts", "text\n"), absl::StatusCode::kInternal, path + "/hosts"));
  BOOST_TEST(Slurp(path + "/other") == "another's\n");
}

// A VPC, a zone, and a machine whose files are the test's.
struct Vpc : Directory {
  Vpc() : context(Paths{path + "/state"}, clock, ids, fabric, types, kinds, templates) {
    context.names.resolv_conf.path = path + "/resolv.conf";
    context.names.hosts.path = path + "/hosts";
    std::ofstream(path + "/resolv.conf") << "nameserver 192.0.2.1\n";
    std::ofstream(path + "/hosts") << "127.0.0.1 localhost";
    context.dns_address = *net::SocketAddress::Parse("127.0.0.1:10053");
    context.dns_port = true;
    v1::VpcState vpc;
    vpc.set_id("vpc-1");
    vpc.set_cidr("10.0.0.0/16");
    vpc.set_loopback_cidr("127.44.0.0/16");
    context.model.vpcs.Put("vpc-1", vpc);
    v1::HostedZoneState zone;
    zone.set_id("Z1");
    zone.set_name("shop.example");
    context.model.zones.Put("Z1", zone);
    SetAddress("127.44.1.4");
  }

  void SetAddress(const std::string& address) {
    v1::RecordSetState record;
    record.set_zone_id("Z1");
    record.set_name("www.shop.example");
    record.set_type("A");
    record.set_ttl(60);
    record.add_values(address);
    context.model.records.Put("www", record);
  }
  // What the name server says of the resolver's address; "": it listens there.
  void Heard(const std::string& error) {
    context.dns_status.Clear();
    dns::v1::ListenerStatus* listener = context.dns_status.add_listeners();
    listener->set_ip("127.44.0.2");
    listener->set_port(53);
    listener->set_error(error);
  }
  void Sync() { SyncInstanceNames(context, DnsConfig(context)); }
  std::string Seen(const std::string& name) const { return Slurp(path + "/state/names/vpc-1/" + name); }
  // Without the empty lines that may stand at its end.
  std::string SeenHosts() const {
    const std::string all = Seen("hosts");
    return all.substr(0, all.find_last_not_of('\n') + 1);
  }

  testing::SimulatedClock clock;
  base::SequentialIdSource ids;
  fabrics::LoopbackFabric fabric{{}};
  const ResourceTypes types = AllResourceTypes();
  const ServiceKinds kinds = AllServiceKinds();
  PreparedTemplates templates;
  Context context;
};

BOOST_FIXTURE_TEST_CASE(the_name_server_listens_where_aws_has_a_vpcs_resolver, Vpc) {
  const dns::v1::Config config = DnsConfig(context);
  BOOST_REQUIRE_EQUAL(config.listeners_size(), 2);
  BOOST_TEST(config.listeners(1).ip() == "127.44.0.2");
  BOOST_TEST(config.listeners(1).port() == 53u);
}

BOOST_FIXTURE_TEST_CASE(port_53_is_not_tried_where_it_is_not_this_users, Vpc) {
  context.dns_port = false;
  BOOST_TEST(DnsConfig(context).listeners_size() == 1);
}

BOOST_FIXTURE_TEST_CASE(instances_ask_the_resolver_once_it_listens, Vpc) {
  Heard("");
  Sync();
  BOOST_TEST(absl::StrContains(Seen("resolv.conf"), "nameserver 127.44.0.2\nnameserver 192.0.2.1\n"));
  BOOST_TEST(Seen("hosts") == "127.0.0.1 localhost");
}

BOOST_FIXTURE_TEST_CASE(until_then_they_have_the_names_themselves, Vpc) {
  Sync();
  BOOST_TEST(Seen("resolv.conf") == "nameserver 192.0.2.1\n");
  BOOST_TEST(Seen("hosts") == "127.0.0.1 localhost\n127.44.1.4 www.shop.example\n");
}

BOOST_FIXTURE_TEST_CASE(they_have_them_where_the_port_is_taken, Vpc) {
  Heard("DNS listener 127.44.0.2:53 (UDP): in use");
  Sync();
  BOOST_TEST(absl::StrContains(Seen("hosts"), "127.44.1.4 www.shop.example\n"));
  BOOST_TEST(VpcResolvers(context)[0].error == "DNS listener 127.44.0.2:53 (UDP): in use");
}

BOOST_FIXTURE_TEST_CASE(they_have_them_while_the_name_server_is_down, Vpc) {
  Heard("");
  Sync();
  context.dns_status.Clear();
  Sync();
  BOOST_TEST(absl::StrContains(SeenHosts(), "127.44.1.4 www.shop.example"));
  Heard("");
  Sync();
  BOOST_TEST(SeenHosts() == "127.0.0.1 localhost");
}

BOOST_FIXTURE_TEST_CASE(a_record_that_changes_changes_in_them, Vpc) {
  Sync();
  SetAddress("127.44.1.9");
  Sync();
  BOOST_TEST(SeenHosts() == "127.0.0.1 localhost\n127.44.1.9 www.shop.example");
}

BOOST_FIXTURE_TEST_CASE(what_changes_on_the_machine_changes_in_them, Vpc) {
  Heard("");
  Sync();
  std::ofstream(path + "/resolv.conf") << "nameserver 198.51.100.53\n";
  std::ofstream(path + "/hosts") << "127.0.0.1 localhost\n192.0.2.8 printer\n";
  Sync();
  BOOST_TEST(absl::StrContains(Seen("resolv.conf"), "nameserver 127.44.0.2\nnameserver 198.51.100.53\n"));
  BOOST_TEST(absl::StrContains(SeenHosts(), "192.0.2.8 printer"));
}

BOOST_FIXTURE_TEST_CASE(nothing_is_written_when_nothing_has_changed, Vpc) {
  Sync();
  fs::remove(path + "/state/names/vpc-1/hosts");
  Sync();
  BOOST_TEST(!fs::exists(path + "/state/names/vpc-1/hosts"));
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_written_is_told_until_it_can, Vpc) {
  fs::create_directories(path + "/state/names/vpc-1/hosts");
  Sync();
  BOOST_REQUIRE_EQUAL(context.troubles.size(), 1u);
  BOOST_TEST(absl::StrContains(context.troubles.begin()->second, "instances cannot be told of names: cannot open"));
  fs::remove(path + "/state/names/vpc-1/hosts");
  Sync();
  BOOST_TEST(context.troubles.empty());
  BOOST_TEST(absl::StrContains(Seen("hosts"), "www.shop.example"));
}

BOOST_FIXTURE_TEST_CASE(an_instance_that_has_to_do_without_says_so, World) {
  BOOST_REQUIRE(IsOk(Create(absl::StrCat(kNetwork, R"(
  Instance:
    Type: AWS::EC2::Instance
    Properties: {ImageId: web, SubnetId: !Ref SubnetA}
)"))));
  for (int i = 0; i < 5; ++i) TickStacks(context, handlers);
  BOOST_REQUIRE_EQUAL(Alive().size(), 1u);
  Runs(Alive()[0], "cannot show a /etc/hosts of its own");
  BOOST_TEST(Told("libc finds no names of the region, which NUBO_DNS still leads to: cannot show a /etc/hosts"));
}

}  // namespace
}  // namespace nubo::region
