#include "nubo/region/compute/metadata_service.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nubo/base/status.h"
#include "nubo/ec2/metadata.h"
#include "nubo/fabrics/network_plan.h"
#include "nubo/metadata_server/config.h"
#include "nubo/metadata_server/instance_table.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/compute/metadata_options.h"
#include "nubo/region/compute/operations.h"
#include "nubo/region/loop/control_loop.h"
#include "nubo/region/network/interfaces.h"
#include "nubo/region/network/network_model.h"
#include "nubo/region/network/network_service.h"
#include "nubo/region/network/operations.h"
#include "nubo/region/state/names.h"
#include "nubo/store/memory_store.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr char kAlone[] = R"(
  Firewall:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: all, GroupName: web, VpcId: !Ref Vpc}
  Alone:
    Type: AWS::EC2::Instance
    Properties:
      ImageId: web
      SubnetId: !Ref SubnetA
      SecurityGroupIds: [!Ref Firewall]
      UserData: {"Fn::Base64": "#!/bin/sh\nexec web\n"}
      MetadataOptions: {HttpTokens: required, HttpPutResponseHopLimit: 2, InstanceMetadataTags: enabled}
      Tags: [{Key: Name, Value: front}]
)";

constexpr char kGrouped[] = R"(
  Template:
    Type: AWS::EC2::LaunchTemplate
    Properties:
      LaunchTemplateData:
        ImageId: web
        MetadataOptions: {HttpEndpoint: disabled, InstanceMetadataTags: enabled}
        TagSpecifications:
          - {ResourceType: volume, Tags: [{Key: Of, Value: volumes}]}
          - {ResourceType: instance, Tags: [{Key: Stage, Value: test}, {Key: Role, Value: any}]}
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      MinSize: 1
      MaxSize: 1
      VPCZoneIdentifier: [!Ref SubnetA]
      LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: !GetAtt Template.LatestVersionNumber}
      Tags:
        - {Key: Role, Value: web, PropagateAtLaunch: true}
        - {Key: Cost, Value: none, PropagateAtLaunch: false}
)";

struct Metadata : NetworkedWorld {
  void Up(absl::string_view resources) {
    BOOST_REQUIRE(IsOk(Create(absl::StrCat(kNetwork, resources))));
    Settle(absl::Seconds(1));
    BOOST_REQUIRE_EQUAL(StackStatus(), "CREATE_COMPLETE");
  }
  std::string Vpc() const { return context.model.vpcs.begin()->first; }
  const v1::InstanceState& Only() const { return *context.model.instances.Find(Alive().at(0)); }

  // What the service has of who has this address; null: nobody it knows.
  metadata_server::InstanceTable::Tree TreeOf(const std::string& private_ip) const {
    const auto served = metadata_server::FromProto(MetadataConfigs(context, NetworkModel(context)).at(Vpc()));
    BOOST_REQUIRE(IsOk(served));
    for (const auto& refused : served->refused) BOOST_ERROR(refused.why());
    return served->instances->Find(Vpc(), *net::IpAddress::Parse(private_ip));
  }
  // The answer to the only instance; "404": there is none.
  std::string Ask(absl::string_view path) const {
    const auto tree = TreeOf(Only().private_ip());
    BOOST_REQUIRE(tree != nullptr);
    const ec2::MetadataAnswer answer = tree->Answer(absl::StrCat("/latest/", path));
    return answer.status == 200 ? answer.body : absl::StrCat(answer.status);
  }
};

BOOST_FIXTURE_TEST_CASE(a_vpc_has_its_service_and_key, Metadata) {
  Up(kAlone);
  const std::string service = VpcMetadataId(Vpc());
  BOOST_REQUIRE(context.model.services.Find(service) != nullptr);
  const ServiceKind& kind = *kinds.Find(kMetadataKind);
  BOOST_TEST(kind.Spec(context, service).network.name == Vpc());
  const std::string key = context.model.vpcs.Find(Vpc())->metadata_key();
  BOOST_TEST(key.size() == metadata_server::kTokenKeySize);
  kind.OnStarting(context, service);
  BOOST_TEST((context.model.vpcs.Find(Vpc())->metadata_key() == key), "tokens outlive the service's process");
  const metadata::v1::Config config = MetadataConfigs(context, NetworkModel(context)).at(Vpc());
  BOOST_TEST((config.token_key() == key));
  BOOST_REQUIRE(config.listeners_size() == 1);
  BOOST_TEST(config.listeners(0).ip() == "169.254.169.254");
  BOOST_TEST(config.listeners(0).port() == 80u);
}

