#include "nubo/lb_grpc/health_check.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace nubo::lb_grpc {
namespace {

constexpr char kMethod[] = "/grpc.health.v1.Health/Check";
constexpr int kServing = 1;
// An answer longer than this is none of a health service's.
constexpr size_t kResponseSizeMax = 4096;

struct Check {
  std::shared_ptr<grpc::Channel> channel;
  grpc::GenericStub stub;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
  std::function<void(const lb::CheckResult&)> done;
};

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToBytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (buffer.Length() > kResponseSizeMax || !buffer.Dump(&slices).ok()) return "\xff";
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    absl::StrAppend(&bytes, absl::string_view(reinterpret_cast<const char*>(slice.begin()), slice.size()));
  }
  return bytes;
}

// Base 128, least significant first; at most ten bytes.
std::optional<uint64_t> TakeVarint(absl::string_view& bytes) {
  uint64_t value = 0;
  for (int shift = 0; shift < 70 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (shift < 64) value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

bool Skip(absl::string_view& bytes, uint64_t size) {
  if (size > bytes.size()) return false;
  bytes.remove_prefix(size);
  return true;
}

bool SkipField(absl::string_view& bytes, uint64_t wire_type) {
  switch (wire_type) {
    case 0:
      return TakeVarint(bytes).has_value();
    case 1:
      return Skip(bytes, 8);
    case 2: {
      const std::optional<uint64_t> size = TakeVarint(bytes);
      return size && Skip(bytes, *size);
    }
    case 5:
      return Skip(bytes, 4);
    default:
      return false;
  }
}

}  // namespace

std::string HealthCheckRequest(absl::string_view service) {
  if (service.empty()) return "";
  std::string message = "\x0a";  // field 1, length-delimited
  size_t size = service.size();
  for (; size >= 0x80; size >>= 7) message += static_cast<char>((size & 0x7f) | 0x80);
  message += static_cast<char>(size);
  absl::StrAppend(&message, service);
  return message;
}

absl::StatusOr<int> ParseHealthCheckResponse(absl::string_view bytes) {
  const size_t size = bytes.size();
  uint64_t status = 0;
  while (!bytes.empty()) {
    const std::optional<uint64_t> tag = TakeVarint(bytes);
    const bool is_status = tag == uint64_t{1} << 3;
    const std::optional<uint64_t> value = is_status ? TakeVarint(bytes) : std::nullopt;
    if (value) status = *value;
    if (!tag || (is_status ? !value : !SkipField(bytes, *tag & 7))) {
      return absl::InvalidArgumentError(
          absl::StrCat("the answer to a health check, ", size, " bytes, is no HealthCheckResponse"));
    }
  }
  return static_cast<int>(status & 0x7fffffff);
}

lb::CheckResult ReadHealthCheck(const grpc::Status& status, absl::string_view response) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      break;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return lb::CheckResult::Timeout();
    case grpc::StatusCode::UNAVAILABLE:
      // gRPC does not tell a refused connection from a broken one.
      return lb::CheckResult::Refused();
    case grpc::StatusCode::CANCELLED:
      return lb::CheckResult::InternalError();
    default:
      return lb::CheckResult::Answered(status.error_code());
  }
  const absl::StatusOr<int> serving = ParseHealthCheckResponse(response);
  if (!serving.ok()) return lb::CheckResult::Failed();
  return lb::CheckResult::Answered(*serving == kServing ? 0 : grpc::StatusCode::UNAVAILABLE);
}

std::chrono::system_clock::time_point DeadlineIn(absl::Duration timeout) {
  const absl::Duration bounded = std::clamp(timeout, absl::ZeroDuration(), kDeadlineMax);
  return std::chrono::system_clock::now() +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(absl::ToChronoNanoseconds(bounded));
}

std::shared_ptr<grpc::ClientContext> StartHealthCheck(const std::shared_ptr<grpc::Channel>& channel,
                                                      absl::string_view service, absl::Duration timeout,
                                                      std::function<void(const lb::CheckResult&)> done) {
  auto context = std::make_shared<grpc::ClientContext>();
  context->set_deadline(DeadlineIn(timeout));
  auto check = std::make_shared<Check>(
      Check{channel, grpc::GenericStub(channel), ToBuffer(HealthCheckRequest(service)), {}, std::move(done)});
  check->stub.UnaryCall(context.get(), kMethod, grpc::StubOptions(), &check->request, &check->response,
                        [check, context](grpc::Status status) {
                          check->done(ReadHealthCheck(status, status.ok() ? ToBytes(check->response) : ""));
                        });
  return context;
}

}  // namespace nubo::lb_grpc
