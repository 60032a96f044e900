// The proof of the namespaces: networks are drawn at random and made for real, packets are sent from everybody to
// everybody, and what comes of each is compared with what Reachability says.
//
// NUBO_NETWORKS_SEED is the first network's seed, NUBO_NETWORKS_MODELS how many are drawn, each by the next seed: a
// network that is told of is drawn again by its own seed and one model.
#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "nubo/base/status.h"
#include "nubo/fabrics/network_namespace.h"
#include "nubo/fabrics/network_plan.h"
#include "nubo/net/ip_address.h"
#include "nubo/network_holder/holder.h"
#include "nubo/network_holder/places.h"
#include "nubo/vpc/network.h"
#include "nubo/vpc/reachability.h"
#include "nubo/vpc/verdict.h"
#include "tests/fabrics/drawn_network.h"
#include "tests/fabrics/namespaces.h"
#include "tests/fabrics/prober.h"
#include "tests/vpc/network_text.h"

namespace nubo::fabrics {
namespace {

constexpr int kChanges = 2;
constexpr size_t kProbes = 200;
// Nothing is waited for but this thread itself; what is lost on the way is asked for again, slowly.
constexpr absl::Duration kQuiet = absl::Milliseconds(15);
// A TCP connection's first packet is sent again after a second.
constexpr absl::Duration kQuietAgain = absl::Milliseconds(1500);
constexpr char kGeneration[] = "proof";

// Whom everybody outside stands for: somebody, a gateway endpoint's service, and somebody whom no route names.
std::vector<net::IpAddress> World() {
  std::vector<net::IpAddress> world;
  for (const char* address : {"198.51.100.1", "52.216.0.1", "8.8.8.8", "2001:db8:ffff::1"}) {
    world.push_back(*net::IpAddress::Parse(address));
  }
  return world;
}

int FromEnvironment(const char* name, int otherwise) {
  const char* const text = std::getenv(name);
  int number = 0;
  return text != nullptr && absl::SimpleAtoi(text, &number) ? number : otherwise;
}

// A probe, and what Reachability is asked for it.
struct Question {
  Probe probe;
  vpc::Connection connection;
};

struct Counts {
  int probes = 0, reachable = 0, retried = 0, disagreements = 0;
  // Of verdicts, by the kind of what stops: "acl", "sg", …; with "reply-" those of the way back.
  std::map<std::string, int> stopped_by;
};

// One network that is there for real, and what happens to it.
class RealNetwork {
 public:
  RealNetwork(uint32_t seed, Counts& counts)
      : counts_(counts), drawn_(seed), text_(absl::StrCat("# seed ", seed, "\n", drawn_.Text())) {}

  absl::Status Prove() {
    NUBO_ASSIGN_OR_RETURN(NetworkNamespace internet, MakeNetworkNamespace());
    network_holder::KernelPlaces places(std::move(internet), {}, [](const std::string&, int) {});
    const std::string group = absl::StrCat(getegid(), " ", getegid());
    network_holder::Holder holder(places, kGeneration, {.world = World(), .ping_group_range = group});
    NUBO_RETURN_IF_ERROR(vpc::ApplyNetworkText(drawn_.Text(), network_));
    NUBO_RETURN_IF_ERROR(ProveAsItIs(holder, places));
    for (int change = 0; change < kChanges; ++change) {
      const std::string lines = drawn_.Change();
      absl::StrAppend(&text_, "# then\n", lines);
      NUBO_RETURN_IF_ERROR(vpc::ApplyNetworkText(lines, network_));
      NUBO_RETURN_IF_ERROR(ProveAsItIs(holder, places));
    }
    return absl::OkStatus();
  }

  const std::string& text() const { return text_; }

 private:
  // Everything that asks for a network has one, and those that pass packets on are ready to.
  absl::Status Furnish(network_holder::Holder& holder, network_holder::KernelPlaces& places) {
    holder.SetNetwork(network_);
    listeners_ = {{std::string(kInternet), World()}};
    for (const auto& [id, interface] : network_.interfaces) {
      if (interface.attached_to.empty()) continue;
      const bool there = places.Descriptor(interface.attached_to) >= 0;
      holder.Join(interface.attached_to, there ? kGeneration : "-");
      for (const vpc::InterfaceAddress& own : interface.addresses) {
        listeners_[interface.attached_to].push_back(own.address);
      }
    }
    if (!holder.problems().empty()) return absl::InternalError(holder.problems().front());
    for (const auto& [id, interface] : network_.interfaces) {
      if (interface.source_dest_check || interface.attached_to.empty()) continue;
      NUBO_ASSIGN_OR_RETURN(const auto inside, EnteredNamespace::Enter(places.Descriptor(interface.attached_to)));
      NUBO_RETURN_IF_ERROR(WriteSysctl("net/ipv4/ip_forward", "1"));
      NUBO_RETURN_IF_ERROR(WriteSysctl("net/ipv6/conf/all/forwarding", "1"));
    }
    NUBO_ASSIGN_OR_RETURN(const auto inside, EnteredNamespace::Enter(places.Descriptor(std::string(kInternet))));
    return WriteSysctl("net/ipv4/ping_group_range", absl::StrCat(getegid(), " ", getegid()));
  }

