#!/usr/bin/env bash
# docs/first-steps.md, as its reader would do it: every block of commands, one after the other, on the real stack.
#
# A block after `<!-- meanwhile -->` runs beside the later ones, and may print nothing but 200s; one after `<!-- not run -->`
# is left out. Own state and own ports stand in for the defaults.
set -euo pipefail
: "${NUBO_ROOT:?names the checkout; run this test by: ./nubo test}"
work=$(mktemp -d /tmp/nubo-first-steps-XXXXXX)
meanwhile=""

end() {
  local code=$?
  [ -z "$meanwhile" ] || kill "$meanwhile" 2>/dev/null || true
  [ "$code" = 0 ] || { cat "$work/output" "$work/meanwhile"; ./nubo events | tail -n 20; } 2>/dev/null || true
  ./nubo down --data >/dev/null 2>&1 || true
  cd /
  rm -rf "$work"
  exit "$code"
}

# Two ports that nobody listens on, below those that the kernel gives out by itself.
free_port() {
  local port
  for _ in $(seq 100); do
    port=$((20000 + RANDOM % 10000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
  done
  return 1
}

http=$(free_port) dns=$(free_port)
export NUBO_STATE="$work/state" NUBO_DEFAULT_TEMPLATE="$NUBO_ROOT/examples/todo/template.yaml"
export NUBO_DEFAULT_IMAGES="$NUBO_ROOT/.nubo/images" NUBO_SHIM="$PWD/lib/nubo/drivers/nubo-shim"
cat >"$work/nubo" <<NUBO
#!/bin/sh
if [ "\$1" = up ]; then set -- "\$@" --http-address 127.0.0.1:$http --dns-address 127.0.0.1:$dns; fi
exec "$PWD/lib/nubo/cli/nubo" "\$@"
NUBO
chmod +x "$work/nubo"
cd "$work"
trap end EXIT

# Each block becomes a file: block-NN.run or block-NN.meanwhile.
sed "s/:8080/:$http/g" "$NUBO_ROOT/docs/first-steps.md" | awk '
  /^<!-- meanwhile -->/ { kind = "meanwhile" }
  /^<!-- not run -->/ { kind = "left-out" }
  /^```/ { if (inside) { inside = 0; kind = ""; next } if ($0 == "```sh") { inside = 1; file = sprintf("block-%02d.%s", ++n, kind == "" ? "run" : kind); next } }
  inside { print > file }'

ran=0
: >meanwhile
for block in block-*; do
  case "$block" in
    *.meanwhile)
      bash "$block" >meanwhile 2>&1 &
      meanwhile=$!
      ;;
    *.run)
      echo "-- $(cat "$block")" >>output
      bash -euo pipefail "$block" >>output 2>&1 || { echo "$block of docs/first-steps.md failed"; exit 1; }
      ran=$((ran + 1))
      # The page goes down with the last block; until then it must have answered every time.
      if grep -q 'nubo down' "$block"; then break; fi
      if grep -vqE '^200 i-[0-9a-f]+$' meanwhile; then echo "a request failed after $block"; exit 1; fi
      ;;
  esac
done
[ "$ran" -ge 5 ]
grep -q 'killed by signal 9' output || { echo "the events do not tell that an instance was killed"; exit 1; }
grep -q '"token"' output || { echo "signing up gave no token"; exit 1; }
echo "$ran blocks of docs/first-steps.md did what it says"
