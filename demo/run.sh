#!/bin/sh
# Shows specter at work in network namespaces of its own: ./demo/run.sh
#
# Sets up what is missing (as root: nftables, iproute2 and ping from the distribution; then specter's
# own dependencies and its build, both inside this checkout) and starts demo.ts. Works as root, and for
# other users where the system lets them make user namespaces. The host's firewall is never touched.
set -eu

cd "$(dirname "$0")/.."
program=demo
. test/support/setup.sh

install_tools() {
  missing=
  command -v nft >/dev/null || missing="$missing nftables"
  command -v ip >/dev/null || missing="$missing iproute2"
  command -v ping >/dev/null || missing="$missing iputils-ping"
  command -v unshare >/dev/null || missing="$missing util-linux"
  [ -n "$missing" ] || return 0
  [ "$(id -u)" -eq 0 ] || fail "needs as root: apt-get install$missing"
  command -v apt-get >/dev/null || fail "install these packages first:$missing"
  # shellcheck disable=SC2086 # a list of names
  install_packages $missing
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

check_node
install_tools
install_dependencies
build_if_needed
check_namespaces
exec node --import tsx demo/demo.ts
