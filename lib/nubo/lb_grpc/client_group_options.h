// What a client wants of a target group, if it does not say otherwise.
//
// Thread safety: a pure function.
#ifndef NUBO_LB_GRPC_CLIENT_GROUP_OPTIONS_H_
#define NUBO_LB_GRPC_CLIENT_GROUP_OPTIONS_H_

#include "nubo/lb/target_group.h"

namespace nubo::lb_grpc {

// A check every 5 s that may take 1 s, two of the same to change sides, codes 0 and 12 (a server without a health
// service is taken as well), outlier detection, 30 s to drain.
lb::TargetGroupOptions ClientGroupOptions();

}  // namespace nubo::lb_grpc

#endif  // NUBO_LB_GRPC_CLIENT_GROUP_OPTIONS_H_
