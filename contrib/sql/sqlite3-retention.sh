#!/bin/sh
# Deletes packets and flows that are older than some days, and gives their room back to the disk:
#
#   sqlite3-retention.sh FILE DAYS
#
# For cron or a systemd timer, as a user that may write to the file. It works in small steps, so that
# specter, which waits for at most two seconds before it queues, goes on storing meanwhile.
set -eu

file=${1:?usage: $0 FILE DAYS}
days=${2:?usage: $0 FILE DAYS}
case $days in *[!0-9]* | '' | 0)
  echo "$0: DAYS is a number of days, 1 or more, not $days" >&2
  exit 2
  ;;
esac
# sqlite3 would make an empty one.
if ! [ -f "$file" ]; then
  echo "$0: $file: no such file" >&2
  exit 1
fi

sql() {
  sqlite3 -batch -bail -cmd '.timeout 10000' "$file" "$1"
}

# Table, column of its time.
delete_old() {
  deleted=1
  while [ "$deleted" -gt 0 ]; do
    deleted=$(sql "DELETE FROM $1 WHERE rowid IN (
        SELECT rowid FROM $1 WHERE $2 < datetime('now', '-$days days') LIMIT 20000);
      SELECT changes();")
  done
}

delete_old packet oob_time
delete_old flow flow_end
free=$(sql 'PRAGMA freelist_count')
before=$((free + 1))
# A database that was made without auto_vacuum keeps free pages, and uses them again.
while [ "$free" -gt 0 ] && [ "$free" -lt "$before" ]; do
  before=$free
  sql 'PRAGMA incremental_vacuum(5000)' >/dev/null
  free=$(sql 'PRAGMA freelist_count')
done
