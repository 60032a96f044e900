#!/usr/bin/env bash
# What layering.sh finds, one kind at a time, in trees made up for it; and that it finds nothing in a tree that is right.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
place=$(mktemp -d "${TEST_TMPDIR:-/tmp}/layering-XXXXXX")
trap 'rm -rf "$place"' EXIT
tree=$place/tree
failures=0

fail() { echo "FAILED: $*"; failures=$((failures + 1)); }

# begin: an empty tree, whose table is standard input.
begin() {
  rm -rf "$tree"
  mkdir -p "$tree/lib/nubo"
  cat >"$tree/layers.txt"
}

# write FILE INCLUDE...: a file that includes these; "" is an empty line.
write() {
  local file=$tree/lib/nubo/$1 header
  shift
  mkdir -p "$(dirname "$file")"
  for header in "$@"; do
    case $header in
      "") echo ;;
      '<'*) echo "#include $header" ;;
      *) echo "#include \"$header\"" ;;
    esac
  done >"$file"
}

# finds BEHAVIOUR EXPECTED: just this is found in the tree; with an empty EXPECTED, nothing.
finds() {
  local output code=0
  output=$("$here/layering.sh" "$tree" "$tree/layers.txt") || code=$?
  [ "$output" = "$2" ] || fail "$1:" $'\n'"$output"$'\n'"instead of:"$'\n'"$2"
  [ "$code" = "$([ -n "$2" ] && echo 1 || echo 0)" ] || fail "$1: the exit code is $code"
}

begin <<'TABLE'
# A tree with some of everything.
base:
net: base
dns/wire: base net/address.h
dns/zone: dns/wire   # a room names another
dns: dns/wire
proxy: dns
  protos
TABLE
write base/status.h '<string>' absl/status/status.h
write net/address.h nubo/base/status.h
write net/stream.h
write dns/wire/reader.h nubo/net/address.h nubo/base/status.h
write dns/wire/reader.cc nubo/dns/wire/reader.h '' nubo/dns/wire/names.h
write dns/wire/names.h
write dns/wire/text.cc nubo/dns/wire/names.h ''
write dns/zone/zone.h nubo/dns/wire/reader.h
write dns/server.h nubo/dns/wire/reader.h
write proxy/main.cc '<vector>' nubo/dns/server.h nubo/dns/zone/zone.h nubo/proxy/v1/proxy.pb.h
write proxy/asio.cc '<boost/asio/impl/src.hpp>'
finds nothing_in_a_tree_that_is_right ''

begin <<'TABLE'
base:
net: base
dns: net/address.h
TABLE
write base/status.h nubo/net/stream.h
write net/stream.h nubo/base/status.h nubo/net/v1/net.pb.h
write dns/name.cc nubo/net/address.h
write dns/name.h nubo/net/stream.h '<nubo/base/status.h>'
finds what_is_not_allowed 'lib/nubo/base/status.h:1: base may not include "nubo/net/stream.h"; it may use: nothing
lib/nubo/dns/name.h:1: dns may not include "nubo/net/stream.h"; it may use: net/address.h
lib/nubo/dns/name.h:2: dns may not include "nubo/base/status.h"; it may use: net/address.h
lib/nubo/net/stream.h:2: net may not include "nubo/net/v1/net.pb.h"; it may use: base
lib/nubo/base/status.h:1: a circle: base/status -> net/stream -> base/status
lib/nubo/net/stream.h:1: a circle: net/stream -> base/status -> net/stream'

begin <<'TABLE'
dns:
dns/wire:
TABLE
write dns/name.h
write dns/wire/reader.h
write dns/zone/set.h
write dns/zone/zone.h nubo/dns/wire/reader.h
write utils/things.h
finds a_module_or_room_without_a_line 'lib/nubo/dns/zone/set.h:1: lib/nubo/dns/zone has no line in layers.txt
lib/nubo/utils/things.h:1: lib/nubo/utils has no line in layers.txt'

begin <<'TABLE'
base: net
net: net
dns: utils
dns:
lb:
TABLE
write base/status.h
write net/stream.h nubo/base/status.h
write dns/name.h
finds a_table_that_does_not_lead_down 'layers.txt:4: dns has a line above
layers.txt:1: base is allowed net, which does not stand above it
layers.txt:2: net is allowed net, which does not stand above it
layers.txt:3: dns is allowed utils, which does not stand above it
layers.txt:5: lib/nubo/lb has no file
lib/nubo/net/stream.h:1: net may not include "nubo/base/status.h"; it may use: net
layers.txt:1: base may include net, and no file of it does
layers.txt:2: net may include net, and no file of it does
layers.txt:3: dns may include utils, and no file of it does'

begin <<'TABLE'
base:
dns/wire:
dns:
proxy: base dns dns/wire dns/name.h
  protos
