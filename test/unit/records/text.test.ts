import { spawnSync } from 'node:child_process';
import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  literal,
  SLACK,
  writeAddress,
  writeField,
  writeHex,
  writeHex16,
  writeHex32,
  writeHexBytes,
  writeIpv4,
  writeIpv6,
  writeLiteral,
  writeMac,
  writeUint,
  writeUint64,
  writeUpperHex8,
} from '../../../src/records/text.ts';
import { requireTools, title } from '../../support/requirements.ts';
import { viewOf } from './view-of.ts';

const START = 5;
const UNTOUCHED = Buffer.alloc(512, 0xff);

/** What `write` puts at START, after checking that it touched nothing else but the slack. */
function written(write: (out: DataView, at: number) => number): string {
  const out = Buffer.from(UNTOUCHED);
  const end = write(viewOf(out), START);
  // equals, not toEqual: this runs some hundred thousand times.
  expect(UNTOUCHED.subarray(0, START).equals(out.subarray(0, START))).toBe(true);
  expect(UNTOUCHED.subarray(end + SLACK).equals(out.subarray(end + SLACK))).toBe(true);
  return out.toString('latin1', START, end);
}

const u32 = fc.oneof(
  fc.nat(0xffff_ffff),
  fc.integer({ min: 0, max: 31 }).map((bit) => 2 ** bit),
  fc.integer({ min: 0, max: 9 }).map((digits) => 10 ** digits),
  fc.integer({ min: 1, max: 9 }).map((digits) => 10 ** digits - 1),
);

describe('writeUint', () => {
  it.each([
    0, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 65_535, 99_999, 100_000, 999_999, 1_000_000,
    2_147_483_647, 2_147_483_648, 4_294_967_295,
  ])('%d', (value) => {
    expect(written((out, at) => writeUint(out, at, value))).toBe(String(value));
  });

  it('writes what String() writes', () => {
    fc.assert(
      fc.property(u32, (value) => {
        expect(written((out, at) => writeUint(out, at, value))).toBe(String(value));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('writeUint64', () => {
  it.each([
    [0, 0, '0'],
    [0, 0xffff_ffff, '4294967295'],
    [1, 0, '4294967296'],
    [0x001f_ffff, 0xffff_ffff, '9007199254740991'],
    [0x0020_0000, 1, '9007199254740993'],
    [0, 0x3b9a_ca00, '1000000000'],
    [0x0de0_b6b3, 0xa764_0000, '1000000000000000000'],
    [0x0de0_b6b3, 0xa763_ffff, '999999999999999999'],
    [0x8000_0000, 0, '9223372036854775808'],
    [0xffff_ffff, 0xffff_ffff, '18446744073709551615'],
  ])('%d × 2³² + %d', (high, low, text) => {
    expect(written((out, at) => writeUint64(out, at, high, low))).toBe(text);
  });

  it('writes what BigInt writes', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        const high = Number(value >> 32n);
        const low = Number(value & 0xffff_ffffn);
        expect(written((out, at) => writeUint64(out, at, high, low))).toBe(String(value));
      }),
    );
  });
});

describe('hexadecimal', () => {
  it('writeHex is %x, writeHex32 is %08x', () => {
    fc.assert(
      fc.property(u32, (value) => {
        const hex = value.toString(16);
        expect(written((out, at) => writeHex(out, at, value))).toBe(hex);
        expect(written((out, at) => writeHex32(out, at, value))).toBe(hex.padStart(8, '0'));
      }),
      { numRuns: 1000 },
    );
  });

  it('writeHex16 is %04x', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), (value) => {
        const hex = value.toString(16).padStart(4, '0');
        expect(written((out, at) => writeHex16(out, at, value))).toBe(hex);
      }),
      { numRuns: 1000 },
    );
  });

  it('writeUpperHex8 is %02X for every byte', () => {
    for (let byte = 0; byte < 256; byte++) {
      expect(written((out, at) => writeUpperHex8(out, at, byte))).toBe(
        byte.toString(16).toUpperCase().padStart(2, '0'),
      );
    }
  });

  it('writeHexBytes and writeMac write the bytes from their offset on, and no more', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (data) => {
        const inside = Buffer.concat([Buffer.from([0x77]), data, Buffer.from([0x88])]);
        const hex = Buffer.from(data).toString('hex');
        const at1 = (write: typeof writeMac) =>
          written((out, at) => write(out, at, inside, 1, data.length));
        expect(at1(writeHexBytes)).toBe(hex);
        expect(at1(writeMac)).toBe(hex.match(/../g)?.join(':') ?? '');
      }),
    );
  });
});

