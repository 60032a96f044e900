#!/usr/bin/env bash
# A fresh Debian 12 in a folder: does the checkout come up there with one command?
#
#   sudo tests/install/bare_debian.sh                    as root, then on another fresh tree as an ordinary user with sudo
#   sudo tests/install/bare_debian.sh --root --only up   one account, and only as far as a healthy stack
#
# The tree holds what `debootstrap --variant=minbase` gives plus git, sudo and ca-certificates: what somebody needs who
# clones this. Everything else ./nubo must install by itself. How packages are fetched (apt's and npm's settings, name
# servers, certificates) is taken from this machine when the script runs. It is entered with pivot_root, because a
# plain chroot forbids user namespaces. Takes minutes and the network's packages, so it is run by hand.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: bare_debian.sh [OPTION...]
  --root, --user        only as root, or only as an ordinary user; both unless given
  --only build|up       stop after ./nubo build, or after ./nubo up and what is checked of it
  --tree DIR            where the trees are made; a directory in /var/tmp unless given
  --keep                leave the trees; a second run with the same --tree uses the base again
  --disk-cache DIR      a Bazel disk cache to start from (copied), so that not everything is compiled
  --http-address A:P    where the page is served; 127.0.0.1:8080
  --dns-address A:P     where the DNS server answers; 127.0.0.1:10053
  --committed           the last commit; the work tree as it is unless given
TEXT
  exit 2
}

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
repository=$(cd "$here/../.." && pwd)
accounts=(root ada)
work="" keep="" cache="" committed="" entered=""
export NUBO_ONLY="" NUBO_HTTP_ADDRESS=127.0.0.1:8080 NUBO_DNS_ADDRESS=127.0.0.1:10053
while [ $# -gt 0 ]; do
  case "$1" in
    --root) accounts=(root) ;;
    --user) accounts=(ada) ;;
    --only) NUBO_ONLY=${2:-}; shift ;;
    --tree) work=${2:-}; shift ;;
    --keep) keep=1 ;;
    --disk-cache) cache=$(readlink -f "${2:-}"); shift ;;
    --http-address) NUBO_HTTP_ADDRESS=${2:-}; shift ;;
    --dns-address) NUBO_DNS_ADDRESS=${2:-}; shift ;;
    --committed) committed=1 ;;
    *) usage ;;
  esac
  shift || usage
done
case "$NUBO_ONLY" in "" | build | up) ;; *) usage ;; esac
[ "$(id -u)" = 0 ] || { echo "bare_debian: needs root, to make the tree and to enter it; try sudo" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "bare_debian: debootstrap is missing; apt-get install debootstrap" >&2; exit 1; }

[ -n "$work" ] || work=$(mktemp -d /var/tmp/nubo-bare-XXXXXX)
mkdir -p "$work"
work=$(readlink -f "$work")

clean_up() {
  local code=$?
  # Processes and mounts of a tree live in namespaces that end with their process 1; the overlays are ours.
  [ -z "$entered" ] || kill "$entered" 2>/dev/null || true
  [ -z "$entered" ] || wait "$entered" 2>/dev/null || true
  umount -l "$work"/*/root 2>/dev/null || true
  if [ -z "$keep" ]; then rm -rf --one-file-system "$work"; else echo "bare_debian: kept $work" >&2; fi
  exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# step NAME COMMAND...: runs it, its output in a log, and prints how long it took.
step() {
  local name=$1 started=$SECONDS
  shift
  if "$@" >"$work/step.log" 2>&1; then
    printf 'ok    %4d s  %s\n' $((SECONDS - started)) "$name"
  else
    printf 'FAIL  %4d s  %s\n' $((SECONDS - started)) "$name"
    tail -n 40 "$work/step.log"
    exit 1
  fi
}

# The mirror this machine itself uses.
mirror() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -nE -e 's/^URIs: *([^ ]+).*/\1/p' -e 's/^deb +(\[[^]]*\] +)?([^ ]+) .*/\2/p' | head -n 1
}

make_base() {
  [ -e "$work/base/.made" ] && return
  rm -rf "$work/base"
  debootstrap --variant=minbase --include=git,sudo,ca-certificates bookworm "$work/base" "$(mirror)"
  # A bare tree has no hosts file.
  printf '127.0.0.1 localhost\n::1 localhost\n' >"$work/base/etc/hosts"
  copy_settings "$work/base"
  chroot "$work/base" useradd --create-home --shell /bin/bash ada
  echo 'ada ALL=(ALL) NOPASSWD: ALL' >"$work/base/etc/sudoers.d/ada"
  touch "$work/base/.made"
}