TABLE
write base/status.h
write dns/name.h
write dns/wire/reader.h
write proxy/relay.h nubo/dns/wire/reader.h
finds permissions_that_nobody_uses 'layers.txt:4: proxy may include base, and no file of it does
layers.txt:4: proxy may include dns, and no file of it does
layers.txt:4: proxy may include dns/name.h, and no file of it does
layers.txt:5: proxy may include protos, and no file of it does'

begin <<'TABLE'
dns/wire:
proxy: dns
dns/zone:
TABLE
write dns/wire/reader.h
write dns/zone/zone.h
write proxy/relay.h nubo/dns/zone/zone.h
finds a_module_of_which_a_room_stands_below 'layers.txt:2: proxy is allowed dns, which does not stand above it'

begin <<'TABLE'
region:
region/state: region
region/network: region
TABLE
write region/clock.h nubo/region/state/table.h
write region/state/table.h
write region/state/model.h nubo/region/clock.h
write region/network/vpc.h nubo/region/clock.h nubo/region/state/table.h
finds that_a_room_means_the_top_by_its_modules_name 'lib/nubo/region/clock.h:1: region may not include "nubo/region/state/table.h"; it may use: nothing
lib/nubo/region/network/vpc.h:2: region/network may not include "nubo/region/state/table.h"; it may use: region'

begin <<'TABLE'
vpc:
TABLE
write vpc/a.h nubo/vpc/b.h
write vpc/b.h nubo/vpc/a.h nubo/vpc/v1/vpc.pb.h
write vpc/c.h
write vpc/c.cc nubo/vpc/c.h '' nubo/vpc/d.h
write vpc/d.h
write vpc/d.cc nubo/vpc/d.h '' nubo/vpc/e.h
write vpc/e.h
write vpc/e_more.cc nubo/vpc/e.h '' nubo/vpc/c.h
write vpc/above.h nubo/vpc/a.h
finds circles_of_headers_of_pairs_and_of_parts 'lib/nubo/vpc/b.h:2: vpc may not include "nubo/vpc/v1/vpc.pb.h"; it may use: nothing
lib/nubo/vpc/a.h:1: a circle: vpc/a -> vpc/b -> vpc/a
lib/nubo/vpc/b.h:1: a circle: vpc/b -> vpc/a -> vpc/b
lib/nubo/vpc/c.cc:3: a circle: vpc/c -> vpc/d -> vpc/e -> vpc/c
lib/nubo/vpc/d.cc:3: a circle: vpc/d -> vpc/e -> vpc/c -> vpc/d
lib/nubo/vpc/e_more.cc:3: a circle: vpc/e -> vpc/c -> vpc/d -> vpc/e'

begin <<'TABLE'
stack:
TABLE
write stack/executor.h
write stack/executor.cc nubo/stack/executor.h
write stack/executor_update.cc '<vector>' '' nubo/stack/executor.h
write stack/executor_delete.cc nubo/stack/executor.h nubo/stack/states.h
write stack/states.h
write stack/shim_main.cc '<vector>' nubo/stack/executor.h
finds a_file_that_does_not_say_what_it_implements 'lib/nubo/stack/executor_delete.cc:1: no header has this file'\''s name; the one that it implements is to be its first include, apart
lib/nubo/stack/executor_update.cc:3: no header has this file'\''s name; the one that it implements is to be its first include, apart'

begin <<'TABLE'
lb:
TABLE
write lb/policy.h
write lb/random.h tests/lb/fixture.h '<examples/lb/main.h>' ../../../tests/lb/fixture.h policy.h ../lb/policy.h
finds tests_examples_and_other_ways_to_name_a_header 'lib/nubo/lb/random.h:1: lib may not include "tests/lb/fixture.h"
lib/nubo/lb/random.h:2: lib may not include "examples/lb/main.h"
lib/nubo/lb/random.h:3: lib may not include "../../../tests/lb/fixture.h"
lib/nubo/lb/random.h:4: "policy.h" is to be named from lib: "nubo/..."
lib/nubo/lb/random.h:5: "../lb/policy.h" is to be named from lib: "nubo/..."'

begin <<'TABLE'
base:
dns/wire: base
dns: dns/wire
TABLE
write base/status.h nubo/dns/name.h
write dns/wire/reader.h nubo/base/status.h
write dns/name.h nubo/dns/wire/reader.h nubo/dns/label.h
write dns/label.h nubo/dns/v1/dns.pb.h
write lb/policy.h nubo/base/status.h
expected='arrows between modules and rooms             4
  up, or to or from what has no line         2
  in a circle                                3
arrows between components                    5
  in a circle                                3'
output=$("$here/layering.sh" --count "$tree" "$tree/layers.txt")
[ "$output" = "$expected" ] || fail "counts_arrows:" $'\n'"$output"$'\n'"instead of:"$'\n'"$expected"

[ "$failures" = 0 ]
