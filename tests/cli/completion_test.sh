#!/usr/bin/env bash
# Completion as bash does it, and the manual page as man shows it.
set -euo pipefail
nubo=$PWD/lib/nubo/cli/nubo
export NUBO_STATE=${TEST_TMPDIR:-/tmp}/no-region HOME=${HOME:-/tmp}
failures=0

"$nubo" completion bash >"$TEST_TMPDIR/completion.bash"
# The words that bash would offer for a line whose last word is being typed.
offered() {
  bash -c '
    nubo() { "'"$nubo"'" "$@"; }
    source "$1"; shift
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
    spec=$(complete -p nubo); spec=${spec#*-F }; "${spec%% *}" nubo "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
    printf "%s\n" "${COMPREPLY[@]}"' - "$TEST_TMPDIR/completion.bash" "$@" | sed 's/ *$//'
}
expect() {
  local word=$1
  shift
  if ! offered "$@" | grep -qx -- "$word"; then
    echo "'$*' does not offer $word but: $(offered "$@" | tr '\n' ' ')"
    failures=$((failures + 1))
  fi
}
expect status nubo st
expect set-desired nubo set
expect instances nubo get inst
expect --wait nubo terminate --w
expect json nubo get instances -o j
expect zsh nubo completion z

# A line that cannot be parsed or shown is one that groff complains about.
if command -v groff >/dev/null; then
  complaints=$("$nubo" help --man | groff -man -Tutf8 -ww -z 2>&1 | head -5)
  [ -z "$complaints" ] || { echo "the manual page: $complaints"; failures=$((failures + 1)); }
fi

# An unknown shell or verb is wrong input.
code=0
"$nubo" completion csh 2>/dev/null || code=$?
[ "$code" = 2 ] || { echo "completion csh ends with $code, not 2"; failures=$((failures + 1)); }
exit "$((failures > 0))"
