#!/usr/bin/env bash
# ./nubo install, and programs of somebody else's that find what it put there, also after the folder was moved.
#
#   installed.sh [REPORT.xml]      run by ./nubo test, outside of Bazel: install asks Bazel itself
set -uo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
report=${1:-/dev/null}
place=$(mktemp -d /tmp/nubo-installed-XXXXXX)
trap 'rm -rf "$place"' EXIT
cxx=${CXX:-clang++-19}
cases='' failed=0 count=0

# Runs a case, and keeps what it said if it failed. Not as a condition: there bash would go on after a command that failed.
run() {
  local name=$1 said code
  shift
  count=$((count + 1))
  said=$( (set -euo pipefail; "$@") 2>&1)
  code=$?
  if [ "$code" = 0 ]; then
    echo "ok    $name"
    cases+="<testcase name=\"$name\" classname=\"installed\"/>"
  else
    echo "FAIL  $name"
    echo "$said" | tail -n 30
    failed=$((failed + 1))
    cases+="<testcase name=\"$name\" classname=\"installed\"><failure message=\"see the output\"/></testcase>"
  fi
}

installs_and_installs_again() {
  "$root/nubo" install --prefix "$place/first"
  local before
  before=$(cd "$place/first" && find . -type f | sort | xargs sha256sum)
  "$root/nubo" install --prefix "$place/first"
  [ "$before" = "$(cd "$place/first" && find . -type f | sort | xargs sha256sum)" ]
  mv "$place/first" "$place/moved"
}
names_no_place() {
  local found
  found=$(grep -rlE "(^|[^[:alnum:]._/-])($place|$root|/.*/\.cache/bazel)/" "$place/moved" || true)
  [ -z "$found" ] || { echo "$found"; return 1; }
}
programs_run() {
  "$place/moved/bin/nubo" version | grep -qx "nubo $(sed -n 's/.*kVersion\[\] = "\(.*\)".*/\1/p' "$root/lib/nubo/base/version.h")"
  "$place/moved/bin/nubo" help >/dev/null
  test -s "$place/moved/share/man/man1/nubo.1"
  test -s "$place/moved/share/nubo/console/index.html"
  bash -n "$place/moved/share/bash-completion/completions/nubo"
}
pkg_config_consumer() {
  export PKG_CONFIG_PATH=$place/moved/lib/pkgconfig
  # shellcheck disable=SC2046
  "$cxx" -std=c++20 $(pkg-config --cflags nubo-ec2) "$root/tests/install/pkg_config_consumer/paper.cc" -o "$place/paper" $(pkg-config --libs nubo-ec2)
  "$place/paper" | diff "$root/tests/install/pkg_config_consumer/expected.txt" -
}
cmake_consumer() {
  cmake -S "$root/tests/install/cmake_consumer" -B "$place/build" -DCMAKE_PREFIX_PATH="$place/moved" -DCMAKE_CXX_COMPILER="$cxx" \
    -DSOURCE="$root/examples/dns_example/main.cc"
  cmake --build "$place/build"
  "$place/build/canary" | diff "$root/examples/dns_example/expected.txt" -
}
# Whole archives: an empty program would need nothing of them, and find nothing lacking.
every_name_links() {
  export PKG_CONFIG_PATH=$place/moved/lib/pkgconfig
  echo 'int main() {}' >"$place/nothing.cc"
  local name wanted
  wanted=$(awk '/^cc_library\(/ { getline; split($0, part, "\""); print part[2] }' "$root/BUILD.bazel")
  [ "$(wc -w <<<"$wanted")" -gt 5 ]
  for name in $wanted proto; do
    # shellcheck disable=SC2046
    "$cxx" -std=c++20 $(pkg-config --cflags "nubo-$name") "$place/nothing.cc" -o "$place/nothing" \
      $(pkg-config --libs "nubo-$name" | sed -E 's/-lnubo_[^ ]*/-Wl,--whole-archive & -Wl,--no-whole-archive/g') || { echo "$name"; return 1; }
  done
}
# Archives are searched in the order in which they are named: any order of a project's must do.
several_names_link_in_any_order() {
  cmake -S "$root/tests/install/several_consumer" -B "$place/several" -DCMAKE_PREFIX_PATH="$place/moved" -DCMAKE_CXX_COMPILER="$cxx"
  cmake --build "$place/several"
  "$place/several/several" | diff "$root/tests/install/several_consumer/expected.txt" -
  "$place/several/reversed" | diff "$root/tests/install/several_consumer/expected.txt" -
  export PKG_CONFIG_PATH=$place/moved/lib/pkgconfig
  local names
  for names in 'nubo-base nubo-dns nubo-ec2' 'nubo-ec2 nubo-dns nubo-base'; do
    # shellcheck disable=SC2046,SC2086
    "$cxx" -std=c++20 $(pkg-config --cflags $names) "$root/tests/install/several_consumer/several.cc" -o "$place/by_names" $(pkg-config --libs $names)
  done
}
wrong_components_and_versions_are_refused() {
  mkdir -p "$place/wrong"
  local line
  for line in 'find_package(nubo CONFIG REQUIRED COMPONENTS cheese)' 'find_package(nubo 0.2 CONFIG REQUIRED)'; do
    printf 'cmake_minimum_required(VERSION 3.20)\nproject(wrong CXX)\n%s\n' "$line" >"$place/wrong/CMakeLists.txt"
    if cmake -S "$place/wrong" -B "$place/wrong/build" -DCMAKE_PREFIX_PATH="$place/moved" -DCMAKE_CXX_COMPILER="$cxx" >"$place/wrong.log" 2>&1; then
      echo "not refused: $line"
      return 1
    fi
    grep -qE 'no component cheese|version: 0.1|compatible' "$place/wrong.log"
    rm -rf "$place/wrong/build"
  done
}
expect_code() {
  local code=0 wanted=$1 words=$2
  shift 2
  "$root/nubo" "$@" >"$place/said" 2>&1 || code=$?
  # shellcheck disable=SC2015
  [ "$code" = "$wanted" ] && grep -q -- "$words" "$place/said" || { echo "nubo $*: $code"; cat "$place/said"; return 1; }
}
wrong_use_is_told() {
  expect_code 2 'needs --prefix' install
  expect_code 2 'needs a directory' install --prefix
  expect_code 2 "does not know '--perfix'" install --prefix "$place/x" --perfix y
  expect_code 2 'cannot quote' install --prefix "$place/a b"
  expect_code 1 'cannot' install --prefix /proc/nubo
  expect_code 1 'not installed there' uninstall --prefix "$place/nowhere"
  [ ! -e "$place/x" ] && [ ! -e "$place/a b" ]
}
a_package_is_staged_elsewhere() {
  "$root/nubo" install --prefix /opt/nubo --destdir "$place/package"
  test -x "$place/package/opt/nubo/bin/nubo"
  # From where it is called, as every path of a command is.
  (cd "$place" && "$root/nubo" install --prefix 'opt/c++,(1)' --destdir relative)
  test -s "$place/relative$place/opt/c++,(1)/lib/libnubo_lb.a"
}
# A manifest names what a former version had; its files go, others stay, and nothing of the stage is left.
a_former_version_is_replaced() {
  local at=$place/moved
  mkdir -p "$at/share/nubo/old"
  touch "$at/share/nubo/old/gone.txt" "$at/share/nubo/kept.txt"
  echo share/nubo/old/gone.txt >>"$at/share/nubo/manifest.txt"
  "$root/nubo" install --prefix "$at"
  [ ! -e "$at/share/nubo/old" ]
  [ -e "$at/share/nubo/kept.txt" ]
  ! grep -q gone "$at/share/nubo/manifest.txt" || return 1
  [ -z "$(find "$at" -name '.nubo-install-*')" ]
  rm "$at/share/nubo/kept.txt"
}
uninstall_leaves_only_what_is_not_its_own() {
  echo mine >"$place/moved/share/mine"
  "$root/nubo" uninstall --prefix "$place/moved"
  [ "$(cd "$place/moved" && find . -type f)" = ./share/mine ]
}

run 'installs, and installs again with the same result' installs_and_installs_again
run 'what is installed names no place' names_no_place
run 'the programs, the manual page and completion are there' programs_run
run 'a program finds it by pkg-config' pkg_config_consumer
run 'a project finds it by CMake' cmake_consumer
run 'every name links' every_name_links
run 'several names link in any order' several_names_link_in_any_order
run 'components and versions that are not there are refused' wrong_components_and_versions_are_refused
run 'wrong use is told' wrong_use_is_told
run 'a package is staged elsewhere' a_package_is_staged_elsewhere
run 'a former version is replaced' a_former_version_is_replaced
run 'uninstall leaves only what is not its own' uninstall_leaves_only_what_is_not_its_own

printf '<testsuites><testsuite name="installed" tests="%d" failures="%d">%s</testsuite></testsuites>\n' "$count" "$failed" "$cases" >"$report"
exit "$((failed > 0))"
