// A region for tests: answers every service with what the test put into it, over a real unix socket.
//
// Example:
//   FakeRegion region;
//   region.Edit([](FakeRegion::State& state) { state.instances.add_instances()->set_instance_id("i-1"); });
//   region.Start();
//
// Thread safety: thread-safe; State is touched inside Edit() only.
#ifndef NUBO_TESTS_CLI_FAKE_REGION_H_
#define NUBO_TESTS_CLI_FAKE_REGION_H_

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "nubo/cli/client/client.h"
#include "nubo/cli/commands/launcher.h"

namespace nubo::cli {

class FakeRegion {
 public:
  struct State {
    autoscaling::v1::DescribeAutoScalingGroupsResponse groups;
    cloudformation::v1::DescribeStacksResponse stacks;
    cloudformation::v1::DescribeStackResourcesResponse resources;
    ec2::v1::DescribeInstancesResponse instances;
    ec2::v1::DescribeImagesResponse images;
    elbv2::v1::DescribeLoadBalancersResponse load_balancers;
    elbv2::v1::DescribeTargetGroupsResponse target_groups;
    elbv2::v1::DescribeTargetHealthResponse targets;
    rds::v1::DescribeDbInstancesResponse databases;
    region::v1::GetStatusResponse status;
    region::v1::DescribeEventsResponse events;
    region::v1::DescribeResponse description;
    // What else can be described, by its name: its id.
    std::map<std::string, std::string> physical_ids;
    route53::v1::ListHostedZonesResponse zones;
    route53::v1::ListResourceRecordSetsResponse records;
    vpc::v1::DescribeVpcsResponse vpcs;
    vpc::v1::DescribeSubnetsResponse subnets;
    // Of what ends with "unknown" there is nothing.
    vpc::v1::ReachResponse reach;
    vpc::v1::ExplainResponse explanation;
    vpc::v1::DescribeAddressSpacesResponse address_spaces;
    std::vector<vpc::v1::ReachRequest> reach_requests;
    std::vector<vpc::v1::DescribeAddressSpacesRequest> address_space_requests;
    std::vector<std::string> log;
    std::vector<region::v1::ReadLogRequest> log_requests;

    // Lists come in pages of so many entries at most.
    int page_max = 1000;

    // What was asked for.
    // Of lists: the filters, and how many pages.
    std::vector<region::v1::Filter> filters;
    int pages = 0;
    std::vector<std::string> imported;
    std::vector<cloudformation::v1::CreateStackRequest> created;
    std::vector<cloudformation::v1::UpdateStackRequest> updated;
    std::vector<cloudformation::v1::DescribeChangeSetRequest> planned;
    std::vector<cloudformation::v1::DeleteStackRequest> deleted;
    std::vector<std::string> terminated;
    // "stop i-1".
    std::vector<std::string> instance_calls;
    // What is called changes nothing.
    bool keep_instances = false;
    std::vector<region::v1::SetProtectionRequest> protections;
    int shutdowns = 0;
    // The next one leaves everything behind.
    bool dies_in_shutdown = false;

    // What happens then. By default a stack is made and ready at once, and deleted at once.
    std::function<grpc::Status(State&, const cloudformation::v1::CreateStackRequest&,
                               cloudformation::v1::CreateStackResponse*)>
        on_create;
    // By default nothing differs.
    std::function<grpc::Status(State&, const cloudformation::v1::UpdateStackRequest&,
                               cloudformation::v1::UpdateStackResponse*)>
        on_update;
    cloudformation::v1::DescribeChangeSetResponse changes;
    std::function<void(State&, const std::string& stack)> on_delete;
    // Called with every DescribeStacks, so that a test can move things on.
    std::function<void(State&)> on_poll;

    // Adds an event of stack "todo".
    void Tell(const std::string& status, const std::string& logical_id, const std::string& type,
              const std::string& message = "");
    cloudformation::v1::Stack* Stack(const std::string& name);
    void MakeStack(const std::string& name, const std::string& status, bool ready);
    void RemoveStack(const std::string& name);
  };

  // A fresh directory below /tmp: the paths that Bazel gives are too long for a socket.
  FakeRegion();
  ~FakeRegion();
  FakeRegion(const FakeRegion&) = delete;
  FakeRegion& operator=(const FakeRegion&) = delete;

  const std::string& state_dir() const { return state_dir_; }
  void Start();
  // As if its process had ended.
  void Stop();
  bool running() const { return server_ != nullptr; }
  void Edit(const std::function<void(State&)>& edit);
  template <typename T>
  T Read(const std::function<T(State&)>& read) {
    std::lock_guard lock(mutex_);
    return read(state_);
  }

 private:
  class Services;

  std::string state_dir_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  State state_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<grpc::Server> server_;
};

// Starts the fake instead of a process.
class FakeLauncher final : public Launcher {
 public:
  explicit FakeLauncher(FakeRegion& region) : region_(region) {}
  absl::Status Launch(const LaunchOptions& options) override;

  absl::Status outcome;
  std::vector<LaunchOptions> launched;

 private:
  FakeRegion& region_;
};

}  // namespace nubo::cli

#endif  // NUBO_TESTS_CLI_FAKE_REGION_H_
