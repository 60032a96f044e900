#!/usr/bin/env bash
# docs/first-steps.md, as its reader would do it: every block of commands, one after the other, on the real region, with the
# variables of the blocks before. What the page promises is marked, for who reads its source, before a block:
#
#   <!-- prints: REGEX -->    a line of its output matches
#   <!-- exits: STATUS -->    its last command ends so
#   <!-- meanwhile -->        runs beside the later ones and may print nothing but 200s, until <!-- meanwhile ends -->
#   <!-- not run -->          is left out
#
# Own state and own ports stand in for the defaults.
set -euo pipefail
: "${NUBO_ROOT:?names the checkout; run this test by: ./nubo test}"
work=$(mktemp -d /tmp/nubo-first-steps-XXXXXX)
meanwhile="" loop_output=/dev/null

end() {
  local code=$?
  [ -z "$meanwhile" ] || kill "$meanwhile" 2>/dev/null || true
  [ "$code" = 0 ] || { tail -n 60 "$work/output"; tail -n 3 "$loop_output"; ./nubo events | tail -n 20; } 2>/dev/null || true
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
ln -s "$NUBO_ROOT/examples" examples
trap end EXIT

# Each block becomes a file, block-NN.KIND, and what it is to print block-NN.prints. The port of the shared listener is
# replaced, that of the instances is their own.
sed -E "s/(localhost|\\\$name):8080/\\1:$http/g" "$NUBO_ROOT/docs/first-steps.md" | awk '
  function file(kind) { return sprintf("block-%02d.%s", n, kind) }
  /^<!-- meanwhile -->/ { kind = "meanwhile" }
  /^<!-- exits: / { kind = "exits-" $3 }
  /^<!-- not run -->/ { kind = "left-out" }
  /^<!-- meanwhile ends -->/ { ++n; print > file("end") }
  /^<!-- prints: / { prints = $0; sub(/^<!-- prints: /, "", prints); sub(/ -->$/, "", prints) }
  /^```/ {
    if (inside) { inside = 0; kind = "run"; prints = ""; next }
    if ($0 == "```sh") {
      inside = 1; ++n
      if (kind == "") kind = "run"
      if (prints != "") print prints > file("prints")
      next
    }
  }
  inside { print > file(kind) }'

# Ends with the status of the block's last command; what it sets is there for the next one.
run_block() {
  bash -euo pipefail -c '
    [ ! -e variables ] || . ./variables
    trap "declare -p ip name pid >variables 2>/dev/null || true" EXIT
    . "./$1"' bash "$1"
}

stop_meanwhile() {
  [ -n "$meanwhile" ] || return 0
  kill "$meanwhile" 2>/dev/null || true
  wait "$meanwhile" 2>/dev/null || true
  # A request of its own may still be under way; nobody looks at what it prints.
  meanwhile="" loop_output=/dev/null
}

check_meanwhile() {
  if grep -vE '^200 i-[0-9a-f]+$' "$loop_output"; then
    echo "a request failed after $1: $(cat "$1")"
    exit 1
  fi
}

ran=0
for block in block-*; do
  case "$block" in
    *.meanwhile)
      loop_output=$work/$block.output
      bash "$block" >"$loop_output" 2>&1 &
      meanwhile=$!
      ;;
    *.end)
      [ -s "$loop_output" ] || { echo "the loop that ends with $block printed nothing"; exit 1; }
      check_meanwhile "$block"
      stop_meanwhile
      ;;
    *.run | *.exits-*)
      echo "-- $(cat "$block")" >>output
      code=0
      run_block "$block" >block-output 2>&1 || code=$?
      cat block-output >>output
      ran=$((ran + 1))
      expected=0
      [ "${block%%exits-*}" = "$block" ] || expected=${block##*exits-}
      if [ "$code" != "$expected" ]; then
        echo "$block of docs/first-steps.md ended with $code, not $expected: $(cat "$block" block-output)"
        exit 1
      fi
      prints=${block%.*}.prints
      if [ -e "$prints" ] && ! grep -qE -f "$prints" block-output; then
        echo "$block of docs/first-steps.md does not print $(cat "$prints"): $(cat "$block" block-output)"
        exit 1
      fi
      check_meanwhile "$block"
      ;;
  esac
done
[ "$ran" -ge 25 ]
echo "$ran blocks of docs/first-steps.md did what it says"
