#!/usr/bin/env bash
# The rules hold for the repository, and are broken by a tree made to break each of them; those of layers, in layering_test.sh.
#
#   rules_test.sh     ./nubo test says by NUBO_ROOT where the repository is; else the way back from the runfiles finds it
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=${NUBO_ROOT:-$(dirname "$(readlink -f WORKSPACE)")}
bad=$(mktemp -d "${TEST_TMPDIR:-/tmp}/rules-XXXXXX")
trap 'rm -rf "$bad"' EXIT
failures=0

fail() { echo "FAILED: $*"; failures=$((failures + 1)); }

holds() {
  local output
  output=$("$here/$1" "$root") || fail "$1 on the repository:" $'\n'"$output"
}

# broken SCRIPT EXPECTED: the script fails on the bad tree and prints just this.
broken() {
  local output
  if output=$("$here/$1" "$bad"); then fail "$1 passes a bad tree"; fi
  [ "$output" = "$2" ] || fail "$1 says of a bad tree:" $'\n'"$output"$'\n'"instead of:"$'\n'"$2"
}

# write FILE: standard input as a file of the bad tree.
write() { mkdir -p "$bad/$(dirname "$1")" && cat >"$bad/$1"; }

write lib/nubo/lb/waits.cc <<<'Task<> F() { co_await G(); }'
write lib/nubo/dns/wire/waits.cc <<<'Task<> F() { co_await G(); }'
write lib/nubo/http/awaits.cc <<'CC'
co_await Good(name, 1'000, "{", '{', /* { */ [](int x) { return x; });
if (co_await Done()) { }
// co_await Comment({});
co_await Send({.path = "/"});
co_await Send(
    Request{path});
co_await With([big] { return big; });
co_await With([&] { return big; });
auto raw = R"x(co_await Send({}))x";
CC
write tests/http/awaits.cc <<'CC'
co_await Until([&] { return done; });
co_await Until([done] { return done; });
CC
write lib/nubo/proxy/lives.cc <<'CC'
net::Task<void> Relay::PickTarget() {
  const lb::Choice& choice = Last();
  const auto place = pools_.find(address);
  absl::string_view name = target.name();
  net::Stream* const raw = stream.get();
  // Outlives this: its owner waits.
  const Snapshot& snapshot = *snapshot_;
  int count = 0;
  co_await left_.Wait();
  Use(choice, place, name, raw, snapshot, count);
}
net::Task<void> Server::Loop(std::shared_ptr<State> state) {
  http::Exchange& exchange = state->exchange();
  for (;;) {
    exchange.Send();
    co_await exchange.Read();
  }
}
net::Task<void> Server::Once(std::shared_ptr<State> state) {
  http::Exchange& exchange = state->exchange();
  co_await exchange.Read();
}
net::Task<void> Server::Forgotten() { co_await changed_.Wait(); }
net::Task<void> Borrowed(net::Loop& loop, absl::string_view name) { co_await loop.SleepFor(name.size()); }
net::Task<void> Owned(std::shared_ptr<Server> self, std::string name) { co_await self->Wait(); }
void Server::Start() {
  loop_.Spawn(Forgotten());
  loop_.Spawn(Borrowed(loop_, "name"));
  loop_.Spawn(Owned(shared_from_this(), "name"));
  connection->OnChange([this] { Changed(); });
  loop_.Post([&] { Changed(); });
  loop_.Post([this, name] { Changed(); });
  // Taken back by the destructor.
  connection->OnChange([this] { Changed(); });
  loop_.Post([self = shared_from_this()] { self->Changed(); });
  connection->OnChange(nullptr);
}
CC
broken coroutines.sh "$(cat <<'TOLD'
lib/nubo/dns/wire/waits.cc:1: a core has no coroutines
lib/nubo/lb/waits.cc:1: a core has no coroutines
lib/nubo/http/awaits.cc:4: an argument of co_await is made in place ({...}); give it a name on a line before
lib/nubo/http/awaits.cc:6: an argument of co_await is made in place ({...}); give it a name on a line before
lib/nubo/http/awaits.cc:7: an argument of co_await is made in place ({...}); give it a name on a line before
lib/nubo/http/awaits.cc:8: an argument of co_await is made in place ({...}); give it a name on a line before
tests/http/awaits.cc:2: an argument of co_await is made in place ({...}); give it a name on a line before
lib/nubo/proxy/lives.cc:2: 'choice' refers to something, and is used after a co_await; own it, or say in a comment what outlives it
lib/nubo/proxy/lives.cc:3: 'place' refers to something, and is used after a co_await; own it, or say in a comment what outlives it
lib/nubo/proxy/lives.cc:4: 'name' refers to something, and is used after a co_await; own it, or say in a comment what outlives it
lib/nubo/proxy/lives.cc:5: 'raw' refers to something, and is used after a co_await; own it, or say in a comment what outlives it
lib/nubo/proxy/lives.cc:13: 'exchange' refers to something, and is used after a co_await; own it, or say in a comment what outlives it
lib/nubo/proxy/lives.cc:23: 'Forgotten' is spawned, and owns nothing; give it its object as a shared_ptr, or say in a comment what outlives it
lib/nubo/proxy/lives.cc:24: 'Borrowed' is spawned, and a parameter refers to something; own it, or say in a comment what outlives it
lib/nubo/proxy/lives.cc:30: a callback that is kept captures what it does not own; capture an owner, or say in a comment what outlives it
lib/nubo/proxy/lives.cc:31: a callback that is kept captures what it does not own; capture an owner, or say in a comment what outlives it
lib/nubo/proxy/lives.cc:32: a callback that is kept captures what it does not own; capture an owner, or say in a comment what outlives it
TOLD
)"

write BUILD.bazel <<<'cc_library(name = "vpc", deps = ["//lib/nubo/vpc:a"])'
write lib/nubo/vpc/BUILD.bazel <<<$'nubo_library(\n    name = "a",\n)\nnubo_library(\n    name = "forgotten",\n)\nnubo_library(\n    name = "inner",\n    visibility = ["//visibility:private"],\n)'
write lib/nubo/vpc/tables/BUILD.bazel <<<$'nubo_library(\n    name = "routes",\n)'
broken aliases.sh 'BUILD.bazel: //:vpc lacks //lib/nubo/vpc:forgotten, which is public
BUILD.bazel: //:vpc lacks //lib/nubo/vpc/tables:routes, which is public'

write lib/nubo/region/dns/resource_types.cc <<<$'\n  return absl::UnimplementedError("not today");'
broken refusals.sh "lib/nubo/region/dns/resource_types.cc:2: plan does not know of this refusal; say it in the type's schema (lib/nubo/stack/schema_*.cc)"

write lib/nubo/lb/shared.cc <<<$'#include <mutex>\nstd::mutex mutex;\nvoid F() { const std::lock_guard lock(mutex); std::condition_variable c; }'
write lib/nubo/base/mutex.h <<<'std::mutex mutex_;'
write lib/nubo/testing/clock.h <<<'std::mutex mutex_;'
write lib/nubo/lb/checked.cc <<<$'base::MutexLock lock(mutex_);\nstd::mutexes none;'
broken locks.sh 'lib/nubo/lb/shared.cc:2: std::mutex: the compiler does not check what it guards; take base::Mutex, MutexLock or CondVar (lib/nubo/base/mutex.h)
lib/nubo/lb/shared.cc:3: std::lock_guard: the compiler does not check what it guards; take base::Mutex, MutexLock or CondVar (lib/nubo/base/mutex.h)
lib/nubo/lb/shared.cc:3: std::condition_variable: the compiler does not check what it guards; take base::Mutex, MutexLock or CondVar (lib/nubo/base/mutex.h)'

# One file sees it, one through a header of ours, one not at all; a folder of headers, and generated ones by their end.
heavy=$bad/heavy
bad_lb=$bad
bad=$heavy
write lib/nubo/cli/parser.h <<<'#include <CLI/CLI.hpp>'
write lib/nubo/cli/parser.cc <<<'#include "nubo/cli/parser.h"'
write lib/nubo/cli/main.cc <<<$'#include "nubo/cli/parser.h"\n#include <vector>'
write examples/light.cc <<<'#include <CLI.hpp>'
write examples/calls.cc <<<$'#include "nubo/ec2/v1/ec2.grpc.pb.h"\n#include <grpcpp/channel.h>'
write allowed.txt <<<$'CLI/CLI.hpp 1  # dear\ngrpcpp/ 0\n.grpc.pb.h 1'
if output=$("$here/heavy_headers.sh" "$bad" "$bad/allowed.txt"); then fail "heavy_headers.sh passes a bad tree"; fi
for expected in '2 files see CLI/CLI.hpp; at most 1 may' '1 files see grpcpp/; at most 0 may'; do
  grep -qF "$expected" <<<"$output" || fail "heavy_headers.sh does not say '$expected' but:" $'\n'"$output"
done
[ "$(wc -l <<<"$output")" = 2 ] || fail "heavy_headers.sh says too much:" $'\n'"$output"
bad=$bad_lb

holds heavy_headers.sh
holds layering.sh
holds locks.sh
holds refusals.sh
holds aliases.sh
holds coroutines.sh
[ "$failures" = 0 ]
