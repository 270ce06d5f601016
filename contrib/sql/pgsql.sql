-- Tables of specter for PostgreSQL 12 or later:
--
--   createdb firewall
--   psql -d firewall -v ON_ERROR_STOP=1 -f pgsql.sql
--
-- It can be run again: what is there stays, and views and functions are replaced.
--
-- Columns are named after keys: ip_saddr is the key ip.saddr (specter info). Leave out what you do
-- not need, before or after: each column less makes storing faster. Column by column, with the block
-- that fills it:
--
--   plugin BASE
--   plugin PGSQL
--   pgsqldb firewall
--   pgsqltable packet
--
-- Who may do what. specter needs no more than the right to insert, and to read the columns by which
-- it knows a row again that it has stored before an outage; give readers a role of their own:
--
--   CREATE ROLE specter LOGIN PASSWORD '…';   -- or without a password: peer, in pg_hba.conf
--   GRANT INSERT, SELECT (specter_id, oob_time) ON packet TO specter;
--   GRANT INSERT, SELECT (specter_id, flow_end) ON flow TO specter;
--   CREATE ROLE auditor LOGIN;
--   GRANT SELECT ON packet, flow, view_tcp_quad, view_udp_quad, top_talkers, dropped_per_hour TO auditor;

-- One partition for each day (UTC), so that old days are dropped in no time instead of deleted.
CREATE TABLE IF NOT EXISTS packet (
  specter_id     uuid,         -- keeps a row that is sent again after an outage from being there twice
  oob_time       timestamptz,
  host           text,         -- of the firewall, where several share the table
  block          text,
  raw_label      smallint,     -- option label: 0 dropped, 1 accepted
  oob_prefix     text,
  oob_in         text,
  oob_out        text,
  oob_hook       smallint,     -- 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting
  oob_mark       bigint,
  mac_saddr_str  macaddr,
  ip_saddr       inet,
  ip_daddr       inet,
  ip_protocol    smallint,     -- 1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6
  ip_totlen      integer,      -- IPv4: header and data
  ip_ttl         smallint,
  ip6_payloadlen integer,      -- IPv6: without its header of 40 bytes
  ip6_hoplimit   smallint,
  tcp_sport      integer,
  tcp_dport      integer,
  tcp_flags      smallint,     -- 1 FIN, 2 SYN, 4 RST, 8 PSH, 16 ACK, 32 URG, 64 ECE, 128 CWR
  udp_sport      integer,
  udp_dport      integer,
  icmp_type      smallint,
  icmp_code      smallint,
  icmpv6_type    smallint,
  icmpv6_code    smallint,
  -- A unique index of a partitioned table has to have the columns that partitions are made by.
  CONSTRAINT packet_id UNIQUE (specter_id, oob_time)
) PARTITION BY RANGE (oob_time);

-- Rows arrive in the order of time: an index by ranges of blocks is small and costs next to nothing.
CREATE INDEX IF NOT EXISTS packet_time ON packet USING brin (oob_time);

-- Flows, once they have ended: ulogd2's columns in native types.
CREATE TABLE IF NOT EXISTS flow (
  specter_id         uuid,
  flow_start         timestamptz,
  flow_end           timestamptz,
  orig_ip_saddr      inet,
  orig_ip_daddr      inet,
  orig_ip_protocol   smallint,
  orig_l4_sport      integer,
  orig_l4_dport      integer,
  orig_raw_pktlen    bigint,
  orig_raw_pktcount  bigint,
  reply_ip_saddr     inet,
  reply_ip_daddr     inet,
  reply_l4_sport     integer,
  reply_l4_dport     integer,
  reply_raw_pktlen   bigint,
  reply_raw_pktcount bigint,
  icmp_type          smallint,
  icmp_code          smallint,
  ct_mark            bigint,
  CONSTRAINT flow_id UNIQUE (specter_id, flow_end)
) PARTITION BY RANGE (flow_end);

CREATE INDEX IF NOT EXISTS flow_time ON flow USING brin (flow_end);

-- Rows of days without a partition, and those without a time: nothing is ever refused. If rows of a
-- day are here, that day cannot have a partition any more: specter_create_partitions tells.
CREATE TABLE IF NOT EXISTS packet_default PARTITION OF packet DEFAULT;
CREATE TABLE IF NOT EXISTS flow_default PARTITION OF flow DEFAULT;

-- The retention job: once a day, as the owner of the tables. With pg_cron, in the same database:
--
--   SELECT cron.schedule('specter', '15 0 * * *', 'SELECT specter_maintain(30)');
--
-- or with cron or a systemd timer:
--
--   psql -d firewall -c 'SELECT specter_maintain(30)'
--
-- Partitions are made seven days ahead: the job may fail for a week before rows go to the default
-- partition. It waits for locks no longer than five seconds, to hold up nobody who stores or reads.

