#!/usr/bin/env bash
# What ./nubo says while it works, whom it waits for, and what .ci/run adds up; with a Bazel and an apt-get that are made up.
#
#   door_test.sh     ./nubo test says by NUBO_ROOT where the repository is; else the way back from the runfiles finds it
set -euo pipefail
source_root=${NUBO_ROOT:-$(dirname "$(readlink -f WORKSPACE)")}
place=$(mktemp -d "${TEST_TMPDIR:-/tmp}/door-XXXXXX")
trap 'rm -rf "$place"' EXIT
failures=0

fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
# says TEXT PATTERN: a line of the text matches.
says() { grep -qE -- "$2" <<<"$1" || fail "no line like '$2' in:" $'\n'"$1"; }
does_not_say() { ! grep -qE -- "$2" <<<"$1" || fail "a line like '$2' in:" $'\n'"$1"; }
is() { [ "$1" = "$2" ] || fail "'$1' is not '$2'"; }

# program NAME: standard input becomes a program that is found first.
program() { mkdir -p "$place/bin" && cat >"$place/bin/$1" && chmod +x "$place/bin/$1"; }
export PATH="$place/bin:$PATH" NUBO_PROGRESS_SECONDS=1

# In a shell of its own, with what ./nubo has: door COMMANDS. Both outputs are printed, then "code N".
door() {
  bash -c 'set -euo pipefail
    root=$1 out=$2/out
    mkdir -p "$out"
    say() { printf "nubo: %s\n" "$*" >&2; }
    source "$3/bazel/door/progress.sh"
    source "$3/bazel/door/packages.sh"
    eval "$(sed -n "/^run_bazel() {/,/^}/p; /^take_lock() {/,/^}/p" "$3/nubo")"
    eval "$4"' door "$place" "$place" "$source_root" "$1" 2>&1 && echo "code 0" || echo "code $?"
}

# Steps and tests done, the time to expect; what went wrong whole, and the exit code.
program bazel <<'SH'
#!/bin/bash
echo "the answer"
{
  echo "Loading: 3 packages loaded"
  sleep 1.1
  echo "[1 / 1,234] Compiling lib/a.cc; 1s linux-sandbox"
  sleep 1.1
  echo "ERROR: lib/a.cc:3:4: expected ';'"
  echo "    int a"
  for i in 1 2 3 4 5 6 7 8 9; do
    echo "[${i}00 / 1,234] $i / 30 tests; Compiling lib/b.cc"
    sleep 1.05
  done
} >&2
exit 3
SH
text=$(door 'run_bazel building build //x')
says "$text" '^the answer$'
says "$text" '^nubo: building: reading the build files, [0-9]+ s$'
says "$text" '^nubo: building: 1 of 1234 steps, [0-9]+ s$'
says "$text" '^nubo: building: [0-9]+00 of 1234 steps, [0-9] of 30 tests, ([0-9]+ min )?[0-9]+ s, about ([0-9]+ min )?[0-9]+ s to go$'
says "$text" "^ERROR: lib/a.cc:3:4: expected ';'\$"
says "$text" '^    int a$'
does_not_say "$text" '^(Loading|\[)'
says "$text" '^code 3$'

# A build that has nothing to do says nothing.
program bazel <<<$'#!/bin/bash\necho "[3 / 3] done" >&2'
is "$(NUBO_PROGRESS_SECONDS=60 door 'run_bazel building build //x')" "code 0"

# Another Bazel is named at once, and as long as it lasts.
program bazel <<'SH'
#!/bin/bash
echo "Another command (pid=4711) is running.  Waiting for it to complete on the server (server_pid=2)..." >&2
sleep 2.2
SH
text=$(door 'run_bazel building build //x')
says "$text" '^nubo: waiting for another Bazel \(process 4711\), [0-9]+ s; it works in the same folder'
[ "$(grep -c '^nubo: waiting for another Bazel' <<<"$text")" -ge 2 ] || fail "another Bazel is named once:" $'\n'"$text"

# Another ./nubo in the same folder.
mkdir -p "$place/out"
(
  exec 9>"$place/out/lock"
  flock 9
  echo 4712 >"$place/out/lock"
  sleep 1.5
) &
sleep 0.3
text=$(door 'take_lock; echo taken')
says "$text" '^nubo: waiting for another \./nubo in this folder, process 4712, [0-9]+ s$'
says "$text" '^taken$'
wait

# A step that says nothing itself.
text=$(door 'during "packing" sleep 1.3; during "breaking" sh -c "echo broken; exit 5"')
says "$text" '^nubo: packing$'
says "$text" '^nubo: packing, [0-9]+ s$'
says "$text" '^broken$'
says "$text" '^code 5$'