# How to reach packages, as on this machine.
copy_settings() {
  local tree=$1 file
  rm -f "$tree/etc/apt/sources.list"
  for file in sources.list sources.list.d preferences.d keyrings trusted.gpg.d auth.conf.d; do
    [ ! -e "/etc/apt/$file" ] || cp -aL "/etc/apt/$file" "$tree/etc/apt/"
  done
  # Hooks call programs that a bare tree lacks.
  for file in /etc/apt/apt.conf.d/*; do
    grep -qE 'Invoke|Install-Pkgs' "$file" || cp -L "$file" "$tree/etc/apt/apt.conf.d/"
  done
  echo 'APT::Keep-Downloaded-Packages "true";' >"$tree/etc/apt/apt.conf.d/90keep"
  cp -L /etc/resolv.conf "$tree/etc/resolv.conf"
  mkdir -p "$tree/usr/local/share/ca-certificates"
  cp -aL /usr/local/share/ca-certificates/. "$tree/usr/local/share/ca-certificates/" 2>/dev/null || true
  chroot "$tree" update-ca-certificates
  if command -v npm >/dev/null; then
    { echo "registry=$(npm config get registry)"; [ ! -e ~/.npmrc ] || cat ~/.npmrc; } >"$tree/etc/skel/.npmrc"
    echo "cafile=/etc/ssl/certs/ca-certificates.crt" >>"$tree/etc/skel/.npmrc"
    cp "$tree/etc/skel/.npmrc" "$tree/root/.npmrc"
  fi
}

# What is tested, as one file that any account may clone from.
bundle() {
  local commit
  commit=$(git -C "$repository" rev-parse HEAD)
  if [ -z "$committed" ]; then
    # The work tree as it is, as a commit that no branch of the repository knows.
    commit=$(
      export GIT_INDEX_FILE="$work/index"
      cp "$(git -C "$repository" rev-parse --absolute-git-dir)/index" "$GIT_INDEX_FILE"
      cd "$repository" && git add -A && tree=$(git write-tree) &&
        git -c user.name=nubo -c user.email=nubo@localhost commit-tree -p HEAD -m "work tree" "$tree"
    )
  fi
  rm -rf "$work/clone"
  git clone --quiet --no-local --no-checkout "$repository" "$work/clone"
  git -C "$work/clone" fetch --quiet "$repository/.git" "$commit" ||
    git -C "$repository" pack-objects --revs --stdout <<<"$commit" | git -C "$work/clone" unpack-objects -q
  git -C "$work/clone" update-ref refs/heads/main "$commit"
  git -C "$work/clone" symbolic-ref HEAD refs/heads/main
  git -C "$work/clone" bundle create "$work/nubo.bundle" main
}

# Runs bare_debian_inside.sh as process 1 of a tree of its own.
enter() {
  local account=$1 tree="$work/$1"
  umount -l "$tree/root" 2>/dev/null || true
  rm -rf "$tree"
  mkdir -p "$tree/upper" "$tree/work" "$tree/root" "$work/debs/partial"
  mount -t overlay overlay -o "lowerdir=$work/base,upperdir=$tree/upper,workdir=$tree/work" "$tree/root"
  cp "$here/bare_debian_inside.sh" "$work/nubo.bundle" "$tree/root/srv/"
  if [ -n "$cache" ]; then cp -a "$cache" "$tree/root/srv/disk-cache"; fi
  # In the background, so that a signal is heard at once.
  unshare --mount --pid --fork --kill-child --uts --ipc --propagation private bash -euc '
    tree=$1 debs=$2 account=$3
    hostname bare
    cd "$tree"
    mount -t proc proc proc
    mount -t sysfs sys sys
    mount -t tmpfs -o mode=755 dev dev
    mkdir dev/pts dev/shm
    mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
    mount -t tmpfs shm dev/shm
    for node in null zero full random urandom tty; do touch "dev/$node"; mount --bind "/dev/$node" "dev/$node"; done
    ln -s pts/ptmx dev/ptmx
    ln -s /proc/self/fd dev/fd
    ln -s /proc/self/fd/0 dev/stdin
    ln -s /proc/self/fd/1 dev/stdout
    ln -s /proc/self/fd/2 dev/stderr
    mount --bind "$debs" var/cache/apt/archives
    mkdir -p old
    pivot_root . old
    cd /
    umount -l /old
    exec env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
      NUBO_ONLY="$NUBO_ONLY" NUBO_HTTP_ADDRESS="$NUBO_HTTP_ADDRESS" NUBO_DNS_ADDRESS="$NUBO_DNS_ADDRESS" \
      bash /srv/bare_debian_inside.sh "$account"
  ' enter "$tree/root" "$work/debs" "$account" &
  entered=$!
  wait "$entered"
  entered=""
  umount -l "$tree/root"
}

step "bare Debian 12 tree" make_base
step "bundle of the repository" bundle
for account in "${accounts[@]}"; do
  printf -- '-- as %s\n' "$account"
  enter "$account"
done
echo "bare_debian: all steps passed"
