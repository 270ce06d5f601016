import { describe, expect, test } from 'vitest';
import { MessageBuilder } from '../../../src/netlink/message.ts';
import {
  checkNflogOptions,
  type NflogOptions,
  putNflogOptions,
  slotSizeFor,
} from '../../../src/netlink/nflog-options.ts';

describe('checkNflogOptions', () => {
  test.each<NflogOptions>([
    {},
    { nlbufsiz: 4096, snaplen: 0, qthreshold: 1, qtimeout: 0 },
    { nlbufsiz: 131072, snaplen: 65531, qthreshold: 65535, qtimeout: 3_600_000 },
    { nlbufsiz: undefined },
  ])('takes %j', (options) => {
    expect(() => checkNflogOptions(options)).not.toThrow();
  });

  test.each<[NflogOptions, string]>([
    [{ nlbufsiz: 4095 }, 'nlbufsiz is 4095; 4096 to 131072 bytes are possible'],
    [{ nlbufsiz: 131073 }, 'nlbufsiz is 131073; 4096 to 131072 bytes are possible'],
    [{ snaplen: 65532 }, 'snaplen is 65532; 0 to 65531 bytes are possible'],
    [{ snaplen: -1 }, 'snaplen is -1; 0 to 65531 bytes are possible'],
    [{ qthreshold: 0 }, 'qthreshold is 0; 1 to 65535 packets are possible'],
    [{ qtimeout: 1.5 }, 'qtimeout is 1.5; 0 to 3600000 ms are possible'],
    [{ qtimeout: Number.NaN }, 'qtimeout is NaN; 0 to 3600000 ms are possible'],
  ])('refuses %j', (options, message) => {
    expect(() => checkNflogOptions(options)).toThrow(new RangeError(message));
  });
});

describe('putNflogOptions', () => {
  const encode = (options: NflogOptions): string => {
    const message = new MessageBuilder(0, 0);
    putNflogOptions(message, options);
    return Buffer.from(message.finish(0, 0)).toString('hex', 16);
  };

  test('encodes each option as nfnetlink_log reads it', () => {
    expect(encode({ snaplen: 128, nlbufsiz: 32768, qthreshold: 64, qtimeout: 100 })).toBe(
      [
        '0a00020000000080',
        '02000000',
        '0800030000008000',
        '0800050000000040',
        '080004000000000a',
      ].join(''),
    );
  });

  test('leaves out what is not given', () => {
    expect(encode({})).toBe('');
    expect(encode({ snaplen: 0 })).toBe('0a0002000000000002000000');
  });

  test('rounds the queue timeout up to the unit of 10 ms', () => {
    const units = [0, 1, 10, 11].map((qtimeout) =>
      Number.parseInt(encode({ qtimeout }).slice(8), 16),
    );
    expect(units).toEqual([0, 1, 1, 2]);
  });
});

describe('slotSizeFor', () => {
  // The kernel fills its buffer up to the power of two that it allocated: seen are datagrams of
  // 7528 bytes for 4096, 130528 for 65536 and 261528 for 131072.
  test.each([
    [128, 4096, 8192],
    [128, 32768, 65536],
    [128, 65536, 131072],
    [128, 131072, 262144],
    [0, 4096, 131072],
    [65531, undefined, 131072],
    [undefined, undefined, 131072],
    [128, undefined, 16384],
  ])('holds what snaplen %s and nlbufsiz %s can bring: %i', (snaplen, nlbufsiz, size) => {
    expect(slotSizeFor(snaplen, nlbufsiz)).toBe(size);
  });
});
