// Whatever a server replies, the resolver neither breaks nor asks without end, and comes to a result.
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/dns/resolver/stub_resolver.h"
#include "nubo/dns/wire/message.h"

namespace {

using namespace nubo::dns;  // NOLINT: one file, one purpose

constexpr int kSendsMax = 64;

// `reply` with the header's id, and often the question, of what was sent: else nothing would get past the first check.
std::string Fitted(absl::string_view sent, absl::string_view reply) {
  std::string fitted(reply);
  for (size_t i = 0; i < 2 && i < fitted.size(); ++i) fitted[i] = sent[i];
  if (fitted.size() < kHeaderSize) return fitted;
  fitted[2] = static_cast<char>(fitted[2] | 0x80);
  const size_t question_size = sent.size() - kHeaderSize - 11;
  if ((fitted[3] & 0x40) != 0) fitted.insert(kHeaderSize, sent.data() + kHeaderSize, question_size);
  return fitted;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::mt19937_64 rng(1);
  const nubo::net::SocketAddress server{nubo::net::IpAddress::V4(0x7f000001), 53};
  StubResolver resolver({.servers = {server}}, rng);
  absl::Time now = absl::UnixEpoch();
  StubResolver::Output out = resolver.Ask(1, {*Name::Parse("www.example.com"), RecordType::kA}, now);
  int sends = 0;
  while (out.done.empty()) {
    const std::vector<StubResolver::Send> sent = std::move(out.sends);
    out = StubResolver::Output();
    for (const StubResolver::Send& send : sent) {
      if (++sends > kSendsMax) std::abort();
      StubResolver::Output reaction = resolver.OnMessage(send.attempt, server, Fitted(send.packet, bytes), now);
      for (auto& one : reaction.sends) out.sends.push_back(std::move(one));
      for (auto& one : reaction.done) out.done.push_back(std::move(one));
    }
    if (!out.done.empty() || !out.sends.empty()) continue;
    if (resolver.next_timer() == absl::InfiniteFuture()) std::abort();
    now = resolver.next_timer();
    out = resolver.OnTimer(now);
  }
  if (out.done.size() != 1 || resolver.next_timer() != absl::InfiniteFuture()) std::abort();
  return 0;
}
