// The policies that come with the library, and when to use which.
//
//   round_robin                 each in turn                                round_robin.h
//   weighted_round_robin        each in turn, as often as its weight says   weighted_round_robin.h
//   random, weighted_random     drawn                                       random.h
//   least_outstanding_requests  fewest in flight; two drawn of a large set  least_cost.h
//   least_request               the same by weight, of two or more drawn    least_cost.h
//   peak_ewma                   least latency times what is in flight       least_cost.h
//   prequal                     the best of a pool of probes                prequal.h
//   ring_hash                   one hash, one endpoint                      ring_hash.h
//   maglev                      one hash, one endpoint, evenly              maglev.h
//   load_reports                by what endpoints report of themselves      load_reports.h
//   subset                      a part of them, and any policy within       subset.h
//   locality_weighted           places first, any policy within             locality_weighted.h
//
// In doubt: least_outstanding_requests. docs/guides/balancing-policies.md has them all on the same workloads.
//
// Example:
//   std::unique_ptr<lb::Policy> policy = lb::MakeLeastOutstandingRequests();
//
// Thread safety: as Policy and Picker say.
#ifndef NUBO_LB_POLICIES_H_
#define NUBO_LB_POLICIES_H_

#include "nubo/lb/least_cost.h"
#include "nubo/lb/load_reports.h"
#include "nubo/lb/locality_weighted.h"
#include "nubo/lb/maglev.h"
#include "nubo/lb/prequal.h"
#include "nubo/lb/random.h"
#include "nubo/lb/ring_hash.h"
#include "nubo/lb/round_robin.h"
#include "nubo/lb/subset.h"
#include "nubo/lb/weighted_round_robin.h"

#endif  // NUBO_LB_POLICIES_H_
