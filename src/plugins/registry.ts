import type { Plugin, SourcePlugin, StagePlugin } from './api.ts';
import { knock } from './filter/knock/index.ts';
import { mark } from './filter/mark.ts';
import { match } from './filter/match/index.ts';
import { threshold } from './filter/threshold/index.ts';
import { base } from './input/base/index.ts';
import { dns } from './input/dns/index.ts';
import { http } from './input/http/index.ts';
import { local } from './input/local.ts';
import { pwsniff } from './input/pwsniff.ts';
import { tls } from './input/tls/index.ts';
import { mysql } from './output/database/mysql.ts';
import { pgsql } from './output/database/pgsql.ts';
import { sqlite3 } from './output/database/sqlite3.ts';
import { exec } from './output/exec/index.ts';
import { gprint } from './output/gprint.ts';
import { json } from './output/json/index.ts';
import { logemu } from './output/logemu.ts';
import { nftset } from './output/nftset/index.ts';
import { oprint } from './output/oprint.ts';
import { pcap } from './output/pcap/index.ts';
import { syslog } from './output/syslog/index.ts';
import { xml } from './output/xml/index.ts';
import { nflog } from './source/nflog/index.ts';

/** The sources that come with specter. */
export const builtinSources: readonly SourcePlugin[] = [nflog];

/** The inputs, filters and outputs that come with specter. */
export const builtinStages: readonly StagePlugin[] = [
  base,
  local,
  http,
  tls,
  dns,
  pwsniff,
  mark,
  match,
  threshold,
  knock,
  logemu,
  syslog,
  gprint,
  oprint,
  json,
  xml,
  pcap,
  sqlite3,
  pgsql,
  mysql,
  exec,
  nftset,
];

export const builtins: readonly Plugin[] = [...builtinSources, ...builtinStages];

/** The source of a block that does not choose one. */
export const DEFAULT_SOURCE = nflog.name;

/** Plugins of ulogd2 whose work another plugin does here: what to tell those who look for them. */
export const successors: Readonly<Record<string, string>> = {
  NFLOG: 'it is the source of every numbered block; nothing has to be loaded',
  ULOG: 'the kernel has no ULOG any more; use NFLOG rules and a numbered block',
  HWHDR: 'BASE provides its keys',
  IFINDEX: 'BASE provides its keys',
  IP2STR: 'BASE provides its keys',
  PRINTPKT: 'LOGEMU formats the line itself',
};
