# What ./nubo says while it works: one line on a terminal, written anew each second; elsewhere a line every ten seconds.
# Sourced by ./nubo. Time is bash's SECONDS; standard error is where it is said.

# Off a terminal: seconds between two lines. A test shortens it.
progress_every=${NUBO_PROGRESS_SECONDS:-10}

if [ -t 2 ]; then progress_tick=1; else progress_tick=$progress_every; fi

# "45 s", "3 min 20 s"
duration() {
  if [ "$1" -lt 60 ]; then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

# Says how far something is. On a terminal it takes the place of what was said so before.
progress() {
  if [ -t 2 ]; then printf '\r\033[Knubo: %.*s' "$((${COLUMNS:-80} - 8))" "$1" >&2; else printf 'nubo: %s\n' "$1" >&2; fi
}

# Takes away the line that progress left.
progress_done() { if [ -t 2 ]; then printf '\r\033[K' >&2; fi; }

# tick FD: waits for a line on FD until it is time to speak. Sets `line`. 0: there is one; 1: the end; 2: time to speak.
# What has come of a line by then is kept in `begun_line`, which the caller owns.
tick() {
  local code=0
  IFS= read -r -t "$progress_tick" -u "$1" line || code=$?
  line=$begun_line$line
  begun_line=''
  if [ "$code" -gt 128 ]; then
    begun_line=$line
    return 2
  fi
  [ "$code" = 0 ] || [ -n "$line" ]
}

# What stands in a line that Bazel writes of its progress: sets done_steps, all_steps and done_tests; false for any other line.
read_bazel_line() {
  local plain=${1//$'\r'/}
  if [[ $plain =~ ^\[([0-9,]+)\ /\ ([0-9,]+)\]\ ?(.*)$ ]]; then
    done_steps=${BASH_REMATCH[1]//,/} all_steps=${BASH_REMATCH[2]//,/}
    if [[ ${BASH_REMATCH[3]} =~ ^([0-9]+)\ /\ ([0-9]+)\ tests ]]; then done_tests="${BASH_REMATCH[1]} of ${BASH_REMATCH[2]} tests"; fi
    return 0
  fi
  case "$plain" in
    'Loading:'* | 'Analyzing:'* | *'Starting local Bazel server'* | 'Extracting Bazel'* | '... still trying to connect'*) return 0 ;;
    '    currently loading:'* | '    Fetching '* | 'Building:'*) return 0 ;;
    *'Another command'*'is running'*)
      waits_for=another\ Bazel
      if [[ $plain =~ pid[\ =]+([0-9]+) ]]; then waits_for+=" (process ${BASH_REMATCH[1]})"; fi
      return 0
      ;;
  esac
  return 1
}

# The line that tells how far Bazel is. $1: what it does. Expects the time left to pass as the last minute did: steps that
# come from a cache cost nothing and say nothing of the others.
bazel_state() {
  local text=$1 gone=$((SECONDS - began))
  if [ -n "$waits_for" ]; then
    progress "waiting for $waits_for, $(duration "$gone"); it works in the same folder"
    return
  fi
  if [ "$all_steps" = 0 ]; then
    progress "$1: reading the build files, $(duration "$gone")"
    return
  fi
  text+=": $done_steps of $all_steps steps"
  [ -z "$done_tests" ] || text+=", $done_tests"
  text+=", $(duration "$gone")"
  marks+=("$SECONDS $done_steps")
  while [ "${#marks[@]}" -gt 2 ] && [ "$((SECONDS - ${marks[0]% *}))" -gt 60 ]; do marks=("${marks[@]:1}"); done
  local since=$((SECONDS - ${marks[0]% *})) made=$((done_steps - ${marks[0]#* }))
  if [ "$since" -ge 8 ] && [ "$made" -gt 0 ]; then
    text+=", about $(duration $(((all_steps - done_steps) * since / made))) to go"
  fi
  progress "$text"
}

# Reads what Bazel says on standard input: progress is said as above, anything else whole. $1: what it does.
bazel_progress() {
  local line begun_line='' code began=$SECONDS spoken=$SECONDS done_steps=0 all_steps=0 done_tests='' waits_for='' marks=()
  exec 7<&0
  while true; do
    code=0
    tick 7 || code=$?
    [ "$code" != 1 ] || break
    if [ "$code" = 0 ]; then
      if ! read_bazel_line "$line"; then
        progress_done
        printf '%s\n' "$line" >&2
      elif [[ $line == '['* || $line == Analyzing* || $line == Loading* ]]; then
        waits_for=''
      fi
    fi
    # Another Bazel is told of at once; a build that ends within the first seconds says nothing.
    if [ "$((SECONDS - spoken))" -ge "$progress_tick" ] || { [ -n "$waits_for" ] && [ "$spoken" = "$began" ]; }; then
      bazel_state "$1"
      spoken=$SECONDS
    fi
  done
  exec 7<&-
  progress_done
}

# during TEXT COMMAND...: runs the command, saying TEXT and the time it has taken as long as it lasts. What it prints goes to
# the file $during_log if that is set.
during() {
  local text=$1 code=0 began=$SECONDS teller
  shift
  progress "$text"
  (
    exec 8<> <(:)
    trap 'exit 0' TERM
    while true; do
      read -r -t "$progress_tick" -u 8 || true
      progress "$text, $(duration $((SECONDS - began)))"
    done
  ) 9>&- &
  teller=$!
  if [ -n "${during_log:-}" ]; then "$@" >"$during_log" 2>&1 || code=$?; else "$@" || code=$?; fi
  kill "$teller" 2>/dev/null || true
  wait "$teller" 2>/dev/null || true
  progress_done
  return "$code"
}

# Prints the process that holds the lock of file $1, or nothing: the kernel knows it, whatever took the lock. Where file
# systems lie over each other, as in containers, it knows the file by another device: there, it is who has the file open.
lock_holder() {
  local numbers found
  numbers=$(stat -c '%Hd %Ld %i' "$1" 2>/dev/null) || return 0
  # shellcheck disable=SC2086
  found=$(awk -v place="$(printf '%02x:%02x:%s' $numbers)" -v inode="${numbers##* }" '
    $2 == "->" { next }
    $6 == place { found = $5; exit }
    { split($6, part, ":"); if (part[3] "" == inode "") open = 1 }
    END { if (found) print found; else if (open) print "open" }' /proc/locks)
  if [ "$found" = open ]; then
    found=$(find /proc/[0-9]*/fd -lname "$(readlink -f "$1")" 2>/dev/null | head -n 1 | cut -d / -f 3)
  fi
  [ -z "$found" ] || echo "$found"
}

# "process 123 (apt-get)", of the process that holds the lock of $1.
holder_text() {
  local pid
  pid=$(lock_holder "$1")
  if [ -z "$pid" ] || [ "$pid" -le 0 ]; then echo "another process"; return; fi
  echo "process $pid$(sed 's/.*/ (&)/' "/proc/$pid/comm" 2>/dev/null)"
}

# Sleeps, without a process that would outlive us.
pause() { read -r -t "$1" <> <(:) || true; }
