#!/usr/bin/env bash
# Locks of lib/nubo are those of base/mutex.h: the compiler checks what they guard. What users test with may have others.
#
#   locks.sh ROOT     prints each place with another one, and exits with 1, if there is any
set -euo pipefail
cd "$1"
others='(recursive_|timed_|recursive_timed_|shared_|shared_timed_)?mutex|lock_guard|unique_lock|scoped_lock|shared_lock|condition_variable(_any)?'
found=$(find lib/nubo \( -name '*.h' -o -name '*.cc' \) ! -path lib/nubo/base/mutex.h ! -path 'lib/nubo/testing/*' -print0 | sort -z |
  xargs -0 -r grep -noHE "\bstd::($others)\b" || true)
[ -n "$found" ] || exit 0
sed -E 's/^([^:]*:[0-9]+):(.*)$/\1: \2: the compiler does not check what it guards; take base::Mutex, MutexLock or CondVar (lib\/nubo\/base\/mutex.h)/' <<<"$found"
exit 1
