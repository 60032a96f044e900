// How large a text may be that is read as a template (reader.h).
//
// Thread safety: values.
#ifndef NUBO_STACK_READ_OPTIONS_H_
#define NUBO_STACK_READ_OPTIONS_H_

#include <cstddef>

namespace nubo::stack {

// CloudFormation's bound on a template that is read from a bucket; its 51,200 bytes are for one in a request.
inline constexpr size_t kTemplateBytesMax = 1'048'576;

struct ReadOptions {
  // Never more than kTemplateBytesMax, whatever stands here.
  size_t bytes_max = kTemplateBytesMax;
  // How deep lists and objects nest.
  int depth_max = 100;
  // How many scalars, lists and objects in all.
  size_t nodes_max = 100'000;
};

}  // namespace nubo::stack

#endif  // NUBO_STACK_READ_OPTIONS_H_