BOOST_FIXTURE_TEST_CASE(an_instance_is_told_what_is_on_record_of_it, Metadata) {
  Up(kAlone);
  const v1::InstanceState& record = Only();
  BOOST_TEST(Ask("meta-data/instance-id") == record.id());
  BOOST_TEST(Ask("meta-data/ami-id") == "ami-1");
  BOOST_TEST(Ask("meta-data/instance-type") == "m1.small");
  BOOST_TEST(Ask("meta-data/reservation-id") == absl::StrCat("r-", record.id().substr(2)));
  BOOST_TEST(Ask("meta-data/local-ipv4") == record.private_ip());
  BOOST_TEST(Ask("meta-data/hostname") ==
             absl::StrCat("ip-", absl::StrReplaceAll(record.private_ip(), {{".", "-"}}), ".ec2.internal"));
  BOOST_TEST(Ask("meta-data/public-ipv4") == "404");
  BOOST_TEST(Ask("meta-data/security-groups") == "web");
  BOOST_TEST(Ask("meta-data/placement/availability-zone") == "us-east-1a");
  BOOST_TEST(Ask("meta-data/placement/availability-zone-id") == "use1-az1");
  BOOST_TEST(Ask("meta-data/autoscaling/target-lifecycle-state") == "404");
  BOOST_TEST(Ask("user-data") == "#!/bin/sh\nexec web\n");
  BOOST_TEST(Ask("meta-data/tags/instance/Name") == "front");
  BOOST_TEST(Ask("meta-data/tags/instance/aws:cloudformation:stack-name") == "shop");
  BOOST_TEST(Ask("meta-data/tags/instance/aws:cloudformation:logical-id") == "Alone");
  BOOST_TEST(absl::StrContains(Ask("dynamic/instance-identity/document"), "\"accountId\" : \"000000000000\""));
  const ec2::MetadataOptions options = TreeOf(record.private_ip())->instance().options;
  BOOST_TEST(options.tokens_required);
  BOOST_TEST(options.hop_limit == 2);
  BOOST_TEST(options.endpoint_enabled);
  BOOST_TEST(!Told("not enforced"), "there is nothing that is not acted on");
}

BOOST_FIXTURE_TEST_CASE(interfaces_are_as_the_fabric_makes_them, Metadata) {
  Up(kAlone);
  const std::string id = Only().id();
  const auto other = CreateNetworkInterface(
      context, {},
      {.subnet_id = Only().subnet_id(), .private_ip_address = "10.0.1.77", .secondary_private_ip_address_count = 1});
  BOOST_REQUIRE(IsOk(other));
  BOOST_REQUIRE(
      IsOk(AttachNetworkInterface(context, {.network_interface_id = *other, .instance_id = id, .device_index = 3})
               .status()));
  std::set<std::string> made, told;
  for (const fabrics::PlannedLink& link : fabrics::PlanNetworks(FabricNetwork(NetworkModel(context)), {}).links) {
    if (link.b.name_space == id) made.insert(link.mac);
  }
  const auto tree = TreeOf("10.0.1.77");
  BOOST_REQUIRE(tree != nullptr);
  const std::vector<ec2::MetadataInterface>& interfaces = tree->instance().interfaces;
  BOOST_REQUIRE(interfaces.size() == 2u);
  for (const ec2::MetadataInterface& interface : interfaces) told.insert(interface.mac);
  BOOST_TEST(made == told, boost::test_tools::per_element());
  BOOST_TEST(interfaces[0].id == OwnInterfaceOf(id), "an instance's own is the primary one");
  BOOST_TEST(interfaces[1].id == *other);
  BOOST_TEST(interfaces[1].device_index == 3);
  BOOST_TEST(interfaces[1].addresses.size() == 2u);
  BOOST_TEST(interfaces[0].subnet_blocks.at(0).ToString() == "10.0.1.0/24");
  BOOST_TEST(interfaces[0].vpc_blocks.at(0).ToString() == "10.0.0.0/16");
}

BOOST_FIXTURE_TEST_CASE(a_group_s_instances_have_its_tags_and_lifecycle, Metadata) {
  Up(kGrouped);
  BOOST_TEST(Ask("meta-data/autoscaling/target-lifecycle-state") == "InService");
  BOOST_TEST(Ask("meta-data/tags/instance/Role") == "web", "the group's stands above the template's");
  BOOST_TEST(Ask("meta-data/tags/instance/Stage") == "test");
  BOOST_TEST(Ask("meta-data/tags/instance/Cost") == "404", "it is not propagated");
  BOOST_TEST(Ask("meta-data/tags/instance/Of") == "404", "it is of volumes");
  BOOST_TEST(Ask("meta-data/tags/instance/aws:autoscaling:groupName") == Group().name());
  BOOST_TEST(!TreeOf(Only().private_ip())->instance().options.endpoint_enabled);
}

