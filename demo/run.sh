#!/bin/sh
# Shows specter at work in network namespaces of its own: ./demo/run.sh
#
# Sets up what is missing (as root: nftables, iproute2 and ping from the distribution; then specter's
# own dependencies and its build, both inside this checkout) and starts demo.ts. Works as root, and for
# other users where the system lets them make user namespaces. The host's firewall is never touched.
set -eu

cd "$(dirname "$0")/.."
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }

install_tools() {
  missing=
  command -v nft >/dev/null || missing="$missing nftables"
  command -v ip >/dev/null || missing="$missing iproute2"
  command -v ping >/dev/null || missing="$missing iputils-ping"
  command -v unshare >/dev/null || missing="$missing util-linux"
  [ -n "$missing" ] || return 0
  [ "$(id -u)" -eq 0 ] || fail "needs as root: apt-get install$missing"
  command -v apt-get >/dev/null || fail "install these packages first:$missing"
  say "Installing$missing"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # shellcheck disable=SC2086 # a list of names
  apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

check_node() {
  command -v node >/dev/null || fail 'Node.js 20.19 or newer is needed: https://nodejs.org/en/download'
  node -e 'const [a, b] = process.versions.node.split(".").map(Number)
    process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    fail "Node.js 20.19 or newer is needed, this is $(node --version)"
}

build_specter() {
  if [ ! -e node_modules/.package-lock.json ]; then
    say 'Installing dependencies into node_modules (npm ci)'
    npm ci --no-audit --no-fund --loglevel=error
  fi
  if [ ! -e dist ] || [ -n "$(find src -newer dist -name '*.ts')" ]; then
    say 'Building specter into dist (npm run build)'
    npm run --silent build
    touch dist
  fi
}

check_namespaces() {
  if [ "$(id -u)" -eq 0 ]; then
    unshare --net true 2>/dev/null ||
      fail 'this root may not make network namespaces; in a container, it needs CAP_SYS_ADMIN'
  else
    unshare --user --map-root-user --net true 2>/dev/null ||
      fail 'this system does not let ordinary users make namespaces: run it as root
(Debian: sysctl kernel.unprivileged_userns_clone; Ubuntu: kernel.apparmor_restrict_unprivileged_userns)'
  fi
}

install_tools
check_node
build_specter
check_namespaces
exec node --import tsx demo/demo.ts