  absl::Status ProveAsItIs(network_holder::Holder& holder, network_holder::KernelPlaces& places) {
    NUBO_RETURN_IF_ERROR(Furnish(holder, places));
    const Prober prober([&](const std::string& name) { return places.Descriptor(name); });
    const vpc::Reachability reachability(network_);
    DrawEnds();
    std::vector<Question> questions;
    while (questions.size() < kProbes) {
      Question question = Draw();
      // Of what does not come through, which is most of it, less.
      if (reachability.Evaluate(question.connection).reachable || drawn_.Below(4) == 0) {
        questions.push_back(std::move(question));
      }
    }
    counts_.probes += static_cast<int>(kProbes);
    NUBO_ASSIGN_OR_RETURN(const auto answers, Ask(prober, questions, kQuiet));
    std::vector<Question> again;
    for (size_t i = 0; i < questions.size(); ++i) {
      const vpc::Verdict verdict = reachability.Evaluate(questions[i].connection);
      Count(verdict);
      if (Agree(verdict, answers[i])) continue;
      again.push_back(questions[i]);
      // Another connection, that the first one does not stand in the way of.
      SetSourcePort(again.back());
    }
    if (again.empty()) return absl::OkStatus();
    counts_.retried += static_cast<int>(again.size());
    NUBO_ASSIGN_OR_RETURN(const auto new_answers, Ask(prober, again, kQuietAgain));
    for (size_t i = 0; i < again.size(); ++i) {
      const vpc::Verdict verdict = reachability.Evaluate(again[i].connection);
      if (!Agree(verdict, new_answers[i])) Tell(again[i], verdict, new_answers[i]);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<Answer>> Ask(const Prober& prober, const std::vector<Question>& questions,
                                          absl::Duration quiet) const {
    std::vector<Probe> probes;
    for (const Question& question : questions) probes.push_back(question.probe);
    return prober.Run(listeners_, kDrawnPorts, probes, quiet);
  }

  // Who can send, and what they can send to.
  void DrawEnds() {
    senders_.clear();
    destinations_ = World();
    for (const net::IpAddress& address : World()) senders_.push_back({std::string(kInternet), kInternet, address});
    const auto add = [&](const vpc::InterfaceAddress& own) {
      destinations_.push_back(own.address);
      if (own.public_address.has_value()) destinations_.push_back(*own.public_address);
    };
    for (const auto& [id, interface] : network_.interfaces) {
      for (const vpc::InterfaceAddress& own : interface.addresses) {
        add(own);
        if (!interface.attached_to.empty()) senders_.push_back({interface.attached_to, id, own.address});
      }
    }
    for (const auto& [id, nat] : network_.nat_gateways) add({nat.private_address, nat.public_address});
    // Nobody's.
    for (const auto& [id, vpc] : network_.vpcs) {
      for (const net::Prefix& block : vpc.blocks) {
        const absl::uint128 nobody = block.first().value() + 99;
        destinations_.push_back(block.is_v4() ? net::IpAddress::V4(static_cast<uint32_t>(absl::Uint128Low64(nobody)))
                                              : net::IpAddress::V6(nobody));
      }
    }
  }

  Question Draw() {
    for (;;) {
      const Sender& sender = senders_[static_cast<size_t>(drawn_.Below(static_cast<int>(senders_.size())))];
      const net::IpAddress& to =
          destinations_[static_cast<size_t>(drawn_.Below(static_cast<int>(destinations_.size())))];
      if (to.is_v4() != sender.address.is_v4()) continue;
      // What a machine sends to itself stays in it.
      const std::vector<net::IpAddress>& own = listeners_[sender.name_space];
      if (std::find(own.begin(), own.end(), to) != own.end()) continue;
      return Make(sender, to);
    }
  }

  struct Sender {
    std::string name_space;
    absl::string_view id;
    net::IpAddress address;
  };

  Question Make(const Sender& sender, const net::IpAddress& to) {
    Question question;
    question.probe = {.from = sender.name_space, .source = sender.address, .destination = to};
    question.connection = {.from = std::string(sender.id), .to = to.ToString(), .source = sender.address};
    const int kind = drawn_.Below(5);
    if (kind == 0) {
      question.probe.protocol = to.is_v4() ? IPPROTO_ICMP : IPPROTO_ICMPV6;
      question.connection.port = to.is_v4() ? 8 : 128;
    } else {
      question.probe.protocol = kind < 3 ? IPPROTO_UDP : IPPROTO_TCP;
      question.probe.port = kDrawnPorts[static_cast<size_t>(drawn_.Below(static_cast<int>(kDrawnPorts.size())))];
      question.connection.port = question.probe.port;
    }
    question.connection.protocol = question.probe.protocol;
    SetSourcePort(question);
    return question;
  }

  // Of each connection its own, so that no NAT gateway has to choose another.
  void SetSourcePort(Question& question) {
    if (++source_port_ > 65000) source_port_ = 32768;
    question.probe.source_port = question.connection.source_port = source_port_;
  }

  void Count(const vpc::Verdict& verdict) {
    if (verdict.reachable) {
      ++counts_.reachable;
      return;
    }
    const std::string kind = verdict.stopped_by.substr(0, verdict.stopped_by.find('-'));
    ++counts_.stopped_by[(verdict.reply_stopped ? "reply-" : "") + kind];
  }

  // What the listener must say: "i-1 10.0.0.5 sees 10.0.1.5"; "": Reachability does not know.
  std::string ExpectedAnswer(const vpc::Verdict& verdict) const {
    const auto reply =
        std::find_if(verdict.hops.begin(), verdict.hops.end(), [](const vpc::Hop& hop) { return hop.reply; });
    if (reply == verdict.hops.end()) return "";
    const std::vector<std::string> words = absl::StrSplit(reply->what, ' ');
    // "replies from A to B"; a service sees other addresses than its VPC's.
    if (words.size() != 5 || network_.endpoints.count(reply->component) > 0) return "";
    const auto interface = network_.interfaces.find(reply->component);
    const std::string& by = interface == network_.interfaces.end() ? reply->component : interface->second.attached_to;
    return absl::StrCat(by, " ", words[2], " sees ", words[4]);
  }

  bool Agree(const vpc::Verdict& verdict, const Answer& answer) const {
    if (verdict.reachable != answer.came) return false;
    if (!answer.came || answer.says.empty()) return true;
    const std::string expected = ExpectedAnswer(verdict);
    return expected.empty() || expected == answer.says;
  }

  void Tell(const Question& question, const vpc::Verdict& verdict, const Answer& answer) {
    ++counts_.disagreements;
    const vpc::Connection& asked = question.connection;
    std::string told = absl::StrCat(
        text_, "# ", asked.from, " (", question.probe.source.ToString(), ") to ", asked.to, " ", "protocol ",
        asked.protocol, " port ", asked.port, " from port ", asked.source_port,
        "\n# the kernel: ", answer.came ? "answered " : "no answer ", answer.says,
        "\n# Reachability: ", verdict.reachable ? "reachable, " : "stopped by ",
        verdict.reachable ? ExpectedAnswer(verdict) : verdict.stopped_by, " ", verdict.rule, " ", verdict.why, "\n");
    for (const vpc::Hop& hop : verdict.hops) {
      absl::StrAppend(&told, "#   ", hop.reply ? "< " : "> ", hop.component, " ", hop.what, " [", hop.rule, "]\n");
    }
    BOOST_ERROR(told);
  }

  Counts& counts_;
  DrawnNetwork drawn_;
  // All that led here.
  std::string text_;
  vpc::Network network_;
  std::map<std::string, std::vector<net::IpAddress>> listeners_;
  std::vector<Sender> senders_;
  std::vector<net::IpAddress> destinations_;
  int source_port_ = 40000;
};

BOOST_AUTO_TEST_SUITE(real, *boost::unit_test::precondition(InNamespaces))

BOOST_AUTO_TEST_CASE(packets_come_where_reachability_says_they_do) {
  rlimit files = {};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  const int seed = FromEnvironment("NUBO_NETWORKS_SEED", 1);
  const int models = FromEnvironment("NUBO_NETWORKS_MODELS", 40);
  const absl::Time start = absl::Now();
  Counts counts;
  for (int i = 0; i < models; ++i) {
    RealNetwork network(static_cast<uint32_t>(seed + i), counts);
    const absl::Status proved = network.Prove();
    BOOST_REQUIRE_MESSAGE(proved.ok(), network.text() << "# " << proved.ToString());
  }
  std::string told = absl::StrCat(models, " networks in ", absl::FormatDuration(absl::Now() - start), ": ",
                                  counts.probes, " probes, ", counts.reachable, " reachable, ", counts.retried,
                                  " asked again, ", counts.disagreements, " disagreements");
  for (const auto& [kind, count] : counts.stopped_by) absl::StrAppend(&told, "; ", kind, " ", count);
  BOOST_TEST_MESSAGE(told);
  BOOST_TEST(counts.disagreements == 0);
  // There was something to see.
  if (models < 20) return;
  BOOST_TEST(counts.reachable > counts.probes / 20);
  for (const char* kind : {"acl", "sg", "rtb", "igw", "nat", "reply-acl", "reply-nat"}) {
    BOOST_TEST(counts.stopped_by[kind] > 0, "nothing was stopped by " << kind);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::fabrics
