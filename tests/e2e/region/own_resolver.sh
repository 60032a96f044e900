#!/usr/bin/env bash
# Runs the todo architecture and the page's checks in a network of their own, whose only resolver is the region's.
#   own_resolver.sh STATE-DIRECTORY todo_page.mjs
set -euo pipefail
state=$1 page=$2
nubo="$NUBO_ROOT/bazel-bin/lib/nubo/cli/nubo"

case "${NUBO_STAGE:-}" in
  "")
    # As root a network and its mounts are enough; an ordinary user needs a user namespace to make them in.
    if [ "$(id -u)" = 0 ]; then flags=(-n -m); else flags=(-U -r -n -m); fi
    NUBO_STAGE=inside NUBO_UID=$(id -u) NUBO_GID=$(id -g) exec unshare "${flags[@]}" "$0" "$@"
    ;;
  inside)
    ip link set lo up
    echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
    resolv=$(mktemp)
    echo "nameserver 127.0.0.1" >"$resolv"
    mount --bind "$resolv" "$(readlink -f /etc/resolv.conf)"
    rm -f "$resolv"
    export NUBO_STAGE=ready
    # Back to who one was: instances never run as root, not even as that of a namespace.
    if [ "$NUBO_UID" != 0 ]; then exec unshare -U --map-user="$NUBO_UID" --map-group="$NUBO_GID" "$0" "$@"; fi
    exec "$0" "$@"
    ;;
esac

export NUBO_SHIM="$NUBO_ROOT/bazel-bin/lib/nubo/drivers/nubo-shim" NUBO_DEFAULT_IMAGES="$NUBO_ROOT/.nubo/images"
trap '"$nubo" down --data --state "$state" >/dev/null || true' EXIT
"$nubo" up "$NUBO_ROOT/examples/todo/template.yaml" --name todo --param DomainName=todo.example --state "$state" \
  --dns-address 127.0.0.1:53 --http-address 127.0.0.1:8080 | tail -n 8
node "$page" http://app.todo.example/
"$nubo" logs dns --state "$state" | grep -i 'app\.todo\.example'