# Packages: another package manager holds a lock before, and another one comes first; both are waited for.
mkdir -p "$place/bazel/apt"
echo "libthing-dev # why" >"$place/bazel/apt/up.txt"
program dpkg-query <<<$'#!/bin/bash\nexit 1'
program sudo <<<$'#!/bin/bash\n[ "$1" = -v ] || exec "$@"'
program apt-get <<'SH'
#!/bin/bash
place=$(dirname "$(dirname "$0")")
echo "$*" >>"$place/apt-calls"
case "$*" in
  *update*)
    if [ ! -e "$place/came-first" ]; then
      touch "$place/came-first"
      echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 99 (aptitude)"
      exit 100
    fi
    ;;
  *install*)
    echo "dlstatus:3:12.5:Retrieving file 3 of 24" >&3
    sleep 1.2
    echo "pmstatus:libthing-dev:40.0:Unpacking libthing-dev" >&3
    sleep 1.2
    ;;
esac
SH
(
  exec 9>"$place/dpkg-lock"
  flock 9
  sleep 1.5
) &
sleep 0.3
text=$(door 'apt_locks=("$root/dpkg-lock"); install_packages up')
wait
says "$text" "^nubo: installing what 'up' needs and this machine lacks: libthing-dev\$"
says "$text" '^nubo: waiting for another package manager, '
says "$text" '^nubo: installing packages: downloading, Retrieving file 3 of 24, [0-9]+ s$'
says "$text" '^nubo: installing packages: unpacking and setting up, 40 %, [0-9]+ s$'
says "$text" '^code 0$'
is "$(grep -c update "$place/apt-calls")" 2
[ -e "$place/out/apt-up" ] || fail "no stamp of what was installed"

# The real one never waits for who reads its states; the scripts of packages write to its standard output, and end with an
# error where that cannot be waited for either. Whoever reads is slow.
rm "$place/out/apt-up"
program apt-get <<'SH'
#!/bin/bash
case "$*" in
  *install*)
    fd=$(sed -E 's/.*APT::Status-Fd=([0-9]+).*/\1/' <<<"$*")
    perl -e 'use Fcntl; open(my $states, ">&=", $ARGV[0]) or die; fcntl($states, F_SETFL, O_WRONLY | O_NONBLOCK) or die' "$fd"
    (for i in $(seq 3000); do echo "pmstatus:libthing-dev:40.0:Unpacking libthing-dev, which has a long name, $i" >&"$fd" || exit 0; done) 2>/dev/null
    exec dash -ec 'i=0; while [ $i -lt 3000 ]; do echo "Setting up what has a long name, and so fills the pipe, $i"; i=$((i + 1)); done'
    ;;
esac
SH
text=$(door 'apt_locks=(); install_packages up')
does_not_say "$text" 'installing failed'
says "$text" '^code 0$'
is "$(grep -c '^Setting up' "$place/out/apt.log")" 3000

# What really fails ends it, with its last lines.
rm "$place/out/apt-up"
program apt-get <<<$'#!/bin/bash\necho "E: Unable to locate package libthing-dev"; exit 100'
text=$(door 'apt_locks=(); install_packages up')
says "$text" '^E: Unable to locate package libthing-dev$'
says "$text" '^nubo: installing failed; the whole log is in '
says "$text" '^code 1$'

# The kernel knows who holds a lock.
text=$(door 'exec 8>"$out/held"; flock 8; pid=$(lock_holder "$out/held"); [ "$pid" -gt 0 ] && echo held; lock_holder "$out/apt.log"; echo end')
is "$text" $'held\nend\ncode 0'

# .ci/run sums its parts up; a part that fails without a count is one failure.
mkdir -p "$place/ci/.ci"
cp "$source_root/.ci/run" "$place/ci/.ci/run"
ci() {
  printf '#!/bin/bash\ncase $1 in\n%s\nesac\n' "$1" >"$place/ci/nubo"
  chmod +x "$place/ci/nubo"
  "$place/ci/.ci/run" 2>/dev/null && echo "code 0" || echo "code $?"
}
is "$(ci 'test) echo "5 passed, 0 failed" ;; lint) echo "ok    a"; echo "ok    b" ;; sanitize) echo "3 passed, 0 failed" ;;' | tail -n 2)" \
  $'10 passed, 0 failed\ncode 0'
is "$(ci 'test) echo "5 passed, 2 failed"; exit 1 ;; lint) echo "ok    a"; echo "FAIL  b"; exit 1 ;; sanitize) exit 1 ;;' | tail -n 2)" \
  $'6 passed, 4 failed\ncode 1'

[ "$failures" = 0 ]