describe('writeLiteral', () => {
  it('copies a literal and returns the position behind it', () => {
    expect(written((out, at) => writeLiteral(out, at, literal('PROTO=TCP ')))).toBe('PROTO=TCP ');
    expect(written((out, at) => writeLiteral(out, at, literal('')))).toBe('');
  });
});

describe('writeField', () => {
  it('writes name, number and a space', () => {
    expect(written((out, at) => writeField(out, at, literal('SPT='), 65_535))).toBe('SPT=65535 ');
  });
});

describe('writeIpv4', () => {
  it('writes every octet', () => {
    for (let octet = 0; octet < 256; octet++) {
      const address = Uint8Array.of(0xee, octet, 255 - octet, octet, 7, 0xee);
      const text = written((out, at) => writeIpv4(out, at, address, 1));
      expect(text).toBe(`${octet}.${255 - octet}.${octet}.7`);
      expect(isIPv4(text)).toBe(true);
    }
  });
});

function ipv6Text(address: Uint8Array): string {
  const inside = Buffer.concat([Buffer.from([0xee]), address, Buffer.from([0xee])]);
  return written((out, at) => writeIpv6(out, at, inside, 1));
}

describe('writeIpv6', () => {
  it.each([
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['00000000000000000000000000010001', '::0.1.0.1'],
    ['0000000000000000000000000000ffff', '::ffff'],
    ['0000000000000000000000007f000001', '::127.0.0.1'],
    ['00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
    ['00000000000000000000fffec0000201', '::fffe:c000:201'],
    ['00000000000000000001ffffc0000201', '::1:ffff:c000:201'],
    ['00010000000000000000ffffc0000201', '1::ffff:c000:201'],
    ['20010db8000000000000000000000000', '2001:db8::'],
    ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['20010db8000000010000000000000001', '2001:db8:0:1::1'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['00000db8000100010001000100010001', '0:db8:1:1:1:1:1:1'],
    ['00010001000100010001000100010000', '1:1:1:1:1:1:1:0'],
    ['00010001000100010001000100000000', '1:1:1:1:1:1::'],
    ['00000000000100010001000100010001', '::1:1:1:1:1:1'],
    ['ffffffffffffffffffffffffffffffff', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ])('%s → %s', (hex, text) => {
    expect(ipv6Text(Buffer.from(hex, 'hex'))).toBe(text);
  });

  it('stays inside 39 bytes', () => {
    fc.assert(
      fc.property(sparseAddress, (address) => {
        const text = written((out, at) => writeIpv6(out, at, address, 0));
        expect(text.length).toBeLessThanOrEqual(39);
        expect(isIPv6(text)).toBe(true);
      }),
    );
  });

  const missing = requireTools('python3');
  describe.skipIf(missing)(title('beside inet_ntop(3)', missing), () => {
    it('writes the same for 6000 random and sparse addresses', () => {
      const addresses = [
        ...fc.sample(sparseAddress, 4000),
        ...fc.sample(fc.uint8Array({ minLength: 16, maxLength: 16 }), 2000),
      ];
      const program = `
import socket, sys
for line in sys.stdin:
    print(socket.inet_ntop(socket.AF_INET6, bytes.fromhex(line)))`;
      const python = spawnSync('python3', ['-c', program], {
        input: addresses.map((address) => Buffer.from(address).toString('hex')).join('\n'),
        encoding: 'utf8',
      });
      expect(python.stderr).toBe('');
      expect(addresses.map(ipv6Text)).toEqual(python.stdout.trimEnd().split('\n'));
    });
  });
});

/** Addresses of groups that are mostly 0, sometimes ffff: where the rules for `::` differ. */
const sparseAddress = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constant(0xffff) },
      { weight: 2, arbitrary: fc.nat(0xffff) },
      { weight: 1, arbitrary: fc.nat(0xf) },
    ),
    { minLength: 8, maxLength: 8 },
  )
  .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])));

describe('writeAddress', () => {
  it('tells the families apart by length', () => {
    const data = Buffer.from('c0000201000000000000000000000001', 'hex');
    expect(written((out, at) => writeAddress(out, at, data, 0, 4))).toBe('192.0.2.1');
    expect(written((out, at) => writeAddress(out, at, data, 0, 16))).toBe('c000:201::1');
  });
});
