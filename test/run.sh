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
mariadb mariadb-client
mariadbd mariadb-server
nft nftables
openssl openssl
ping iputils-ping
python3 python3
rsyslogd rsyslog
sqlite3 sqlite3
tcpdump tcpdump
tshark tshark
ulogd ulogd2
unshare util-linux
xmllint libxml2-utils
END
  # What is in no PATH: headers, against which the compiler checks struct layouts, and the rest.
  while read -r files package; do
    # shellcheck disable=SC2086 # a pattern
    ls $files >/dev/null 2>&1 || printf '%s ' "$package"
  done <<'END'
/usr/include/linux/netlink.h libc6-dev
/usr/lib/postgresql/*/bin/postgres postgresql
/usr/lib/*/ulogd/ulogd_output_JSON.so ulogd2-json
/usr/lib/*/ulogd/ulogd_output_MYSQL.so ulogd2-mysql
/usr/lib/*/ulogd/ulogd_output_PGSQL.so ulogd2-pgsql
/usr/lib/*/ulogd/ulogd_output_SQLITE3.so ulogd2-sqlite3
END
}

install_tools() {
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    say "Some tests will be skipped; to run them, as root: apt-get install $missing"
    return 0
  fi
  # shellcheck disable=SC2086 # a list of names
  without_services install_packages $missing
  # The tests start servers of their own, in temporary folders; as services they would only take NFLOG
  # groups, messages and memory of this host. Of knockd they use the client.
  while read -r package service; do
    case " $missing" in
      *" $package "*) ! [ -d /run/systemd/system ] || systemctl disable --quiet --now "$service" ;;
    esac
  done <<'END'
knockd knockd
mariadb-server mariadb
postgresql postgresql
rsyslog rsyslog
ulogd2 ulogd2
END
}

# Packages start their services, also in containers, unless a policy forbids it: invoke-rc.d(8).
policy=/usr/sbin/policy-rc.d
without_services() {
  if [ -e $policy ]; then
    "$@"
    return
  fi
  trap 'rm -f $policy' EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod 755 $policy
  "$@"
  rm -f $policy
  trap - EXIT INT TERM
}

check_node
install_tools
install_dependencies
say 'Building specter and running the tests (npm test)'
exec npm test -- "$@"
