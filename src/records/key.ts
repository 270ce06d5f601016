/**
 * The types that a key can have. They decide which column stores it and how outputs print it.
 *
 * | type | values |
 * |---|---|
 * | `bool` | 0 or 1 |
 * | `u8` `u16` `u32` | unsigned integers, host order |
 * | `u64` | unsigned 64-bit integer |
 * | `ip` | 4 bytes (IPv4) or 16 bytes (IPv6), network order |
 * | `mac` | a link-layer address, any length (Ethernet: 6 bytes) |
 * | `string` | bytes without an encoding promised: what the kernel or a packet said |
 * | `bytes` | raw data |
 */
export type KeyType = 'bool' | 'u8' | 'u16' | 'u32' | 'u64' | 'ip' | 'mac' | 'string' | 'bytes';

/** A named value that a plugin can fill in for a record. Names are ulogd2's where it has one. */
export interface Key {
  /** Dotted name: `ip.saddr`. */
  readonly name: string;
  readonly type: KeyType;
  /** One line for `specter info`: meaning, unit, and where the number comes from. */
  readonly help: string;
  /**
   * Part or another form of what another key holds, such as the payload of `raw.pkt`: left out where
   * a plugin reads all keys, so that nothing is written twice. Whoever wants it names it.
   */
  readonly onlyByName?: boolean;
}

/** Shorthand for tables of keys. */
export const key = (name: string, type: KeyType, help: string): Key => ({ name, type, help });
