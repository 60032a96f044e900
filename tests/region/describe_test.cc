// The region's lists: each is paged and filtered, and says of what is unknown what AWS says.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/balancing/describe.h"
#include "nubo/region/compute/describe.h"
#include "nubo/region/databases/describe.h"
#include "nubo/region/dns/describe.h"
#include "nubo/region/groups/describe.h"
#include "nubo/region/lookup/describe_events.h"
#include "nubo/region/network/describe.h"
#include "nubo/region/resources/list_filters.h"
#include "nubo/region/stacks/describe.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;

constexpr char kDatabase[] = R"(
  Inside:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: inside, VpcId: !Ref Vpc}
  Database:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Delete
    Properties:
      DBInstanceIdentifier: db
      Engine: mysql
      DBInstanceClass: db.t3.micro
      AllocatedStorage: '20'
      MasterUsername: admin
      ManageMasterUserPassword: true
      VPCSecurityGroups: [!GetAtt Inside.GroupId]
)";

// A shop with a database, a second stack of a network alone, and a VPC that a third left behind.
struct Listed : World {
  Listed() {
    BOOST_REQUIRE(IsOk(Create(absl::StrCat(kNetwork, kService, kDatabase))));
    BOOST_REQUIRE(IsOk(Create(kNetwork, "other")));
    Settle(absl::Seconds(1));
    BOOST_REQUIRE_EQUAL(StackStatus(), "CREATE_COMPLETE");
    v1::RetainedState left;
    left.set_id("vpc-left");
    left.set_type("AWS::EC2::VPC");
    left.mutable_owner()->set_stack_name("gone");
    left.mutable_owner()->set_logical_id("Vpc");
    context.model.retained.Put("vpc-left AWS::EC2::VPC", left);
    context.model.transaction.Committed();
  }

  template <typename Response, typename Request>
  absl::StatusOr<Response> Ask(const Request& request) const {
    Response response;
    if constexpr (std::is_same_v<Request, v1::DescribeEventsRequest>) {
      NUBO_RETURN_IF_ERROR(Describe(context.events, request, response));
    } else {
      NUBO_RETURN_IF_ERROR(Describe(context, request, response));
    }
    return response;
  }

  // The entries from there to the end, one text each.
  template <typename Response, typename Request>
  std::vector<std::string> All(Request request) const {
    std::vector<std::string> entries;
    do {
      const absl::StatusOr<Response> page = Ask<Response>(request);
      BOOST_REQUIRE(IsOk(page.status()));
      const google::protobuf::FieldDescriptor* list = Response::descriptor()->field(0);
      const auto& reflection = *page->GetReflection();
      const int count = reflection.FieldSize(*page, list);
      BOOST_TEST((request.max_results() == 0 || count <= request.max_results()));
      for (int i = 0; i < count; ++i) {
        entries.push_back(reflection.GetRepeatedMessage(*page, list, i).ShortDebugString());
      }
      request.set_next_token(page->next_token());
    } while (!request.next_token().empty());
    return entries;
  }

  // Holds for every list that has at least `count_min` entries here.
  template <typename Request, typename Response>
  void CheckPages(size_t count_min) const {
    const std::string name = Request::descriptor()->name();
    const std::vector<std::string> whole = All<Response>(Request());
    BOOST_TEST(whole.size() >= count_min, name << " has " << whole.size());
    for (const int size : {1, 2, 3}) {
      Request request;
      request.set_max_results(size);
      BOOST_TEST((All<Response>(request) == whole), name << " in pages of " << size);
    }
    Request everything;
    AddFilter(everything, kAnyFilter, "*");
    BOOST_TEST((All<Response>(everything) == whole), name);
    Request nothing;
    AddFilter(nothing, kAnyFilter, "nothing is called so");
    BOOST_TEST(All<Response>(nothing).empty(), name);
    Request unknown;
    AddFilter(unknown, "colour", "red");
    const absl::Status refused = Ask<Response>(unknown).status();
    BOOST_TEST(base::ErrorCode(refused) == "InvalidParameterValue", name);
    BOOST_TEST(absl::StrContains(refused.message(), "there are"), refused);
    Request broken;
    broken.set_next_token("broken");
    BOOST_TEST(base::ErrorCode(Ask<Response>(broken).status()) == "InvalidNextToken", name);
  }

  template <typename Request>
  static void AddFilter(Request& request, const std::string& name, const std::string& value) {
    v1::Filter* filter = request.add_filters();
    filter->set_name(name);
    filter->add_values(value);
  }
  // How many entries the filter leaves.
  template <typename Request, typename Response>
  size_t Count(const std::string& name, const std::string& value) const {
    Request request;
    AddFilter(request, name, value);
    return All<Response>(request).size();
  }
  size_t Instances(const std::string& name, const std::string& value) const {
    return Count<ec2::v1::DescribeInstancesRequest, ec2::v1::DescribeInstancesResponse>(name, value);
  }
  size_t Targets(const std::string& name, const std::string& value) const {
    return Count<elbv2::v1::DescribeTargetHealthRequest, elbv2::v1::DescribeTargetHealthResponse>(name, value);
  }
  template <typename Response, typename Request>
  std::string CodeOf(const Request& request) const {
    return base::ErrorCode(Ask<Response>(request).status());
  }
};

