-- Tables of specter for SQLite 3.37 or later. The plugin SQLITE3 makes them itself in a database
-- that has no table; by hand: sqlite3 /var/lib/specter/packets.db < sqlite3.sql
-- It can be run again: what is there stays.
--
-- Columns are named after keys: ip_saddr is the key ip.saddr (specter info). Leave out what you do
-- not need, before or after: each column less makes storing faster. Addresses are text, times are
-- UTC in the form of SQLite's date and time functions.

-- A file that shrinks again when old rows are deleted: see sqlite3-retention.sh.
PRAGMA auto_vacuum = INCREMENTAL;

CREATE TABLE IF NOT EXISTS packet (
  specter_id     BLOB UNIQUE,  -- keeps a row that is sent again after an outage from being there twice
  oob_time       DATETIME,     -- 2026-11-22 02:05:43.000123
  raw_label      INTEGER,      -- option label: 0 dropped, 1 accepted
  oob_prefix     TEXT,
  oob_in         TEXT,
  oob_out        TEXT,
  oob_hook       INTEGER,      -- 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting
  oob_mark       INTEGER,
  mac_saddr_str  TEXT,
  ip_saddr       TEXT,
  ip_daddr       TEXT,
  ip_protocol    INTEGER,      -- 1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6
  ip_totlen      INTEGER,      -- IPv4: header and data
  ip_ttl         INTEGER,
  ip6_payloadlen INTEGER,      -- IPv6: without its header of 40 bytes
  ip6_hoplimit   INTEGER,
  tcp_sport      INTEGER,
  tcp_dport      INTEGER,
  tcp_flags      INTEGER,      -- 1 FIN, 2 SYN, 4 RST, 8 PSH, 16 ACK, 32 URG, 64 ECE, 128 CWR
  udp_sport      INTEGER,
  udp_dport      INTEGER,
  icmp_type      INTEGER,
  icmp_code      INTEGER,
  icmpv6_type    INTEGER,
  icmpv6_code    INTEGER
);
CREATE INDEX IF NOT EXISTS packet_time ON packet (oob_time);

CREATE TABLE IF NOT EXISTS flow (
  specter_id         BLOB UNIQUE,
  flow_start         DATETIME,
  flow_end           DATETIME,
  orig_ip_saddr      TEXT,
  orig_ip_daddr      TEXT,
  orig_ip_protocol   INTEGER,
  orig_l4_sport      INTEGER,
  orig_l4_dport      INTEGER,
  orig_raw_pktlen    INTEGER,
  orig_raw_pktcount  INTEGER,
  reply_ip_saddr     TEXT,
  reply_ip_daddr     TEXT,
  reply_l4_sport     INTEGER,
  reply_l4_dport     INTEGER,
  reply_raw_pktlen   INTEGER,
  reply_raw_pktcount INTEGER,
  icmp_type          INTEGER,
  icmp_code          INTEGER,
  ct_mark            INTEGER
);
CREATE INDEX IF NOT EXISTS flow_time ON flow (flow_end);

CREATE VIEW IF NOT EXISTS view_tcp_quad AS
  SELECT oob_time, ip_saddr, tcp_sport, ip_daddr, tcp_dport,
    (tcp_flags & 2) <> 0 AS tcp_syn, (tcp_flags & 16) <> 0 AS tcp_ack,
    (tcp_flags & 1) <> 0 AS tcp_fin, (tcp_flags & 4) <> 0 AS tcp_rst
  FROM packet WHERE tcp_sport IS NOT NULL;

CREATE VIEW IF NOT EXISTS view_udp_quad AS
  SELECT oob_time, ip_saddr, udp_sport, ip_daddr, udp_dport
  FROM packet WHERE udp_sport IS NOT NULL;

-- For the last day: SELECT * FROM top_talkers LIMIT 20;
CREATE VIEW IF NOT EXISTS top_talkers AS
  SELECT ip_saddr, count(*) AS packets, sum(coalesce(ip_totlen, ip6_payloadlen + 40)) AS bytes,
    min(oob_time) AS first_time, max(oob_time) AS last_time
  FROM packet
  WHERE oob_time >= datetime('now', '-1 day') AND ip_saddr IS NOT NULL
  GROUP BY ip_saddr ORDER BY packets DESC;

CREATE VIEW IF NOT EXISTS dropped_per_hour AS
  SELECT strftime('%Y-%m-%d %H:00', oob_time) AS hour, count(*) AS packets,
    count(DISTINCT ip_saddr) AS sources
  FROM packet WHERE raw_label = 0
  GROUP BY hour ORDER BY hour;
