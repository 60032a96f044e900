// One load balancer's process on its own, for trying it by hand and for tests that kill things:
//   proxy_process CONTROL_SOCKET [SNAPSHOT]
#include <cstdio>
#include <string>

#include "nubo/proxy/process.h"

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: %s CONTROL_SOCKET [SNAPSHOT]\n", argv[0]);
    return 2;
  }
  const absl::Status status =
      nubo::proxy::RunProxyProcess({.control_path = argv[1], .snapshot_path = argc == 3 ? argv[2] : ""});
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
