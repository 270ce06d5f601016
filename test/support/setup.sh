# What demo/run.sh and test/run.sh need before they start; sourced by both, in the checkout's folder.
#
# A script that sources it sets `program`, its name in messages. But for packages of the distribution,
# all that it makes is inside this checkout.
# shellcheck shell=sh

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() { printf '\n== %s\n' "$*"; }
# shellcheck disable=SC2154 # set by the script
fail() { printf '%s: %s\n' "$program" "$*" >&2; exit 1; }

check_node() {
  command -v node >/dev/null || fail 'Node.js 20.19 or newer is needed: https://nodejs.org/en/download'
  node -e 'const [a, b] = process.versions.node.split(".").map(Number)
    process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    fail "Node.js 20.19 or newer is needed, this is $(node --version)"
}

# install_packages NAME…: Debian packages, as root.
install_packages() {
  say "Installing $*"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# Also when the lock file has changed since: a pull may have brought other versions.
install_dependencies() {
  installed=node_modules/.package-lock.json
  [ ! -e "$installed" ] || [ -n "$(find package-lock.json -newer "$installed")" ] || return 0
  say 'Installing dependencies into node_modules (npm ci)'
  npm ci --no-audit --no-fund --loglevel=error
}

build_if_needed() {
  [ ! -e dist/cli.js ] || [ -n "$(find src package-lock.json -newer dist/cli.js)" ] || return 0
  say 'Building specter into dist (npm run build)'
  npm run --silent build
}
