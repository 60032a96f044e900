# How ./nubo installs Debian packages. Sourced by ./nubo, after progress.sh; `root`, `out` and `say` are its.

apt_locks=(/var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock)

# Waits while another package manager is at work, and says who.
wait_for_packages() {
  local file began=$SECONDS
  while true; do
    for file in "${apt_locks[@]}"; do
      [ -z "$(lock_holder "$file")" ] || {
        progress "waiting for another package manager, $(holder_text "$file"), $(duration $((SECONDS - began)))"
        pause "$progress_tick"
        continue 2
      }
    done
    break
  done
  progress_done
}

# apt_get TEXT ARGUMENT...: apt-get, saying how far it is; again, a few times, if another package manager came first. Its
# log is $out/apt.log.
apt_get() {
  local text=$1 sudo=() code tries=5
  shift
  if [ "$(id -u)" != 0 ]; then
    sudo=(sudo)
    # Asks for a password now, and not among lines of progress.
    sudo -v
  fi
  while true; do
    wait_for_packages
    code=0
    # File descriptor 3 says "dlstatus:…:12.5:Retrieving file 3 of 24" and "pmstatus:…:40.0:Unpacking …". It is a pipe of its
    # own: apt-get never waits for it, and what shares it, as a package's script would, fails when it is full. It is
    # made within sudo, which hands none on.
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 bash -o pipefail -c \
      '{ apt-get -y -qq -o DPkg::Lock::Timeout=600 -o APT::Status-Fd=3 -o Dpkg::Use-Pty=0 "$@" 3>&1 >&4 2>&4 4>&- | sed -u ""; } 4>&1' \
      apt-get "$@" 2>&1 9>&- | package_progress "$text" || code=$?
    [ "$code" != 0 ] || return 0
    tries=$((tries - 1))
    if [ "$tries" = 0 ] || ! grep -q 'Could not get lock' "$out/apt.log"; then return "$code"; fi
    pause "$progress_tick"
  done
}

# Reads what apt-get prints: states are said, all of it goes to the log. $1: what it does.
package_progress() {
  local line begun_line='' code state='' began=$SECONDS spoken=0
  exec 7<&0
  : >"$out/apt.log"
  while true; do
    code=0
    tick 7 || code=$?
    [ "$code" != 1 ] || break
    if [ "$code" = 0 ]; then
      printf '%s\n' "$line" >>"$out/apt.log"
      case "$line" in
        dlstatus:*) state="downloading, ${line##*:}" ;;
        pmstatus:*)
          state=${line#pmstatus:*:}
          state="unpacking and setting up, ${state%%.*} %"
          ;;
      esac
    fi
    if [ "$((SECONDS - spoken))" -ge "$progress_tick" ]; then
      progress "$1${state:+: $state}, $(duration $((SECONDS - began)))"
      spoken=$SECONDS
    fi
  done
  exec 7<&-
  progress_done
}

# Installs the packages of bazel/apt/$1.txt that this machine lacks. A stamp spares asking dpkg every time.
install_packages() {
  local list="$root/bazel/apt/$1.txt" stamp="$out/apt-$1" missing
  [ "$stamp" -nt "$list" ] && [ "$stamp" -nt /var/lib/dpkg/status ] && return
  # nodejs of another vendor brings npm along and would conflict with Debian's.
  missing=$(sed -e 's/#.*//' -e '/^ *$/d' "$list" | while read -r package; do
    case "$package" in nodejs) command -v node >/dev/null && continue ;; npm) command -v npm >/dev/null && continue ;; esac
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done)
  if [ -n "$missing" ]; then
    # shellcheck disable=SC2086
    say "installing what '$1' needs and this machine lacks:" $missing
    # shellcheck disable=SC2086
    apt_get "reading the lists of packages" update && apt_get "installing packages" install --no-install-recommends $missing || {
      grep -vE '^(dl|pm)status:' "$out/apt.log" | tail -n 5 >&2
      say "installing failed; the whole log is in $out/apt.log"
      exit 1
    }
  fi
  touch "$stamp"
}
