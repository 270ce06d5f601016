import { checked, libc } from './library.ts';

/** Capability names in the order of their numbers, 0 … (<linux/capability.h>), without `cap_`. */
export const capabilityNames: readonly string[] = [
  'chown',
  'dac_override',
  'dac_read_search',
  'fowner',
  'fsetid',
  'kill',
  'setgid',
  'setuid',
  'setpcap',
  'linux_immutable',
  'net_bind_service',
  'net_broadcast',
  'net_admin',
  'net_raw',
  'ipc_lock',
  'ipc_owner',
  'sys_module',
  'sys_rawio',
  'sys_chroot',
  'sys_ptrace',
  'sys_pacct',
  'sys_admin',
  'sys_boot',
  'sys_nice',
  'sys_resource',
  'sys_time',
  'sys_tty_config',
  'mknod',
  'lease',
  'audit_write',
  'audit_control',
  'setfcap',
  'mac_override',
  'mac_admin',
  'syslog',
  'wake_alarm',
  'block_suspend',
  'audit_read',
  'perfmon',
  'bpf',
  'checkpoint_restore',
];

/** `_LINUX_CAPABILITY_VERSION_3`: 64 capabilities, as two 32-bit words a set. */
const CAPABILITY_VERSION = 0x20080522;

const PR_SET_KEEPCAPS = 8;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_RAISE = 2;

const libcPrctl = libc.func('int prctl(int option, ...)');
const libcCapset = libc.func('int capset(const void *header, const void *data)');

/**
 * The number of a capability.
 *
 * @param name in any case, with or without `cap_`: `net_admin`, `CAP_NET_ADMIN`
 * @returns undefined for a name that Linux does not have
 */
export function capabilityNumber(name: string): number | undefined {
  const bare = name.toLowerCase().replace(/^cap_/, '');
  const number = capabilityNames.indexOf(bare);
  return number === -1 ? undefined : number;
}

/** The set as /proc/PID/status prints it: bit n stands for capability n. */
export function capabilityMask(numbers: readonly number[]): bigint {
  return numbers.reduce((mask, number) => mask | (1n << BigInt(number)), 0n);
}

/**
 * Whether the calling thread keeps its permitted capabilities when its user changes from root
 * (`PR_SET_KEEPCAPS`). Cleared by the kernel on exec.
 */
export function setKeepCapabilities(keep: boolean): void {
  checked('prctl PR_SET_KEEPCAPS', libcPrctl(PR_SET_KEEPCAPS, 'unsigned long', keep ? 1 : 0));
}

/**
 * Makes a set the permitted, effective and inheritable capabilities of the calling thread
 * (capset(2) knows no other). None of them may be missing from the permitted ones.
 */
export function setThreadCapabilities(mask: bigint): void {
  const low = Number(mask & 0xffff_ffffn);
  const high = Number(mask >> 32n);
  const header = Uint32Array.of(CAPABILITY_VERSION, 0);
  // Two struct __user_cap_data_struct: effective, permitted, inheritable.
  const data = Uint32Array.of(low, low, low, high, high, high);
  checked(
    'capset',
    libcCapset(header, data),
    'does the process hold them? see CapPrm in its status',
  );
}

/**
 * Puts a capability into the calling thread's ambient set, which programs that it starts are given
 * (capabilities(7)). It has to be permitted and inheritable already.
 */
export function raiseAmbientCapability(number: number): void {
  const [raise, capability] = [PR_CAP_AMBIENT_RAISE, number];
  const word = 'unsigned long';
  // The kernel demands the unused arguments to be zero.
  checked(
    `prctl PR_CAP_AMBIENT_RAISE ${capabilityNames[number] ?? number}`,
    libcPrctl(PR_CAP_AMBIENT, word, raise, word, capability, word, 0, word, 0),
  );
}
