// The metadata service as a process: told by its control socket, asked by instances.
#include "nubo/metadata_server/process.h"

#include <google/protobuf/text_format.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/http/fetch.h"
#include "nubo/net/frames.h"
#include "nubo/net/stream.h"
#include "nubo/testing/status_matchers.h"
#include "tests/dns_server/loop_test_case.h"

namespace nubo::metadata_server {
namespace {

namespace v1 = nubo::metadata::v1;
using ::nubo::testing::IsOk;

// A directory of the test's own; unix sockets' paths must be short.
struct Directory {
  Directory() {
    char name[] = "/tmp/imdsXXXXXX";
    path = mkdtemp(name);
  }
  ~Directory() { std::filesystem::remove_all(path); }
  std::string path;
};

// The test asks from 127.0.0.1.
std::string ConfigText(uint64_t revision, absl::string_view instance_id) {
  return absl::StrCat("revision: ", revision, R"( token_key: "0123456789abcdef"
      listeners { vpc_id: "vpc-1" ip: "127.0.0.1" port: 0 }
      instances { vpc_id: "vpc-1" addresses: "127.0.0.1" image_id: "ami-1" instance_id: ")",
                      instance_id, "\" }");
}

class FailingSource final : public ListenerSource {
 public:
  absl::StatusOr<int> Listen(absl::string_view vpc_id, const net::SocketAddress& address) override {
    if (failing) return absl::UnavailableError("the network is not there");
    return host_.Listen(vpc_id, address);
  }
  bool failing = true;

 private:
  HostListenerSource host_;
};

struct Fixture : LoopTestCase {
  void Start(ListenerSource* source = nullptr) {
    process =
        std::make_unique<MetadataProcess>(loop, rng,
                                          MetadataProcessOptions{.control_path = control,
                                                                 .snapshot_path = directory.path + "/configuration",
                                                                 .source = source,
                                                                 .retry_interval = absl::Milliseconds(5)});
    BOOST_REQUIRE(IsOk(process->Start()));
  }
  net::Task<std::unique_ptr<net::Stream>> Connect() {
    auto stream = co_await net::ConnectUnix(loop, control, Soon());
    BOOST_REQUIRE(IsOk(stream));
    (*stream)->SetDeadline(Soon());
    co_return *std::move(stream);
  }
  net::Task<v1::Status> NextStatus(net::Stream& stream) {
    const auto message = co_await net::ReadFrame(stream);
    BOOST_REQUIRE(IsOk(message));
    v1::Status status;
    BOOST_REQUIRE(status.ParseFromString(*message));
    co_return status;
  }
  net::Task<v1::Status> Send(net::Stream& stream, std::string config_text) {
    v1::Config config;
    BOOST_REQUIRE(google::protobuf::TextFormat::ParseFromString(config_text, &config));
    const std::string bytes = config.SerializeAsString();
    const absl::Status written = co_await net::WriteFrame(stream, bytes);
    BOOST_REQUIRE(IsOk(written));
    co_return co_await NextStatus(stream);
  }
  // The body, or the status if that is not 200.
  net::Task<std::string> Ask(std::string method, std::string path, std::string field = "", std::string value = "") {
    const v1::ListenerStatus listener = process->status().listeners(0);
    const net::SocketAddress server{*net::IpAddress::Parse(listener.ip()), static_cast<uint16_t>(listener.port())};
    http::RequestHead head;
    head.method = std::move(method);
    head.authority = "169.254.169.254";
    head.path = std::move(path);
    if (!field.empty()) head.headers.Add(field, value);
    http::FetchOptions options;
    const auto response = co_await http::Fetch(loop, server, std::move(head), "", options);
    if (!response.ok()) co_return std::string(response.status().message());
    co_return response->head.status == 200 ? response->body : absl::StrCat(response->head.status);
  }

  Directory directory;
  std::string control = directory.path + "/control";
  std::mt19937_64 rng{1};
  std::unique_ptr<MetadataProcess> process;
};

BOOST_FIXTURE_TEST_CASE(a_configuration_is_applied_and_acknowledged, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const auto stream = co_await Connect();
    const v1::Status first = co_await NextStatus(*stream);
    BOOST_TEST(first.applied_revision() == 0u);
    BOOST_TEST(first.listeners_size() == 0);
    const v1::Status second = co_await Send(*stream, ConfigText(5, "i-1"));
    BOOST_TEST(second.applied_revision() == 5u);
    BOOST_TEST(second.error() == "");
    BOOST_TEST(second.instances() == 1u);
    BOOST_REQUIRE(second.listeners_size() == 1);
    BOOST_TEST(second.listeners(0).vpc_id() == "vpc-1");
    BOOST_TEST(second.listeners(0).port() != 0u);
    const std::string id = co_await Ask("GET", "/latest/meta-data/instance-id");
    BOOST_TEST(id == "i-1");
    const v1::Status third = co_await Send(*stream, ConfigText(6, "i-2"));
    BOOST_TEST(third.listeners(0).port() == second.listeners(0).port());
    BOOST_TEST(third.counters().ok() == 1u);
    const std::string other = co_await Ask("GET", "/latest/meta-data/instance-id");
    BOOST_TEST(other == "i-2");
  });
}

BOOST_FIXTURE_TEST_CASE(a_bad_instance_is_left_out_alone_and_explained, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const auto stream = co_await Connect();
    co_await NextStatus(*stream);
    const v1::Status status = co_await Send(
        *stream, ConfigText(5, "i-1") + R"(instances { vpc_id: "vpc-1" addresses: "127.0.0.1" instance_id: "i-2" })");
    BOOST_TEST(status.applied_revision() == 5u);
    BOOST_TEST(status.instances() == 1u);
    BOOST_TEST(status.refused_count() == 1u);
    BOOST_TEST(status.refused(0).instance_id() == "i-2");
  });
}

