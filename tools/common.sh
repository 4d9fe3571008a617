# shellcheck shell=bash
# What tools/quickstart and tools/test share. To be sourced.

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$repo" || exit
me=tools/$(basename "$0")
export LAB_DIR=${LAB_DIR:-$repo/.lab}
SECONDS=0

say() { printf '[%2d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }

fail() {
  printf '%s: %s\n' "$me" "$*" >&2
  exit 1
}

# Installs Debian packages, as root; says what is missing otherwise.
install_debian() {
  if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    fail "missing: $*; install it (Debian: apt-get install $*), or run this as root"
  fi
  say "installing $*"
  local log
  log=$(mktemp)
  if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } \
    > "$log" 2>&1; then
    cat "$log" >&2
    fail "apt-get could not install $*"
  fi
  rm -f "$log"
}

# cargo, new enough, and a C compiler (ring, SQLite and mimalloc are C).
need_toolchain() {
  local wanted found
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  if ! command -v cargo > /dev/null && [ -x "$HOME/.cargo/bin/cargo" ]; then
    PATH=$HOME/.cargo/bin:$PATH
  fi
  if ! command -v cargo > /dev/null; then
    cat >&2 << TEXT
$me: needs Rust $wanted or newer, and finds no cargo. To get it:

  apt-get install -y curl ca-certificates
  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y
  . "\$HOME/.cargo/env"

and run $me again.
TEXT
    exit 1
  fi
  found=$(cargo --version | cut -d' ' -f2)
  if [ "$(printf '%s\n' "$wanted" "$found" | sort -V | head -n 1)" != "$wanted" ]; then
    fail "needs Rust $wanted or newer, and cargo is $found: rustup update stable"
  fi
  command -v cc > /dev/null || install_debian gcc libc6-dev
  command -v python3 > /dev/null || install_debian python3
}

# Ports for a lab that has none yet: the first range that is free, so that two checkouts do not meet.
choose_ports() {
  if [ -n "${LAB_PORT_BASE:-}" ] || [ -f "$LAB_DIR/port-base.json" ]; then return; fi
  local base port
  for base in 21000 23000 25000 27000 29000; do
    for port in $(seq "$base" $((base + 29))); do
      if (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then continue 2; fi
    done
    [ "$base" = 21000 ] || say "the usual ports are taken; the lab gets those from $base on"
    export LAB_PORT_BASE=$base
    return
  done
  fail "no free range of ports between 21000 and 29030: set LAB_PORT_BASE"
}

# Runs a command with its output in a log, and says every few seconds what it is at. Its pid, which is also its process
# group, is in `child` meanwhile.
child=
quietly() { # log command…
  local log=$1 last=$SECONDS status=0
  shift
  mkdir -p "$(dirname "$log")"
  set -m
  "$@" > "$log" 2>&1 < /dev/null &
  child=$!
  set +m
  while kill -0 "$child" 2> /dev/null; do
    sleep 0.2
    if [ $((SECONDS - last)) -ge 10 ]; then
      last=$SECONDS
      say "    … $(tail -n 1 "$log" | tr '\r\t' '\n ' | tail -n 1 | cut -c 1-100)"
    fi
  done
  wait "$child" || status=$?
  child=
  return "$status"
}

end_child() {
  [ -n "$child" ] || return 0
  kill -TERM -- "-$child" 2> /dev/null || true
  wait "$child" 2> /dev/null || true
  child=
}
