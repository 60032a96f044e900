// What the examples of lib/nubo/base use and do not show.
#ifndef TESTS_HEADERS_BASE_H_
#define TESTS_HEADERS_BASE_H_

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "nubo/base/background.h"
#include "nubo/base/descriptors.h"
#include "nubo/base/file_saver.h"
#include "nubo/base/files.h"
#include "nubo/base/id_source.h"
#include "nubo/base/log_writer.h"
#include "nubo/base/metrics.h"
#include "nubo/base/owned_fd.h"
#include "nubo/base/tree_removal.h"
#include "tests/headers/context.h"

namespace nubo::example {

struct Instance {};
absl::StatusOr<Instance> Find(absl::string_view id);

// Something that stops instances.
struct Driver {
  absl::Status Stop(const Instance& instance);
};
extern Driver driver;

extern const int ours, theirs;
extern const int listener;
extern char buffer[4096];

}  // namespace nubo::example

#endif  // TESTS_HEADERS_BASE_H_
