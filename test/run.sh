#!/bin/sh
# Runs all tests, or those named: ./test/run.sh [test/unit …]
#
# Sets up what is missing. As root on Debian: the commands that the tests use, from the distribution;
# for everybody: specter's own dependencies and its build, both inside this checkout. Tests of the
# kernel run in network namespaces that they make; where a user may not make any they are skipped,
# and the report says why. The host's firewall is never touched.
set -eu

cd "$(dirname "$0")/.."
program=test
. test/support/setup.sh

missing_packages() {
  while read -r tool package; do
    command -v "$tool" >/dev/null || printf '%s ' "$package"
  done <<'END'
cc gcc
ip iproute2
jq jq
knock knockd
logrotate logrotate
nft nftables
ping iputils-ping
python3 python3
rsyslogd rsyslog
tcpdump tcpdump
tshark tshark
ulogd ulogd2
unshare util-linux
xmllint libxml2-utils
END
  # The compiler checks struct layouts against the system's headers.
  [ -e /usr/include/linux/netlink.h ] || printf 'libc6-dev '
}

install_tools() {
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    say "Some tests will be skipped; to run them, as root: apt-get install $missing"
    return 0
  fi
  # shellcheck disable=SC2086 # a list of names
  install_packages $missing
  # The tests start ulogd and rsyslogd themselves; as services they would only take NFLOG groups and
  # messages of this host. Of knockd they use the client.
  for service in ulogd2 knockd rsyslog; do
    case $missing in
      *$service*) ! [ -d /run/systemd/system ] || systemctl disable --quiet --now $service ;;
    esac
  done
}

check_node
install_tools
install_dependencies
say 'Building specter and running the tests (npm test)'
exec npm test -- "$@"
