// A typical query is answered without touching the heap.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <new>
#include <random>
#include <string>

#include "nubo/dns/wire/message.h"
#include "nubo/dns/zone/responder.h"
#include "tests/dns/test_zones.h"

namespace {

int allocations = 0;

}  // namespace

void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace nubo::dns {
namespace {

BOOST_AUTO_TEST_CASE(answers_without_allocating) {
  const auto zones =
      MakeZoneSet({{"example.com",
                    {"example.com SOA 900 ns. host. 1 2 3 4 60", "www.example.com A 60 10.0.0.1",
                     "example.com ALIAS-A www.example.com", "*.wild.example.com CNAME 60 www.example.com"}}});
  std::mt19937_64 rng(1);
  std::string response;
  QuerySummary summary;
  for (const char* name : {"www.example.com", "example.com", "a.wild.example.com", "no.example.com", "example.org"}) {
    Message query;
    query.questions.push_back({*Name::Parse(name), RecordType::kA});
    query.edns.emplace();
    const std::string packet = *Encode(query);
    // The first time the buffer grows.
    Respond(*zones, packet, Transport::kUdp, {.rng = rng}, &response, &summary);
    allocations = 0;
    Respond(*zones, packet, Transport::kUdp, {.rng = rng}, &response, &summary);
    const int counted = allocations;
    BOOST_TEST_CONTEXT(name) { BOOST_TEST(counted == 0); }
  }
}

}  // namespace
}  // namespace nubo::dns
