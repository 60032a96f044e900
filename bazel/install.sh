#!/usr/bin/env bash
# Puts what is built where other builds find it: headers, a static library for each module, a pkg-config file and a CMake
# component for each name of the root BUILD.bazel, protos, programs, the manual page and completion.
#
#   ./nubo install --prefix DIR [--destdir ROOT]     ROOT is put before DIR, for packages; DIR is what files may say
#   ./nubo uninstall --prefix DIR [--destdir ROOT]   takes away what DIR/share/nubo/manifest.txt lists
#
# What is installed names no absolute path: the folder may be moved. Everything is made beside its place first, so that a
# failure half-way leaves what was there.
set -euo pipefail
export LC_ALL=C
# Who installs may keep others out of what they make; what is installed is for all.
umask 022

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
cd "$root"

say() { printf 'nubo: %s\n' "$*" >&2; }
usage() { say "$*; for example: ./nubo install --prefix /opt/nubo"; exit 2; }

verb=$1
shift
prefix='' destdir=${DESTDIR:-}
while [ $# -gt 0 ]; do
  case "$1" in
    --prefix | --destdir)
      [ $# -ge 2 ] && [ -n "$2" ] || usage "$1 needs a directory"
      if [ "$1" = --prefix ]; then prefix=$2; else destdir=$2; fi
      shift 2
      ;;
    --prefix=?*) prefix=${1#*=}; shift ;;
    --destdir=?*) destdir=${1#*=}; shift ;;
    -h | --help)
      sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    *) usage "$verb does not know '$1'" ;;
  esac
done
[ -n "$prefix" ] || usage "$verb needs --prefix DIR"
case "$prefix" in /*) ;; *) prefix=$PWD_BEFORE/$prefix ;; esac
case "$destdir" in '' | /*) ;; *) destdir=$PWD_BEFORE/$destdir ;; esac
case "$prefix" in *[[:space:]\;\"\$]*) usage "the prefix '$prefix' has a character that build files cannot quote" ;; esac
target=$destdir$prefix
manifest=share/nubo/manifest.txt

# Takes away the files of $1 that standard input lists, and the folders that are empty then.
take_away() {
  local path folder
  while IFS= read -r path; do
    case "$path" in '' | /* | *..*) continue ;; esac
    rm -f "$1/$path"
    dirname "$path"
  done | sort -ur | while IFS= read -r folder; do
    (cd "$1" && rmdir -p --ignore-fail-on-non-empty "$folder" 2>/dev/null) || true
  done
}

if [ "$verb" = uninstall ]; then
  [ -f "$target/$manifest" ] || { say "there is no $target/$manifest: nubo is not installed there"; exit 1; }
  { cat "$target/$manifest"; echo "$manifest"; } | sort -r | take_away "$target"
  say "took nubo away from $target"
  exit 0
fi

made=''
[ -d "$target" ] || made=$target
mkdir -p "$target" 2>/dev/null || { say "cannot make $target"; exit 1; }
stage=$(mktemp -d "$target/.nubo-install-XXXXXX" 2>/dev/null) || { say "cannot write to $target"; exit 1; }
leave() {
  rm -rf "$stage" "$stage.list"
  # Of an installation that failed not even its folder stays.
  if [ -n "$made" ]; then rmdir --ignore-fail-on-non-empty "$made"; fi
}
trap leave EXIT

version=$(sed -n 's/.*kVersion\[\] = "\(.*\)".*/\1/p' lib/nubo/base/version.h)

# The libraries of the root BUILD.bazel are the names that can be linked.
mapfile -t public < <(bazel query --noshow_progress 'kind(cc_library, //:all)' 2>/dev/null | sed 's#^//:##' | sort)
[ "${#public[@]}" -gt 0 ] || { say "bazel cannot tell the libraries of $root/BUILD.bazel; 'bazel query //:all' says why"; exit 1; }

# "FROM<tab>TO" for each dependency among what those names stand for.
edges=$(bazel query --noshow_progress --noimplicit_deps --output=graph --nograph:factored 'kind(rule, deps(kind(cc_library, //:all)))' 2>/dev/null |
  awk '/->/ { gsub(/[" ;]/, ""); split($0, ends, "->"); print ends[1] "\t" ends[2] }')
