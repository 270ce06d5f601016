/** @import { Batch, ColumnSet, InputPlugin } from 'specter/plugin' */

/** An input plugin: tells whether a packet's source is a private address (RFC 1918, RFC 4193). */

const isPrivate = /** @type {const} */ ({
  name: 'ip.saddr.private',
  type: 'bool',
  help: 'whether the source address is private (RFC 1918, RFC 4193)',
});

class Scope {
  #source;
  #private;

  /** @param {ColumnSet} columns */
  constructor(columns) {
    this.#source = columns.readBytes('ip.saddr');
    this.#private = columns.numbers(isPrivate);
  }

  /** @param {Batch} batch */
  fill(batch) {
    const source = this.#source;
    for (let row = 0; row < batch.count; row++) {
      // Packets without an IP header have no source: the key stays absent.
      if (!source.has(row)) continue;
      const at = source.offset(row);
      const isInRange = source.length(row) === 4 ? isPrivateIPv4 : isPrivateIPv6;
      this.#private.set(row, isInRange(source.data, at) ? 1 : 0);
    }
  }
}

/**
 * 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16
 *
 * @param {Uint8Array} bytes
 * @param {number} at
 */
function isPrivateIPv4(bytes, at) {
  const first = bytes[at];
  const second = bytes[at + 1];
  if (first === 172) return second >= 16 && second < 32;
  return first === 10 || (first === 192 && second === 168);
}

/**
 * fc00::/7
 *
 * @param {Uint8Array} bytes
 * @param {number} at
 */
function isPrivateIPv6(bytes, at) {
  return (bytes[at] & 0xfe) === 0xfc;
}

/** @type {InputPlugin} */
const scope = {
  apiVersion: 1,
  kind: 'input',
  name: 'SCOPE',
  summary: 'tells whether the source address is private',
  options: {},
  reads: [{ name: 'ip.saddr', required: true }],
  provides: [isPrivate],
  open: ({ columns }) => new Scope(columns),
};

export default scope;