BOOST_FIXTURE_TEST_SUITE(describe, Listed)

BOOST_AUTO_TEST_CASE(every_list_comes_in_pages_and_knows_its_filters) {
  CheckPages<ec2::v1::DescribeInstancesRequest, ec2::v1::DescribeInstancesResponse>(2);
  CheckPages<ec2::v1::DescribeImagesRequest, ec2::v1::DescribeImagesResponse>(1);
  CheckPages<vpc::v1::DescribeVpcsRequest, vpc::v1::DescribeVpcsResponse>(2);
  CheckPages<vpc::v1::DescribeSubnetsRequest, vpc::v1::DescribeSubnetsResponse>(4);
  CheckPages<autoscaling::v1::DescribeAutoScalingGroupsRequest, autoscaling::v1::DescribeAutoScalingGroupsResponse>(1);
  CheckPages<elbv2::v1::DescribeLoadBalancersRequest, elbv2::v1::DescribeLoadBalancersResponse>(1);
  CheckPages<elbv2::v1::DescribeTargetGroupsRequest, elbv2::v1::DescribeTargetGroupsResponse>(1);
  CheckPages<elbv2::v1::DescribeTargetHealthRequest, elbv2::v1::DescribeTargetHealthResponse>(2);
  // The region's own, and the shop's.
  CheckPages<route53::v1::ListHostedZonesRequest, route53::v1::ListHostedZonesResponse>(5);
  CheckPages<route53::v1::ListResourceRecordSetsRequest, route53::v1::ListResourceRecordSetsResponse>(5);
  CheckPages<rds::v1::DescribeDbInstancesRequest, rds::v1::DescribeDbInstancesResponse>(1);
  CheckPages<cloudformation::v1::DescribeStacksRequest, cloudformation::v1::DescribeStacksResponse>(2);
  CheckPages<cloudformation::v1::DescribeStackResourcesRequest, cloudformation::v1::DescribeStackResourcesResponse>(12);
  CheckPages<v1::DescribeEventsRequest, v1::DescribeEventsResponse>(12);
}

BOOST_AUTO_TEST_CASE(instances_are_found_by_what_they_are) {
  const v1::InstanceState& one = context.model.instances.begin()->second;
  BOOST_TEST(Instances("instance-state-name", "running") == 2u);
  BOOST_TEST(Instances("instance-state-code", "16") == 2u);
  BOOST_TEST(Instances("instance-state-name", "stop*") == 0u);
  BOOST_TEST(Instances("instance-id", one.id()) == 1u);
  BOOST_TEST(Instances("private-ip-address", one.private_ip()) == 1u);
  BOOST_TEST(Instances("private-dns-name", "ip-10-0-*.ec2.internal") == 2u);
  BOOST_TEST(Instances("subnet-id", one.subnet_id()) == 1u);
  BOOST_TEST(Instances("vpc-id", one.vpc_id()) == 2u);
  BOOST_TEST(Instances("availability-zone", "us-east-1?") == 2u);
  BOOST_TEST(Instances("image-id", "ami-1") == 2u);
  BOOST_TEST(Instances("tag:aws:autoscaling:groupName", Group().name()) == 2u);
  BOOST_TEST(Instances(kLoopbackAddressFilter, one.loopback_ip()) == 1u);
  BOOST_TEST(Instances(kStackNameFilter, "shop") == 2u);
  BOOST_TEST(Instances(kStackNameFilter, "other") == 0u);
  BOOST_TEST(Instances(kLogicalIdFilter, "shop/Group") == 2u);
  BOOST_TEST(Instances(kAnyFilter, Group().name()) == 2u);
}

BOOST_AUTO_TEST_CASE(targets_are_found_by_their_state) {
  BOOST_TEST(Targets("state", "healthy") == 2u);
  BOOST_TEST(Targets("state", "unhealthy") == 0u);
  BOOST_TEST(Targets("target-id", Alive()[0]) == 1u);
}

