-- Tables of specter for MariaDB 10.5 or later, and MySQL 8. Can be run again: it changes nothing
-- that is there.
--
--   mysql -e 'CREATE DATABASE specter'
--   mysql specter < mysql.sql
--   mysql -e "CREATE USER specter@localhost IDENTIFIED VIA unix_socket"   (MySQL: WITH auth_socket)
--   mysql -e 'GRANT SELECT, INSERT ON specter.* TO specter@localhost'
--
-- Columns are named after keys: ip_saddr is the key ip.saddr (specter info). Leave out what you do
-- not need, before or after: each column less, and each index, makes storing faster. Addresses are 4
-- or 16 bytes: INET6_NTOA(ip_saddr) shows them, INET6_ATON('10.0.0.1') finds them. Times are UTC.

CREATE TABLE IF NOT EXISTS packet (
  specter_id     BINARY(16) NOT NULL, -- keeps a row that is sent again after an outage from being there twice
  oob_time       DATETIME(6) NOT NULL,
  host           VARCHAR(255),        -- of the firewall, where several share the table
  block          VARCHAR(255),
  raw_label      TINYINT UNSIGNED,    -- option label: 0 dropped, 1 accepted
  oob_prefix     VARCHAR(508),
  oob_in         VARCHAR(15),
  oob_out        VARCHAR(15),
  oob_hook       TINYINT UNSIGNED,    -- 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting
  oob_mark       INT UNSIGNED,
  mac_saddr_str  VARCHAR(17) CHARACTER SET ascii,
  ip_saddr       VARBINARY(16),
  ip_daddr       VARBINARY(16),
  ip_protocol    TINYINT UNSIGNED,    -- 1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6
  ip_totlen      SMALLINT UNSIGNED,   -- IPv4: header and data
  ip_ttl         TINYINT UNSIGNED,
  ip6_payloadlen SMALLINT UNSIGNED,   -- IPv6: without its header of 40 bytes
  ip6_hoplimit   TINYINT UNSIGNED,
  tcp_sport      SMALLINT UNSIGNED,
  tcp_dport      SMALLINT UNSIGNED,
  tcp_flags      TINYINT UNSIGNED,    -- 1 FIN, 2 SYN, 4 RST, 8 PSH, 16 ACK, 32 URG, 64 ECE, 128 CWR
  udp_sport      SMALLINT UNSIGNED,
  udp_dport      SMALLINT UNSIGNED,
  icmp_type      TINYINT UNSIGNED,
  icmp_code      TINYINT UNSIGNED,
  icmpv6_type    TINYINT UNSIGNED,
  icmpv6_code    TINYINT UNSIGNED,
  -- The time as well, because partitions are chosen by it. It has no index of its own: a query for a time reads
  -- the partitions of its days alone. Where that is not enough, "ALTER TABLE packet ADD KEY packet_time (oob_time)"
  -- costs about a third of the rows a second.
  PRIMARY KEY (specter_id, oob_time)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4
PARTITION BY RANGE COLUMNS (oob_time) (PARTITION future VALUES LESS THAN (MAXVALUE));

CREATE TABLE IF NOT EXISTS flow (
  specter_id         BINARY(16) NOT NULL PRIMARY KEY,
  flow_start         DATETIME(6),
  flow_end           DATETIME(6),
  orig_ip_saddr      VARBINARY(16),
  orig_ip_daddr      VARBINARY(16),
  orig_ip_protocol   TINYINT UNSIGNED,
  orig_l4_sport      SMALLINT UNSIGNED,
  orig_l4_dport      SMALLINT UNSIGNED,
  orig_raw_pktlen    BIGINT UNSIGNED,
  orig_raw_pktcount  BIGINT UNSIGNED,
  reply_ip_saddr     VARBINARY(16),
  reply_ip_daddr     VARBINARY(16),
  reply_l4_sport     SMALLINT UNSIGNED,
  reply_l4_dport     SMALLINT UNSIGNED,
  reply_raw_pktlen   BIGINT UNSIGNED,
  reply_raw_pktcount BIGINT UNSIGNED,
  icmp_type          TINYINT UNSIGNED,
  icmp_code          TINYINT UNSIGNED,
  ct_mark            INT UNSIGNED,
  KEY flow_time (flow_end)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW view_tcp_quad AS
  SELECT oob_time, INET6_NTOA(ip_saddr) AS ip_saddr, tcp_sport,
    INET6_NTOA(ip_daddr) AS ip_daddr, tcp_dport,
    (tcp_flags & 2) <> 0 AS tcp_syn, (tcp_flags & 16) <> 0 AS tcp_ack,
    (tcp_flags & 1) <> 0 AS tcp_fin, (tcp_flags & 4) <> 0 AS tcp_rst
  FROM packet WHERE tcp_sport IS NOT NULL;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW view_udp_quad AS
  SELECT oob_time, INET6_NTOA(ip_saddr) AS ip_saddr, udp_sport,
    INET6_NTOA(ip_daddr) AS ip_daddr, udp_dport
  FROM packet WHERE udp_sport IS NOT NULL;

-- For the last day: SELECT * FROM top_talkers ORDER BY packets DESC LIMIT 20;
CREATE OR REPLACE SQL SECURITY INVOKER VIEW top_talkers AS
  SELECT INET6_NTOA(ip_saddr) AS ip_saddr, COUNT(*) AS packets,
    SUM(COALESCE(ip_totlen, ip6_payloadlen + 40)) AS bytes,
    MIN(oob_time) AS first_time, MAX(oob_time) AS last_time
  FROM packet
  WHERE oob_time >= UTC_TIMESTAMP() - INTERVAL 1 DAY AND ip_saddr IS NOT NULL
  GROUP BY packet.ip_saddr;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW dropped_per_hour AS
  SELECT DATE_FORMAT(oob_time, '%Y-%m-%d %H:00') AS hour, COUNT(*) AS packets,
    COUNT(DISTINCT ip_saddr) AS sources
  FROM packet WHERE raw_label = 0
  GROUP BY DATE_FORMAT(oob_time, '%Y-%m-%d %H:00');

-- Retention: one partition for each day, so that dropping a day takes no time. Call it daily, as a
-- user who may ALTER and DROP; a day that is missed costs nothing but a larger partition.
--
--   CALL specter_retention(7, 30);   -- partitions for the next 7 days; 30 days of rows are kept
--
-- From a systemd timer or cron:  mysql specter -e 'CALL specter_retention(7, 30)'
-- Or by the server (SET GLOBAL event_scheduler = ON):
--   CREATE EVENT specter_retention ON SCHEDULE EVERY 1 DAY DO CALL specter_retention(7, 30);
DROP PROCEDURE IF EXISTS specter_retention;
DELIMITER $$
CREATE PROCEDURE specter_retention(IN days_ahead INT, IN days_kept INT)
SQL SECURITY INVOKER
MODIFIES SQL DATA
BEGIN
  DECLARE newest VARCHAR(64);
  DECLARE oldest VARCHAR(64);
  DECLARE next_day DATE;
  IF days_kept IS NULL OR days_kept < 1 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'specter_retention(days_ahead, days_kept): days_kept has to be 1 or more';
  END IF;
  -- Partition p20260102 has the rows before 3 January that no partition before it has.
  SELECT MAX(PARTITION_NAME) INTO newest FROM information_schema.PARTITIONS
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'packet' AND PARTITION_NAME LIKE 'p________';
  SET next_day = UTC_DATE();
  IF newest IS NOT NULL THEN
    SET next_day = STR_TO_DATE(SUBSTRING(newest, 2), '%Y%m%d') + INTERVAL 1 DAY;
    -- After a long time without a call: the days between are one partition.
    IF next_day < UTC_DATE() THEN SET next_day = UTC_DATE(); END IF;
  END IF;
  WHILE next_day <= UTC_DATE() + INTERVAL days_ahead DAY DO
    SET @specter_sql = CONCAT(
      'ALTER TABLE packet REORGANIZE PARTITION future INTO (PARTITION p',
      DATE_FORMAT(next_day, '%Y%m%d'), ' VALUES LESS THAN (''', next_day + INTERVAL 1 DAY,
      ' 00:00:00''), PARTITION future VALUES LESS THAN (MAXVALUE))');
    PREPARE specter_statement FROM @specter_sql;
    EXECUTE specter_statement;
    DEALLOCATE PREPARE specter_statement;
    SET next_day = next_day + INTERVAL 1 DAY;
  END WHILE;
  SELECT MIN(PARTITION_NAME) INTO oldest FROM information_schema.PARTITIONS
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'packet' AND PARTITION_NAME LIKE 'p________';
  WHILE oldest < CONCAT('p', DATE_FORMAT(UTC_DATE() - INTERVAL days_kept DAY, '%Y%m%d')) DO
    SET @specter_sql = CONCAT('ALTER TABLE packet DROP PARTITION ', oldest);
    PREPARE specter_statement FROM @specter_sql;
    EXECUTE specter_statement;
    DEALLOCATE PREPARE specter_statement;
    SELECT MIN(PARTITION_NAME) INTO oldest FROM information_schema.PARTITIONS
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'packet' AND PARTITION_NAME LIKE 'p________';
  END WHILE;
  REPEAT
    DELETE FROM flow WHERE flow_end < UTC_DATE() - INTERVAL days_kept DAY LIMIT 10000;
  UNTIL ROW_COUNT() < 10000 END REPEAT;
END $$
DELIMITER ;
