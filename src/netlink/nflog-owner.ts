import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { NETLINK_NETFILTER } from './constants.ts';

/** Who has bound an NFLOG group, as far as /proc tells. */
export interface GroupOwner {
  /** Netlink port id of the socket. */
  portid: number;
  /** The process that holds the socket; undefined where it is not visible from here. */
  pid: number | undefined;
  /** That process's name (/proc/PID/comm). */
  command: string | undefined;
}

/**
 * Finds out who has bound `group` in this network namespace; undefined when nobody has, or when
 * the kernel's list cannot be read (it belongs to the namespace's root).
 */
export function findGroupOwner(group: number, proc = '/proc'): GroupOwner | undefined {
  const portid = findPortid(readOrEmpty(`${proc}/net/netfilter/nfnetlink_log`), group);
  if (portid === undefined) return undefined;
  const inode = findInode(readOrEmpty(`${proc}/net/netlink`), portid);
  const pid = inode === undefined ? undefined : findHolder(proc, `socket:[${inode}]`);
  const command = pid === undefined ? undefined : readOrEmpty(`${proc}/${pid}/comm`).trim();
  return { portid, pid, command: command || undefined };
}

/** `pid 1234, ulogd`, or what is known of it. */
export function describeOwner({ portid, pid, command }: GroupOwner): string {
  if (pid === undefined) return `netlink port id ${portid}`;
  return command === undefined ? `pid ${pid}` : `pid ${pid}, ${command}`;
}

/** Columns: group, port id, queue length, copy mode, copy range, flush timeout, use count. */
function findPortid(table: string, group: number): number | undefined {
  for (const line of table.split('\n')) {
    const [lineGroup, portid] = columns(line);
    if (Number(lineGroup) === group && portid !== undefined) return Number(portid);
  }
  return undefined;
}

/** Columns: sk, family, port id, groups, rmem, wmem, dump, locks, drops, inode. */
function findInode(table: string, portid: number): string | undefined {
  for (const line of table.split('\n')) {
    const [, family, linePortid, , , , , , , inode] = columns(line);
    if (Number(family) === NETLINK_NETFILTER && Number(linePortid) === portid) return inode;
  }
  return undefined;
}

const columns = (line: string): string[] => line.trim().split(/\s+/);

function findHolder(proc: string, socket: string): number | undefined {
  for (const entry of listOrEmpty(proc)) {
    if (!/^\d+$/.test(entry)) continue;
    const descriptors = `${proc}/${entry}/fd`;
    for (const descriptor of listOrEmpty(descriptors)) {
      if (linkOrEmpty(`${descriptors}/${descriptor}`) === socket) return Number(entry);
    }
  }
  return undefined;
}

// Processes and descriptors vanish while /proc is read, and others' are closed to ordinary users;
// what cannot be read does not help the search and is no error.
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function listOrEmpty(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function linkOrEmpty(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
