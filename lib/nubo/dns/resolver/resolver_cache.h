// Answers kept until their time is up, and the least recently used dropped first when room is short.
//
// Example:
//   ResolverCache cache(4096);
//   cache.Put(question, resolution, resolution.expires, now);
//   if (const absl::StatusOr<Resolution>* known = cache.Find(question, now)) return *known;
//
// Thread safety: thread-compatible.
#ifndef NUBO_DNS_RESOLVER_RESOLVER_CACHE_H_
#define NUBO_DNS_RESOLVER_RESOLVER_CACHE_H_

#include <list>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nubo/dns/wire/message.h"

namespace nubo::dns {

// The answer to a question, as a client wants it.
struct Resolution {
  // NOERROR or NXDOMAIN.
  Rcode rcode = Rcode::kNoError;
  // The end of the chain of CNAMEs; without one, the name asked for.
  Name canonical_name;
  // Of the type asked for; empty if there are none (NODATA) or no such name.
  std::vector<Rdata> records;
  // Until when this may be used. In the past or present: only once.
  absl::Time expires;
};

class ResolverCache {
 public:
  // 0: keeps nothing.
  explicit ResolverCache(size_t entries_max) : entries_max_(entries_max) {}

  // What is known of `question`, failures included; null if nothing is. Valid until the next call of Put or Find.
  const absl::StatusOr<Resolution>* Find(const Question& question, absl::Time now);
  // Keeps `result` until `expires`; not at all if that is not after `now`.
  void Put(const Question& question, const absl::StatusOr<Resolution>& result, absl::Time expires, absl::Time now);
  size_t size() const { return by_question_.size(); }

 private:
  struct Entry {
    Question question;
    absl::StatusOr<Resolution> result;
    absl::Time expires;
  };

  const size_t entries_max_;
  // Most recently used first. Both hold the same entries.
  std::list<Entry> entries_;
  absl::flat_hash_map<Question, std::list<Entry>::iterator> by_question_;
};

}  // namespace nubo::dns

#endif  // NUBO_DNS_RESOLVER_RESOLVER_CACHE_H_
