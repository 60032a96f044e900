// What Reachability (reachability.h) says of a connection.
//
// Thread safety: values.
#ifndef NUBO_VPC_VERDICT_H_
#define NUBO_VPC_VERDICT_H_

#include <string>
#include <vector>

namespace nubo::vpc {

struct Hop {
  // An id.
  std::string component;
  // What it did, a sentence without its subject: "lets it out".
  std::string what;
  // The rule or route that let it pass; "": none was needed.
  std::string rule;
  // Of the way back.
  bool reply = false;
};

struct Verdict {
  bool reachable = false;
  // As far as it comes.
  std::vector<Hop> hops;
  // If it does not come through: the component that stops it, the rule or route that says so ("": for want of one), and
  // a sentence that says why and what would be right.
  std::string stopped_by;
  std::string rule;
  std::string why;
  // It stopped on the way back.
  bool reply_stopped = false;
};

}  // namespace nubo::vpc

#endif  // NUBO_VPC_VERDICT_H_
