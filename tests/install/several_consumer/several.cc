// A name of an instance, as two primitives see it. It uses no base or net of its own: they have to come with ec2, which
// is linked last.
#include <iostream>
#include <string>

#include "nubo/dns/wire/name.h"
#include "nubo/ec2/lifecycle.h"

int main() {
  const std::string name = nubo::ec2::PrivateDnsName(nubo::net::IpAddress(), "eu-north-1");
  std::cout << name << "\n";
  const auto parsed = nubo::dns::Name::Parse(name);
  std::cout << (parsed.ok() ? "a domain name" : "no domain name") << "\n";
  nubo::ec2::Lifecycle life;
  life.OnStarted();
  std::cout << nubo::ec2::StateName(life.state()) << "\n";
}
