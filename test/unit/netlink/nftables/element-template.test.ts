import { describe, expect, test } from 'vitest';
import { elementTemplate } from '../../../../src/netlink/nftables/element-template.ts';
import type { NftSet } from '../../../../src/netlink/nftables/set.ts';

const ipv4 = { name: 'ipv4_addr', length: 4, order: 'network' } as const;
const port = { name: 'inet_service', length: 2, order: 'network' } as const;

const setOf = (changes: Partial<NftSet>): NftSet => ({
  name: { family: 'inet', table: 't', set: 'iv' },
  fields: [ipv4],
  keyLength: 4,
  isMap: false,
  isConstant: false,
  isInterval: false,
  hasTimeout: true,
  timeoutMs: 0,
  size: 0,
  ...changes,
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** `table t`, `set iv`, behind nlmsghdr and nfgenmsg. */
const names = '0600010074000000' + '0700020069760000';

describe('elementTemplate', () => {
  test('is the message that nft sends, but for the key', () => {
    const { bytes, messages, keys, ends } = elementTemplate(setOf({}), ['add'], 60_000, false);
    expect(hex(bytes)).toBe(
      // Length 80, NFT_MSG_NEWSETELEM, NLM_F_REQUEST | NLM_F_CREATE; NFPROTO_INET.
      ['50000000', '0c0a', '0104', '00000000', '00000000', '01000000', names].join('') +
        ['2c000380', '28000180', '0c000180', '08000100', '00000000'].join('') +
        ['0c000400', '000000000000ea60', '0c000500', '000000000000ea60'].join(''),
    );
    expect({ messages, keys, ends }).toEqual({ messages: [0], keys: [52], ends: [] });
  });

  test('ends an interval with an element of its own', () => {
    const set = setOf({ isInterval: true });
    const { bytes, keys, ends } = elementTemplate(set, ['add'], 0, false);
    const end = ['18000180', '0800030000000001', '0c000180', '08000100', '00000000'].join('');
    expect(hex(bytes).endsWith(end)).toBe(true);
    expect({ keys, ends }).toEqual({ keys: [52], ends: [76] });
  });

  test('leaves the interval of the highest key open, and notes it as nft does', () => {
    const set = setOf({ isInterval: true });
    const { bytes, keys, ends } = elementTemplate(set, ['add'], 0, true);
    expect(hex(bytes).endsWith('0a000600010401000000' + '0000')).toBe(true);
    expect({ keys, ends }).toEqual({ keys: [52], ends: [] });
  });

  test('gives a concatenated interval both keys in one element', () => {
    const set = setOf({ fields: [ipv4, port], keyLength: 8, isInterval: true });
    const { keys, ends } = elementTemplate(set, ['add'], 0, false);
    expect({ keys, ends }).toEqual({ keys: [52, 68], ends: [] });
  });

  test('puts several steps behind each other, deletion without timeout', () => {
    const once = elementTemplate(setOf({}), ['add'], 60_000, false);
    const { bytes, messages, keys } = elementTemplate(
      setOf({}),
      ['add', 'delete', 'add'],
      60_000,
      false,
    );
    expect({ messages, keys }).toEqual({ messages: [0, 80, 136], keys: [52, 132, 188] });
    expect(hex(bytes.subarray(0, 80))).toBe(hex(once.bytes));
    expect(hex(bytes.subarray(136))).toBe(hex(once.bytes));
    // Length 56, NFT_MSG_DELSETELEM, NLM_F_REQUEST.
    expect(hex(bytes.subarray(80, 88))).toBe('38000000' + '0e0a' + '0100');
  });

  test('asks for an element and for the key that follows it', () => {
    const set = setOf({ isInterval: true });
    const { bytes, keys, ends } = elementTemplate(set, ['look up'], 0, false);
    // Length 72, NFT_MSG_GETSETELEM, NLM_F_REQUEST.
    expect(hex(bytes.subarray(0, 8))).toBe('48000000' + '0d0a' + '0100');
    const element = '10000180' + '0c000180' + '08000100' + '00000000';
    expect(hex(bytes).endsWith(`24000380${element}${element}`)).toBe(true);
    expect({ keys, ends }).toEqual({ keys: [52], ends: [68] });
  });
});
