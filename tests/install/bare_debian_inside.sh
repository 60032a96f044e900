#!/usr/bin/env bash
# Process 1 of a bare tree: clones, brings the stack up, uses it, takes it down, runs the tests. See bare_debian.sh.
#
#   bare_debian_inside.sh ACCOUNT
#
# bash, as process 1, reaps what is orphaned.
set -euo pipefail
account=$1
home=$(getent passwd "$account" | cut -d: -f6)
log=/srv/step.log
url="http://app.todo.localhost:${NUBO_HTTP_ADDRESS##*:}"

as_account() {
  if [ "$account" = root ]; then (cd "$home" && HOME="$home" "$@"); else sudo -H -u "$account" -- sh -c 'cd && exec "$@"' sh "$@"; fi
}

step() {
  local name=$1 started=$SECONDS
  shift
  if "$@" >"$log" 2>&1; then
    printf 'ok    %4d s  %s\n' $((SECONDS - started)) "$name"
  else
    printf 'FAIL  %4d s  %s\n' $((SECONDS - started)) "$name"
    tail -n 60 "$log"
    exit 1
  fi
}

clone() {
  if [ -d /srv/disk-cache ]; then
    as_account mkdir -p "$home/.cache/nubo"
    mv /srv/disk-cache "$home/.cache/nubo/bazel"
    chown -R "$account:" "$home/.cache"
  fi
  as_account git clone --quiet --branch main /srv/nubo.bundle "$home/nubo"
}

fetch_page() { curl -fsS --max-time 10 "$url/" | grep -i '<div id="root"'; }

sign_up() {
  local answer token todo
  answer=$(curl -fsS --max-time 20 -H 'Content-Type: application/json' \
    -d '{"username": "ada", "password": "correct horse battery"}' "$url/auth/signup")
  token=$(sed -E 's/.*"token": *"([^"]+)".*/\1/' <<<"$answer")
  todo=$(curl -fsS --max-time 20 -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
    -d '{"title": "buy milk"}' "$url/todo")
  grep 'buy milk' <<<"$todo"
  curl -fsS --max-time 20 -H "Authorization: Bearer $token" "$url/todo" | grep 'buy milk'
}

no_trace() {
  # A moment for what is being waited for by its parent.
  for _ in $(seq 50); do
    pgrep -f 'nubo-shim|mariadbd|todo-(front|back)end|bin/.*/nubo (serve|proxy|dns)' >/dev/null || return 0
    sleep 0.1
  done
  ps -ef
  return 1
}

step "clone" clone
[ "$NUBO_ONLY" != build ] || { step "./nubo build" as_account ./nubo/nubo build; exit 0; }
step "./nubo up" as_account ./nubo/nubo up --http-address "$NUBO_HTTP_ADDRESS" --dns-address "$NUBO_DNS_ADDRESS"
# Only now: ./nubo must not rely on it.
command -v curl >/dev/null || step "curl, to look at it" apt-get install -y -qq --no-install-recommends curl
command -v pgrep >/dev/null || step "pgrep, to look at it" apt-get install -y -qq --no-install-recommends procps
step "the page" fetch_page
step "sign up, add a todo, list it" sign_up
step "./nubo up again" as_account ./nubo/nubo up
step "./nubo get instances" as_account ./nubo/nubo get instances
step "./nubo down" as_account ./nubo/nubo down
step "nothing is left running" no_trace
[ "$NUBO_ONLY" != up ] || exit 0
step "./nubo test" as_account ./nubo/nubo test
tail -n 1 "$log"
