#!/bin/sh
# Runs the tests of the driver as an ordinary user, when this is root: then other doors to the kernel are used.
set -eu
if [ "$(id -u)" != 0 ]; then
  echo "already an ordinary user: the tests themselves have covered this"
  exit 0
fi
room=$(mktemp -d /tmp/nubo-unprivileged-XXXXXX)
trap 'rm -rf "$room"' EXIT
chmod 755 "$room"
shim=$1
shift
install -D -m 755 "$shim" "$room/nubo/lib/nubo/drivers/nubo-shim"
for test in "$@"; do
  name=$(basename "$test")
  install -m 755 "$test" "$room/$name"
  echo "$name as nobody:"
  (cd "$room" && env -i PATH=/usr/bin:/bin TEST_SRCDIR="$room" \
    setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "./$name")
done
