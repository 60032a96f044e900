#!/usr/bin/env bash
# Asks for names inside an instance, by its own libc, in a network of its own where a name server is that is not the region's.
#
#   names.sh resolver    the region may listen on port 53
#   names.sh taken       somebody else has that port, of every address
#   names.sh user        the region is an ordinary user's, whose port 53 is not
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")

if [ "${NUBO_STAGE:-}" = "" ]; then
  if [ "$(id -u)" = 0 ]; then flags=(-n -m); else flags=(-U -r -n -m); fi
  NUBO_STAGE=inside NUBO_UID=$(id -u) NUBO_GID=$(id -g) exec unshare "${flags[@]}" "$0" "$@"
fi

way=$1
room=$(mktemp -d /tmp/nubo-names-XXXXXX)
cleanup() {
  [ -z "${upstream:-}" ] || kill "$upstream" || true
  rm -rf "$room"
}
trap cleanup EXIT
chmod 755 "$room"
for file in lib/nubo/cli/nubo lib/nubo/drivers/nubo-shim; do install -m 755 -t "$room" "$NUBO_ROOT/bazel-bin/$file"; done
install -m 644 -t "$room" "$here/names.yaml" "$here/names_inside.mjs"
install -d "$room/images/plain/bin"

ip link set lo up
# Port 53 is root's, unless it is said otherwise.
first=1024
[ "$way" = user ] || [ "$NUBO_UID" = 0 ] || first=0
echo "$first" >/proc/sys/net/ipv4/ip_unprivileged_port_start
address=127.0.0.1
[ "$way" != taken ] || address=0.0.0.0
coproc serve { exec node "$room/names_inside.mjs" serve "$address"; }
upstream=$serve_PID
read -r ready <&"${serve[0]}"
[ "$ready" = ready ]
printf 'search corp.example\nnameserver 127.0.0.1\n' >"$room/resolv.conf"
mount --bind "$room/resolv.conf" "$(readlink -f /etc/resolv.conf)"

# Who the region is. Instances never run as root, not even as that of a namespace.
as=()
if [ "$NUBO_UID" != 0 ]; then
  as=(unshare -U --map-user="$NUBO_UID" --map-group="$NUBO_GID")
elif [ "$way" = user ]; then
  as=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all)
  install -d -o 65534 -g 65534 "$room/own"
fi
mkdir -p "$room/own"
cd "$room"
NUBO_SHIM="$room/nubo-shim" NUBO_DEFAULT_IMAGES="$room/images" HOME="$room/own" \
  "${as[@]}" node "$room/names_inside.mjs" check "$room" "$way"