BOOST_AUTO_TEST_CASE(what_names_nothing_is_refused_in_the_words_of_aws) {
  ec2::v1::DescribeInstancesRequest instances;
  instances.add_instance_ids("i-00000000000000000");
  BOOST_TEST(CodeOf<ec2::v1::DescribeInstancesResponse>(instances) == "InvalidInstanceID.NotFound");
  instances.set_instance_ids(0, "web");
  BOOST_TEST(CodeOf<ec2::v1::DescribeInstancesResponse>(instances) == "InvalidInstanceID.Malformed");
  ec2::v1::DescribeImagesRequest images;
  images.add_image_ids("ami-9");
  BOOST_TEST(CodeOf<ec2::v1::DescribeImagesResponse>(images) == "InvalidAMIID.NotFound");
  vpc::v1::DescribeVpcsRequest vpcs;
  vpcs.add_vpc_ids("vpc-9");
  BOOST_TEST(CodeOf<vpc::v1::DescribeVpcsResponse>(vpcs) == "InvalidVpcID.NotFound");
  vpc::v1::DescribeSubnetsRequest subnets;
  subnets.add_subnet_ids("subnet-9");
  BOOST_TEST(CodeOf<vpc::v1::DescribeSubnetsResponse>(subnets) == "InvalidSubnetID.NotFound");
  elbv2::v1::DescribeLoadBalancersRequest balancers;
  balancers.add_names("nobody");
  BOOST_TEST(CodeOf<elbv2::v1::DescribeLoadBalancersResponse>(balancers) == "LoadBalancerNotFound");
  elbv2::v1::DescribeTargetGroupsRequest groups;
  groups.add_target_group_arns("arn:nothing");
  BOOST_TEST(CodeOf<elbv2::v1::DescribeTargetGroupsResponse>(groups) == "TargetGroupNotFound");
  elbv2::v1::DescribeTargetHealthRequest targets;
  targets.set_target_group_arn("arn:nothing");
  BOOST_TEST(CodeOf<elbv2::v1::DescribeTargetHealthResponse>(targets) == "TargetGroupNotFound");
  route53::v1::ListResourceRecordSetsRequest records;
  records.set_hosted_zone_id("Z9");
  BOOST_TEST(CodeOf<route53::v1::ListResourceRecordSetsResponse>(records) == "NoSuchHostedZone");
  rds::v1::DescribeDbInstancesRequest databases;
  databases.set_db_instance_identifier("nobody");
  BOOST_TEST(CodeOf<rds::v1::DescribeDbInstancesResponse>(databases) == "DBInstanceNotFound");
  cloudformation::v1::DescribeStacksRequest stacks;
  stacks.set_stack_name("nobody");
  BOOST_TEST(CodeOf<cloudformation::v1::DescribeStacksResponse>(stacks) == "ValidationError");
  // As AWS, which passes over groups that are not there.
  autoscaling::v1::DescribeAutoScalingGroupsRequest unknown;
  unknown.add_auto_scaling_group_names("nobody");
  BOOST_TEST(All<autoscaling::v1::DescribeAutoScalingGroupsResponse>(unknown).empty());
}

BOOST_AUTO_TEST_CASE(load_balancers_and_target_groups_are_found_by_each_other) {
  const v1::LoadBalancerState& balancer = context.model.load_balancers.begin()->second;
  elbv2::v1::DescribeLoadBalancersRequest named;
  named.add_names(balancer.name());
  BOOST_TEST(All<elbv2::v1::DescribeLoadBalancersResponse>(named).size() == 1u);
  elbv2::v1::DescribeTargetGroupsRequest behind;
  behind.set_load_balancer_arn(balancer.arn());
  BOOST_TEST(All<elbv2::v1::DescribeTargetGroupsResponse>(behind).size() == 1u);
}

BOOST_AUTO_TEST_CASE(resources_are_found_by_stack_and_name) {
  using Response = cloudformation::v1::DescribeStackResourcesResponse;
  cloudformation::v1::DescribeStackResourcesRequest request;
  request.set_stack_name("other");
  BOOST_TEST(All<Response>(request).size() == 3u);
  request.set_logical_resource_id("Vpc");
  BOOST_TEST(All<Response>(request).size() == 1u);
  const auto count = [&](const std::string& name, const std::string& value) {
    return Count<cloudformation::v1::DescribeStackResourcesRequest, Response>(name, value);
  };
  BOOST_TEST(count("resource-type", "AWS::EC2::VPC") == 3u);
  // What was left behind is no stack's, and is still called after the one that made it.
  BOOST_TEST(count(kStackNameFilter, "") == 1u);
  BOOST_TEST(count(kStackNameFilter, "gone") == 0u);
  BOOST_TEST(count(kLogicalIdFilter, "gone/Vpc") == 1u);
  BOOST_TEST(count("resource-status", "DELETE_SKIPPED") == 1u);
}

BOOST_AUTO_TEST_CASE(records_of_a_zone_are_its_own_alone) {
  route53::v1::ListResourceRecordSetsRequest request;
  request.set_hosted_zone_id(context.model.zones.begin()->first);
  const std::vector<std::string> records = All<route53::v1::ListResourceRecordSetsResponse>(request);
  BOOST_REQUIRE_EQUAL(records.size(), 1u);
  BOOST_TEST(absl::StrContains(records[0], "www.shop.localhost"));
}

BOOST_AUTO_TEST_CASE(events_may_begin_with_the_newest) {
  v1::DescribeEventsRequest request;
  const std::vector<std::string> oldest_first = All<v1::DescribeEventsResponse>(request);
  request.set_newest_first(true);
  request.set_max_results(3);
  const std::vector<std::string> newest_first = All<v1::DescribeEventsResponse>(request);
  BOOST_TEST((std::vector<std::string>(newest_first.rbegin(), newest_first.rend()) == oldest_first));
  request.set_after_id(static_cast<int>(oldest_first.size()) - 2);
  BOOST_TEST(All<v1::DescribeEventsResponse>(request).size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