BOOST_FIXTURE_TEST_CASE(options_change_in_place, Metadata) {
  Up(kAlone);
  const std::string id = Only().id();
  std::string changed = absl::StrCat(kNetwork, kAlone);
  changed.replace(changed.find("HttpTokens: required, "), 22, "");
  BOOST_REQUIRE(IsOk(Update(changed)));
  BOOST_TEST(Only().id() == id);
  BOOST_TEST(!MetadataOptionsOf(Only().metadata_options()).tokens_required);
  BOOST_TEST(MetadataOptionsOf(Only().metadata_options()).hop_limit == 2);
}

BOOST_FIXTURE_TEST_CASE(what_is_terminated_is_known_no_more, Metadata) {
  Up(kAlone);
  const std::string id = Only().id();
  const std::string address = Only().private_ip();
  BOOST_REQUIRE(IsOk(StopInstances(context, {id}).status()));
  Settle(absl::Seconds(1));
  BOOST_TEST((TreeOf(address) != nullptr), "a stopped one is there");
  BOOST_REQUIRE(IsOk(TerminateInstances(context, {id}).status()));
  Settle(absl::Seconds(1));
  BOOST_TEST((TreeOf(address) == nullptr));
}

BOOST_FIXTURE_TEST_CASE(a_vpc_with_ipv6_has_two_addresses_to_ask, Metadata) {
  Up(absl::StrCat(kAlone, R"(
  Ipv6: {Type: AWS::EC2::VPCCidrBlock, Properties: {VpcId: !Ref Vpc, AmazonProvidedIpv6CidrBlock: true}}
)"));
  const metadata::v1::Config config = MetadataConfigs(context, NetworkModel(context)).at(Vpc());
  BOOST_REQUIRE(config.listeners_size() == 2);
  BOOST_TEST(config.listeners(1).ip() == "fd00:ec2::254");
}

BOOST_FIXTURE_TEST_CASE(operations_need_no_stack, Metadata) {
  const std::string vpc = *CreateVpc(context, {}, {.cidr_block = "10.0.0.0/16"});
  const std::string subnet =
      *CreateSubnet(context, {}, {.vpc_id = vpc, .cidr_block = "10.0.1.0/24", .availability_zone = "us-east-1b"});
  const std::string id = *RunInstances(context, {},
                                       {.image_id = "web",
                                        .subnet_id = subnet,
                                        .metadata_options = ec2::LaunchMetadataOptions{.http_tokens = "required"},
                                        .settings = {.tags = {{"a b", "c"}}}});
  Settle();
  BOOST_TEST(Ask("meta-data/tags/") == "404", "tags are shown where that is asked for");
  BOOST_REQUIRE(
      IsOk(ModifyInstanceMetadataOptions(context, {.instance_id = id, .options = {.http_put_response_hop_limit = 5}})));
  const ec2::MetadataOptions options = MetadataOptionsOf(Only().metadata_options());
  BOOST_TEST(options.hop_limit == 5);
  BOOST_TEST(options.tokens_required, "what is not said stays");

  const auto refused = [&](const std::string& instance, const ec2::LaunchMetadataOptions& asked) {
    return base::ErrorCode(ModifyInstanceMetadataOptions(context, {instance, asked}));
  };
  BOOST_TEST(refused(id, {.instance_metadata_tags = "enabled"}) == "InvalidParameterValue", "a key with a space");
  BOOST_TEST(refused(id, {.http_tokens = "maybe"}) == "InvalidParameterValue");
  BOOST_TEST(refused("i-0123456789abcdef0", {}) == "InvalidInstanceID.NotFound");
  BOOST_TEST(refused("web", {}) == "InvalidInstanceID.Malformed");
  BOOST_TEST(StatusIs(RunInstances(context, {},
                                   {.image_id = "web",
                                    .subnet_id = subnet,
                                    .metadata_options = ec2::LaunchMetadataOptions{.instance_metadata_tags = "enabled"},
                                    .settings = {.tags = {{"a/b", "c"}}}})
                          .status(),
                      absl::StatusCode::kInvalidArgument, "cannot be shown"));
  BOOST_REQUIRE(IsOk(TerminateInstances(context, {id}).status()));
  Settle(absl::Seconds(1));
  BOOST_TEST(refused(id, {}) == "IncorrectInstanceState");
}

BOOST_FIXTURE_TEST_CASE(on_loopback_there_is_none_and_it_is_told, World) {
  BOOST_REQUIRE(IsOk(Create(absl::StrCat(kNetwork, kAlone))));
  Settle(absl::Seconds(1));
  BOOST_REQUIRE_EQUAL(StackStatus(), "CREATE_COMPLETE");
  for (const auto& [id, service] : context.model.services) BOOST_TEST(service.kind() != kMetadataKind, id);
  BOOST_TEST(Told("accepted, but not enforced: its metadata options: on the loopback fabric nothing answers"));
}

BOOST_AUTO_TEST_CASE(zones_have_ids) {
  BOOST_TEST(ZoneId("us-east-1a") == "use1-az1");
  BOOST_TEST(ZoneId("us-east-1f") == "use1-az6");
  for (const char* none : {"", "us-east-1", "us-east-1g", "us-east-1aa", "eu-west-1a"}) {
    BOOST_TEST(ZoneId(none) == "", none);
  }
}

// Remembers what each service was told last.
class Told final : public DataPlane {
 public:
  void Connect(const std::set<std::string>&) override {}
  void Configure(const std::string& service, std::string configuration) override {
    ++times[service];
    last[service] = std::move(configuration);
  }
  void AskReady(const ReadyQuestion&) override {}
  std::optional<uint64_t> DiskLeft() override { return std::nullopt; }

  std::map<std::string, int> times;
  std::map<std::string, std::string> last;
};

struct Loop {
  Loop() : loop({.paths = Paths{"/nowhere/state"}}, store, clock, ids, fabric, data_plane) {
    BOOST_REQUIRE(IsOk(loop.Load({}).status()));
    BOOST_REQUIRE(IsOk(
        loop.Change([&](Context& context) { return CreateVpc(context, {}, {.cidr_block = "10.0.0.0/16"}).status(); })));
    service = VpcMetadataId(loop.context().model.vpcs.begin()->first);
    Step();
    loop.HearProcess({.id = service, .kind = process::Event::Kind::kRunning, .pid = 4711, .isolated = true});
    Step();
  }

  void Step() {
    std::vector<Effect> effects;
    loop.Step(effects);
  }
  metadata::v1::Config Sent() const {
    metadata::v1::Config config;
    BOOST_REQUIRE(data_plane.last.count(service) == 1);
    BOOST_REQUIRE(config.ParseFromString(data_plane.last.at(service)));
    return config;
  }
  void Say(const metadata::v1::Status& status) {
    loop.HearStatus(service, status.SerializeAsString());
    Step();
  }

  testing::SimulatedClock clock;
  base::SequentialIdSource ids;
  store::MemoryStore store;
  Told data_plane;
  fabrics::NamespacesFabric fabric{{}};
  ControlLoop loop;
  std::string service;
};

BOOST_FIXTURE_TEST_CASE(a_service_that_runs_is_told_once, Loop) {
  BOOST_TEST(Sent().revision() != 0u);
  BOOST_TEST((Sent().token_key() == loop.context().model.vpcs.begin()->second.metadata_key()));
  Step();
  BOOST_TEST(data_plane.times[service] == 1, "nothing differs");
  metadata::v1::Status status;
  status.set_applied_revision(Sent().revision());
  Say(status);
  BOOST_TEST(data_plane.times[service] == 1);
  // Of a control plane whose clock was ahead.
  status.set_applied_revision(Sent().revision() + 1000);
  Say(status);
  BOOST_TEST(data_plane.times[service] == 2);
  BOOST_TEST(Sent().revision() > status.applied_revision());
}

BOOST_FIXTURE_TEST_CASE(what_it_cannot_do_is_a_trouble_until_it_can, Loop) {
  metadata::v1::Status status;
  status.set_applied_revision(Sent().revision());
  status.add_listeners()->set_error("listen on 169.254.169.254:80: Permission denied");
  Say(status);
  BOOST_REQUIRE(loop.context().troubles.count(service) == 1);
  BOOST_TEST(absl::StrContains(loop.context().troubles.at(service), "Permission denied"));
  status.clear_listeners();
  Say(status);
  BOOST_TEST(loop.context().troubles.count(service) == 0);
}

}  // namespace
}  // namespace nubo::region