-- Name of a table's partition for a day: packet_20261122.
CREATE OR REPLACE FUNCTION specter_partition(parent regclass, day date) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT c.relname || to_char(day, '_YYYYMMDD') FROM pg_class c WHERE c.oid = parent
$$;

-- Makes the partitions of the day `first` and of `days` days that follow it; returns how many are new.
CREATE OR REPLACE FUNCTION specter_create_partitions(
  parent regclass, days integer DEFAULT 7, first date DEFAULT (now() AT TIME ZONE 'UTC')::date
) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  schema text := (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = parent);
  name text;
  made integer := 0;
BEGIN
  FOR i IN 0 .. days LOOP
    name := specter_partition(parent, first + i);
    CONTINUE WHEN to_regclass(format('%I.%I', schema, name)) IS NOT NULL;
    BEGIN
      EXECUTE format('CREATE TABLE %I.%I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
        schema, name, parent, (first + i) || ' 00:00:00+00', (first + i + 1) || ' 00:00:00+00');
      made := made + 1;
    EXCEPTION WHEN check_violation THEN
      RAISE WARNING 'the default partition of % has rows of %: move them to make a partition',
        parent, first + i;
    END;
  END LOOP;
  RETURN made;
END $$;

-- Drops the partitions of days that ended more than `days` days ago, and deletes as old rows from
-- the default partition; returns how many partitions are gone.
CREATE OR REPLACE FUNCTION specter_drop_partitions(parent regclass, days integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  oldest date := (now() AT TIME ZONE 'UTC')::date - days;
  time_column text := (SELECT a.attname FROM pg_partitioned_table p
    JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
    WHERE p.partrelid = parent);
  child record;
  dropped integer := 0;
BEGIN
  IF days < 1 THEN
    RAISE EXCEPTION 'days has to be 1 or more, not %', days;
  END IF;
  FOR child IN
    SELECT i.inhrelid::regclass AS path, c.relname AS name,
      pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT' AS is_default
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = parent
  LOOP
    IF child.is_default THEN
      EXECUTE format('DELETE FROM %s WHERE %I < $1', child.path, time_column)
        USING oldest::timestamp AT TIME ZONE 'UTC';
    ELSIF child.name ~ '_[0-9]{8}$' AND to_date(right(child.name, 8), 'YYYYMMDD') < oldest THEN
      EXECUTE format('DROP TABLE %s', child.path);
      dropped := dropped + 1;
    END IF;
  END LOOP;
  RETURN dropped;
END $$;

-- Both, for both tables.
CREATE OR REPLACE FUNCTION specter_maintain(days integer) RETURNS void
LANGUAGE plpgsql SET lock_timeout = '5s' AS $$
BEGIN
  PERFORM specter_create_partitions('packet'), specter_create_partitions('flow');
  PERFORM specter_drop_partitions('packet', days), specter_drop_partitions('flow', days);
END $$;

SELECT specter_create_partitions('packet'), specter_create_partitions('flow');

CREATE OR REPLACE VIEW view_tcp_quad AS
  SELECT oob_time, ip_saddr, tcp_sport, ip_daddr, tcp_dport,
    tcp_flags & 2 <> 0 AS tcp_syn, tcp_flags & 16 <> 0 AS tcp_ack,
    tcp_flags & 1 <> 0 AS tcp_fin, tcp_flags & 4 <> 0 AS tcp_rst
  FROM packet WHERE tcp_sport IS NOT NULL;

CREATE OR REPLACE VIEW view_udp_quad AS
  SELECT oob_time, ip_saddr, udp_sport, ip_daddr, udp_dport
  FROM packet WHERE udp_sport IS NOT NULL;

-- Of the last day: SELECT * FROM top_talkers LIMIT 20;
CREATE OR REPLACE VIEW top_talkers AS
  SELECT ip_saddr, count(*) AS packets, sum(coalesce(ip_totlen, ip6_payloadlen + 40)) AS bytes,
    min(oob_time) AS first_time, max(oob_time) AS last_time
  FROM packet
  WHERE oob_time >= now() - interval '1 day' AND ip_saddr IS NOT NULL
  GROUP BY ip_saddr ORDER BY packets DESC;

CREATE OR REPLACE VIEW dropped_per_hour AS
  SELECT date_trunc('hour', oob_time) AS hour, count(*) AS packets,
    count(DISTINCT ip_saddr) AS sources
  FROM packet WHERE raw_label = 0
  GROUP BY 1 ORDER BY 1;
