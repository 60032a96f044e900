// Networks drawn at random, as text (tests/vpc/network_text.h): one to three VPCs with all that may be in them, such as
// AWS would let an account declare, also what is left when a thing that others name has gone.
//
// Example:
//   DrawnNetwork drawn(seed);
//   ApplyNetworkText(drawn.Text(), network);
//   ApplyNetworkText(drawn.Change(), network);  // one thing of it differs
//
// Thread safety: thread-compatible. The same seed draws the same.
#ifndef TESTS_FABRICS_DRAWN_NETWORK_H_
#define TESTS_FABRICS_DRAWN_NETWORK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace nubo::fabrics {

// Ports that rules are about.
inline const std::vector<int> kDrawnPorts = {22, 80, 443};

class DrawnNetwork {
 public:
  explicit DrawnNetwork(uint32_t seed);

  const std::string& Text() const { return text_; }
  // Lines that change one thing: draw it anew, remove it, or bring it back.
  std::string Change();
  // Below `n`.
  int Below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }

 private:
  struct Vpc {
    char letter = 'a';
    // The VPC's blocks are 10.OCTET.0.0/16 and, if it has IPv6, 2001:db8:LETTER::/56.
    int octet = 0;
    bool v6 = false;
    int subnets = 0, tables = 0, acls = 0, groups = 0;
    // Which subnet has no IPv6, if it is there.
    int v4_only_subnet = 0;
    std::vector<std::string> interfaces = {};
  };

  bool OneIn(int n) { return Below(n) == 0; }
  template <typename T>
  const T& One(const std::vector<T>& all) {
    return all[static_cast<size_t>(Below(static_cast<int>(all.size())))];
  }
  // Draws a thing, whose lines `draw` writes.
  void Add(const std::string& id, std::function<std::string()> draw);
  void AddVpc(int number);
  void AddInterfaces(Vpc& vpc, int subnet);
  void AddPeerings();

  std::string Table(const Vpc& vpc, int number);
  std::string Route(const Vpc& vpc);
  std::string Acl(const Vpc& vpc, int number);
  std::string Group(const Vpc& vpc, int number);
  std::string Interface(const Vpc& vpc, int subnet, int number);
  std::string Traffic();
  // A block that rules may name; of IPv6 only where they must.
  std::string Block(const Vpc& vpc);
  std::string Peer(const Vpc& vpc);

  std::mt19937 random_;
  std::vector<Vpc> vpcs_;
  std::vector<std::pair<std::string, std::function<std::string()>>> things_;
  std::string text_;
};

}  // namespace nubo::fabrics

#endif  // TESTS_FABRICS_DRAWN_NETWORK_H_