# "NAME<tab>LABEL" for each library that a public name stands for.
closures=$(awk -F '\t' -v names="${public[*]}" '
  { next_of[$1] = next_of[$1] " " $2 }
  function visit(name, label, list, count, i) {
    if ((name, label) in seen) return
    seen[name, label] = 1
    print name "\t" label
    count = split(next_of[label], list, " ")
    for (i = 1; i <= count; ++i) visit(name, list[i])
  }
  END { count = split(names, wanted, " "); for (n = 1; n <= count; ++n) visit(wanted[n], "//:" wanted[n]) }' <<<"$edges")
closure() { awk -F '\t' -v name="$1" '$1 == name { print $2 }' <<<"$closures"; }

# "MODULE<tab>MODULE", and the modules in the order in which they are linked: each needs those behind it at most. An archive
# holds a whole module, so what one of its files needs is a need of the module.
module_edges=$(sed -nE 's#^//lib/nubo/([^:/]+)[^:]*:[^\t]*\t//lib/nubo/([^:/]+)[^:]*:.*#\1\t\2#p' <<<"$edges" | sort -u)
mapfile -t modules < <({
  echo "$module_edges"
  sed -nE 's#^.*\t//lib/nubo/([^:/]+)[^:]*:.*#\1\t\1#p' <<<"$edges" | sort -u
} | tsort)

# The modules that the modules of $* need, themselves among them, in the order of linking.
with_needs() {
  awk -F '\t' -v first="$*" -v order="${modules[*]}" '
    { next_of[$1] = next_of[$1] " " $2 }
    function visit(module, list, count, i) {
      if (module in seen) return
      seen[module] = 1
      count = split(next_of[module], list, " ")
      for (i = 1; i <= count; ++i) visit(list[i])
    }
    END {
      count = split(first, wanted, " ")
      for (i = 1; i <= count; ++i) visit(wanted[i])
      count = split(order, all, " ")
      for (i = 1; i <= count; ++i) if (all[i] in seen) print all[i]
    }' <<<"$module_edges"
}
modules_of() { sed -nE 's#^//lib/nubo/([^:/]+)[^:]*:.*#\1#p' <<<"$1" | sort -u; }
# What the files of module $1 name, of other repositories too.
needs_of() { awk -F '\t' -v folder="^//lib/nubo/$1[:/]" '$1 ~ folder { print $2 }' <<<"$edges" | sort -u; }
labels=$(cut -f2 <<<"$closures" | grep '^//lib/' | sort -u)
protos=$(bazel query --noshow_progress 'kind(cc_library, //proto/...)' 2>/dev/null)
# shellcheck disable=SC2086
bazel build --noshow_progress $labels $protos //lib/nubo/cli:nubo //lib/nubo/drivers:nubo-shim >&2

# Those that have an archive. What has no sources may have had some, and left an archive of that time behind.
compiled=$(bazel query --noshow_progress "attr(srcs, '[.]cc', kind(cc_library, //lib/... + //proto/...))" 2>/dev/null)

archive_of() { local path=${1#//}; printf 'bazel-bin/%s/lib%s.a\n' "${path%%:*}" "${path##*:}"; }

# Makes the archive $1 in $lib of those that the labels on standard input have made. Names of commands to ar are not quoted:
# hence no path of the user's is among them.
merge() {
  local label archive
  {
    echo "CREATE $1"
    while IFS= read -r label; do
      archive=$(archive_of "$label")
      [ ! -e "$archive" ] || echo "ADDLIB made/${archive#bazel-bin/}"
    done < <(grep -Fx -f <(echo "$compiled"))
    echo SAVE
    echo END
  } | (cd "$lib" && ar -M)
  [ -s "$lib/$1" ] || { say "ar could not make $lib/$1"; exit 1; }
}

lib=$stage/lib include=$stage/include
mkdir -p "$lib/pkgconfig" "$lib/cmake/nubo" "$include" "$stage/bin" "$stage/share/nubo/proto" "$stage/share/man/man1" \
  "$stage/share/bash-completion/completions" "$stage/share/zsh/site-functions" "$stage/share/fish/vendor_completions.d"

ln -s "$root/bazel-bin" "$lib/made"
for module in "${modules[@]}"; do
  (cd lib && find "nubo/$module" -name '*.h' -print0 | xargs -0 cp --parents -t "$include")
  grep "^//lib/nubo/$module[:/]" <<<"$labels" | merge "libnubo_$module.a"
done

# The protos, and what was generated of them.
(cd proto && find nubo -name '*.proto' -print0 | xargs -0 cp --parents -t "$stage/share/nubo/proto")
(cd "$(readlink -f bazel-bin)/proto" && find nubo -name '*.pb.h' -not -path '*/_virtual_*' -print0 | xargs -0 cp --parents -t "$include")
merge libnubo_proto.a <<<"$protos"
rm "$lib/made"

cp bazel-bin/lib/nubo/cli/nubo "$stage/bin/nubo"
cp bazel-bin/lib/nubo/drivers/nubo-shim "$stage/bin/nubo-shim"
mkdir -p "$stage/share/nubo/console"
cp -r lib/nubo/console/web/dist/. "$stage/share/nubo/console/"
"$stage/bin/nubo" help --man >"$stage/share/man/man1/nubo.1"
"$stage/bin/nubo" completion bash >"$stage/share/bash-completion/completions/nubo"
"$stage/bin/nubo" completion zsh >"$stage/share/zsh/site-functions/_nubo"
"$stage/bin/nubo" completion fish >"$stage/share/fish/vendor_completions.d/nubo.fish"

# Abseil's libraries among the labels $1, as pkg-config knows them: //absl/random:bit_gen_ref is absl_random_bit_gen_ref.
abseil_of() {
  sed -nE 's#^@com_google_absl//absl/(.*)$#\1#p' <<<"$1" |
    sed -E -e '/internal|throw_delegate|raw_hash_set/d' -e 's#^random:(random)$#random_random#' -e 's#^random:#random_#' -e 's#^.*:##' |
    sort -u | while IFS= read -r name; do
    if pkg-config --exists "absl_$name"; then echo "$name"; fi
  done
}
joined() { local IFS=';'; echo "$*"; }

# Writes the pkg-config file $1: Requires $2, Cflags $3, Libs $4.
write_pc() {
  cat >"$lib/pkgconfig/nubo-$1.pc" <<EOF
prefix=\${pcfiledir}/../..
libdir=\${prefix}/lib
includedir=\${prefix}/include

Name: nubo-$1
Description: nubo's $1: cloud-architecture primitives for C++20
Version: $version
Requires: $2
Cflags: -I\${includedir}$3
Libs: -L\${libdir}$4
EOF
}

# $1: a public name; $2: its closure. Writes its pkg-config file and its CMake component.
describe() {
  local name=$1 labels=$2 module requires=() targets=() needs='' libs='' flags=''
  # shellcheck disable=SC2046
  for module in $(with_needs $(modules_of "$labels")); do
    targets+=("nubo::module_$module") libs+=" -lnubo_$module" needs+=$'\n'$(needs_of "$module")
  done
  while IFS= read -r module; do requires+=("absl_$module") targets+=("absl::$module"); done < <(abseil_of "$labels$needs")
  if grep -q '^@boost//:asio' <<<"$labels"; then
    flags+=' -DBOOST_ASIO_SEPARATE_COMPILATION -DBOOST_ASIO_NO_DEPRECATED -pthread' libs+=' -pthread' targets+=(nubo::asio)
  fi
  if grep -q '^@boost//:test' <<<"$labels"; then flags+=' -DBOOST_TEST_DYN_LINK' libs+=' -lboost_unit_test_framework'; fi
  if grep -q '^@system//:nghttp2' <<<"$labels"; then requires+=(libnghttp2); fi
  if grep -q '^@system//:sodium' <<<"$labels"; then requires+=(libsodium); fi
  if grep -q '^@system//:yaml_cpp' <<<"$labels"; then requires+=(yaml-cpp); fi
  if grep -q '^@system//:zlib' <<<"$labels"; then requires+=(zlib); fi
  if grep -q '^@com_github_grpc_grpc' <<<"$labels"; then requires+=(grpc++ protobuf); fi
  write_pc "$name" "${requires[*]}" "$flags" "$libs"
  cat >>"$lib/cmake/nubo/nuboTargets.cmake" <<EOF
add_library(nubo::$name INTERFACE IMPORTED)
set_target_properties(nubo::$name PROPERTIES INTERFACE_LINK_LIBRARIES "$(joined "${targets[@]}")")
EOF
}

# Writes the CMake target of the archive of module $1. Each names what it needs itself: CMake orders archives by that.
# Asio's definitions come with the public names that have it, for a core has none.
describe_module() {
  local module=$1 needs name targets=()
  needs=$(needs_of "$module")
  while IFS= read -r name; do targets+=("nubo::module_$name"); done < <(with_needs "$module" | grep -vx "$module")
  while IFS= read -r name; do targets+=("absl::$name"); done < <(abseil_of "$needs")
  if grep -q '^@boost//:test' <<<"$needs"; then targets+=(nubo::boost_test); fi
  if grep -q '^@system//:nghttp2' <<<"$needs"; then targets+=(nubo::nghttp2); fi
  if grep -q '^@system//:sodium' <<<"$needs"; then targets+=(nubo::sodium); fi
  if grep -q '^@system//:yaml_cpp' <<<"$needs"; then targets+=(nubo::yaml-cpp); fi
  if grep -q '^@system//:zlib' <<<"$needs"; then targets+=(nubo::z); fi
  if grep -q '^@com_github_grpc_grpc' <<<"$needs" || [ "$module" = proto ]; then targets+=(nubo::grpc); fi
  cat >>"$lib/cmake/nubo/nuboTargets.cmake" <<EOF
add_library(nubo::module_$module STATIC IMPORTED)
set_target_properties(nubo::module_$module PROPERTIES IMPORTED_LOCATION "\${_nubo_prefix}/lib/libnubo_$module.a"
  INTERFACE_INCLUDE_DIRECTORIES "\${_nubo_prefix}/include" INTERFACE_COMPILE_FEATURES cxx_std_20
  INTERFACE_LINK_LIBRARIES "$(joined "${targets[@]}")")
EOF
}

cat >"$lib/cmake/nubo/nuboTargets.cmake" <<'EOF'
# Static libraries, one for each module, and the public names that stand for closures of them.
get_filename_component(_nubo_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
EOF
for module in "${modules[@]}" proto; do describe_module "$module"; done
for name in "${public[@]}"; do describe "$name" "$(closure "$name")"; done

# The control plane's services, for programs that talk to a region.
write_pc proto 'grpc++ protobuf' '' ' -lnubo_proto'
cat >>"$lib/cmake/nubo/nuboTargets.cmake" <<'EOF'
add_library(nubo::proto INTERFACE IMPORTED)
set_target_properties(nubo::proto PROPERTIES INTERFACE_LINK_LIBRARIES nubo::module_proto)
unset(_nubo_prefix)
EOF

cat >"$lib/cmake/nubo/nuboConfig.cmake" <<EOF
# find_package(nubo CONFIG REQUIRED COMPONENTS lb dns), then target_link_libraries(program nubo::lb nubo::dns).
set(_nubo_known ${public[*]} proto)
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(absl CONFIG)

# What only some of the names need is asked for when they are, or when none is named and it is there.
foreach(_nubo_component IN LISTS nubo_FIND_COMPONENTS)
  if(NOT _nubo_component IN_LIST _nubo_known)
    set(nubo_FOUND FALSE)
    set(nubo_NOT_FOUND_MESSAGE "nubo has no component \${_nubo_component}; it has: \${_nubo_known}")
    return()
  endif()
  set(nubo_\${_nubo_component}_FOUND TRUE)
endforeach()

function(_nubo_wrap name libraries definitions)
  if(NOT TARGET nubo::\${name})
    add_library(nubo::\${name} INTERFACE IMPORTED)
    set_target_properties(nubo::\${name} PROPERTIES INTERFACE_LINK_LIBRARIES "\${libraries}"
      INTERFACE_COMPILE_DEFINITIONS "\${definitions}")
  endif()
endfunction()
_nubo_wrap(asio Threads::Threads "BOOST_ASIO_SEPARATE_COMPILATION;BOOST_ASIO_NO_DEPRECATED")
_nubo_wrap(boost_test boost_unit_test_framework BOOST_TEST_DYN_LINK)
_nubo_wrap(nghttp2 nghttp2 "")
_nubo_wrap(sodium sodium "")
_nubo_wrap(yaml-cpp yaml-cpp "")
_nubo_wrap(z z "")
_nubo_wrap(grpc "grpc++;grpc;gpr;protobuf" "")
if(NOT TARGET nubo::module_base)
  include("\${CMAKE_CURRENT_LIST_DIR}/nuboTargets.cmake")
endif()
set(nubo_VERSION $version)
unset(_nubo_known)
EOF
cat >"$lib/cmake/nubo/nuboConfigVersion.cmake" <<EOF
# Before 1.0 a minor version may break: only the same one is compatible.
set(PACKAGE_VERSION $version)
set(PACKAGE_VERSION_COMPATIBLE FALSE)
if(PACKAGE_FIND_VERSION VERSION_LESS_EQUAL PACKAGE_VERSION AND
   PACKAGE_FIND_VERSION_MAJOR EQUAL ${version%%.*} AND
   (PACKAGE_FIND_VERSION_COUNT LESS 2 OR PACKAGE_FIND_VERSION_MINOR EQUAL $(cut -d. -f2 <<<"$version")))
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
  set(PACKAGE_VERSION_EXACT TRUE)
endif()
EOF

find "$stage" -type f -exec chmod u+w,a+r {} +
find "$stage" -type d -exec chmod 755 {} +
(cd "$stage" && find . -type f | sed 's#^\./##' | sort >"$stage.list")
# Each file is replaced at once, and the manifest lists all that may be there at any moment; what a former version had and
# this one has not goes last.
former=''
if [ -f "$target/$manifest" ]; then former=$(sort -u "$target/$manifest"); fi
(cd "$stage" && find . -type d -print0 | (cd "$target" && xargs -0 mkdir -p))
sort -u "$stage.list" - <<<"$former" | sed '/^$/d' >"$stage/manifest"
mv -f "$stage/manifest" "$target/$manifest"
while IFS= read -r path; do mv -f "$stage/$path" "$target/$path"; done <"$stage.list"
comm -13 "$stage.list" - <<<"$former" | take_away "$target"
mv -f "$stage.list" "$target/$manifest"
say "installed nubo $version in $target"
