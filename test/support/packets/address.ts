import { isIPv4, isIPv6 } from 'node:net';

/** The 6 bytes of `02:00:00:00:00:01`. */
export function macBytes(address: string): Buffer {
  const bytes = address.split(':').map((part) => Number.parseInt(part, 16));
  if (bytes.length !== 6 || !bytes.every((byte) => byte >= 0 && byte <= 0xff)) {
    throw new TypeError(`not an Ethernet address: ${address}`);
  }
  return Buffer.from(bytes);
}

/** The 4 bytes of `192.0.2.1`. */
export function ipv4Bytes(address: string): Buffer {
  if (!isIPv4(address)) throw new TypeError(`not an IPv4 address: ${address}`);
  return Buffer.from(address.split('.').map(Number));
}

/** The 16 bytes of `2001:db8::1`; the form that ends in an IPv4 address is accepted too. */
export function ipv6Bytes(address: string): Buffer {
  if (!isIPv6(address)) throw new TypeError(`not an IPv6 address: ${address}`);
  const [head = '', tail] = address.split('::');
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const gap = new Array<number>(8 - before.length - after.length).fill(0);
  const bytes = Buffer.alloc(16);
  [...before, ...gap, ...after].forEach((group, index) => {
    bytes.writeUInt16BE(group, index * 2);
  });
  return bytes;
}

function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const embedded = ipv4Bytes(group);
    return [embedded.readUInt16BE(0), embedded.readUInt16BE(2)];
  });
}