BOOST_FIXTURE_TEST_CASE(a_configuration_without_a_key_is_refused_and_the_former_one_served, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const auto stream = co_await Connect();
    co_await NextStatus(*stream);
    co_await Send(*stream, ConfigText(5, "i-1"));
    const v1::Status status = co_await Send(*stream, "revision: 6");
    BOOST_TEST(status.applied_revision() == 5u);
    BOOST_TEST(status.refused_revision() == 6u);
    BOOST_TEST(status.error() == "the token key has 0 bytes; expected 16");
    const std::string id = co_await Ask("GET", "/latest/meta-data/instance-id");
    BOOST_TEST(id == "i-1");
  });
}

BOOST_FIXTURE_TEST_CASE(its_successor_takes_its_tokens_before_anybody_has_told_it_anything, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    {
      const auto stream = co_await Connect();
      co_await NextStatus(*stream);
      co_await Send(*stream, ConfigText(5, "i-1"));
    }
    const std::string token = co_await Ask("PUT", "/latest/api/token", "x-aws-ec2-metadata-token-ttl-seconds", "21600");
    BOOST_TEST(token.size() == 56u);
    process.reset();
    Start();
    BOOST_TEST(process->status().applied_revision() == 5u);
    const std::string id = co_await Ask("GET", "/latest/meta-data/instance-id", "x-aws-ec2-metadata-token", token);
    BOOST_TEST(id == "i-1");
    const std::string refused = co_await Ask("GET", "/latest/meta-data/", "x-aws-ec2-metadata-token", token + "x");
    BOOST_TEST(refused == "401");
  });
}

BOOST_FIXTURE_TEST_CASE(a_kept_configuration_that_cannot_be_read_is_passed_over, Fixture) {
  std::ofstream(directory.path + "/configuration") << "no configuration";
  Start();
  BOOST_TEST(process->status().error() == "");
  BOOST_TEST(process->status().listeners_size() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_listener_that_cannot_be_had_is_reported_and_tried_again, Fixture) {
  FailingSource source;
  Start(&source);
  Run([&]() -> net::Task<void> {
    const auto stream = co_await Connect();
    co_await NextStatus(*stream);
    const v1::Status without = co_await Send(*stream, ConfigText(5, "i-1"));
    BOOST_TEST(absl::StrContains(without.listeners(0).error(), "the network is not there"));
    source.failing = false;
    const v1::Status with = co_await NextStatus(*stream);
    BOOST_TEST(with.listeners(0).error() == "");
    const std::string id = co_await Ask("GET", "/latest/meta-data/instance-id");
    BOOST_TEST(id == "i-1");
  });
  process.reset();
}

BOOST_FIXTURE_TEST_CASE(a_control_socket_that_cannot_be_opened_is_an_error, Fixture) {
  MetadataProcessOptions options;
  options.control_path = "/nonexistent/control";
  MetadataProcess failing(loop, rng, options);
  BOOST_TEST(!failing.Start().ok());
  BOOST_TEST(!RunMetadataProcess(options).ok());
}

}  // namespace
}  // namespace nubo::metadata_server
