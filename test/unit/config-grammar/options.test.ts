import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  defineOptions,
  describeDefault,
  describeType,
  formatDuration,
  formatPrefix,
  formatSize,
  type OptionSchema,
  type OptionValue,
  type OptionValues,
  type Prefix,
  parseConfig,
  parsePrefix,
  readDuration,
} from '../../../src/config-grammar/index.ts';
import { parseOption } from '../../../src/config-grammar/options/option.ts';

/** The value of `option` followed by `text`, or the problems as sentences. */
function read(schema: OptionSchema, text: string): OptionValue | string[] {
  const { document } = parseConfig(`b {\noption ${text}\n}`, 't.conf');
  const statement = document.blocks[0]?.statements[0];
  if (!statement) throw new Error('no statement');
  const parsed = parseOption(schema, statement, document.source);
  return parsed.ok ? parsed.value : parsed.problems.map(({ problem }) => problem);
}

const help = '';

describe('a flag', () => {
  it.each([
    ['', true],
    ['yes', true],
    ['ON', true],
    ['True', true],
    ['1', true],
    ['no', false],
    ['off', false],
    ['false', false],
    ['0', false],
    ['2', ['takes no value, or yes or no']],
    ['yes no', ['takes at most one value']],
  ])('reads %j as %j', (text, expected) => {
    expect(read({ type: 'flag', help }, text)).toEqual(expected);
  });
});

describe('an integer', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['+7', 7],
    ['-12', -12],
    ['0x1F', 31],
    ['65535', 65535],
    ['65536', ['takes a value from -20 to 65535, not "65536"']],
    ['-21', ['takes a value from -20 to 65535, not "-21"']],
    ['1.5', ['takes an integer, not "1.5"']],
    ['1e3', ['takes an integer, not "1e3"']],
    ['0b1', ['takes an integer, not "0b1"']],
    ['""', ['takes an integer, not ""']],
    ['', ['needs a value']],
  ])('reads %j as %j', (text, expected) => {
    expect(read({ type: 'integer', min: -20, max: 65535, help }, text)).toEqual(expected);
  });
});

describe('a size', () => {
  it.each([
    ['100', 100],
    ['64K', 65_536],
    ['64k', 65_536],
    ['2M', 2_097_152],
    ['1G', 1_073_741_824],
    ['0x10K', 16_384],
    ['64KiB', 65_536],
    ['2G', ['takes a value from 0 to 1G, not "2G"']],
    ['1.5M', ['takes a size such as 65536, 64K or 2M, not "1.5M"']],
    ['K', ['takes a size such as 65536, 64K or 2M, not "K"']],
  ])('reads %j as %j', (text, expected) => {
    expect(read({ type: 'size', max: 2 ** 30, help }, text)).toEqual(expected);
  });

  it.each([
    [0, '0'],
    [1000, '1000'],
    [65_536, '64K'],
    [2 ** 21, '2M'],
    [3 * 2 ** 30, '3G'],
  ])('is written as %j', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['30', 30_000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['1H', 3_600_000],
    ['1d', 86_400_000],
    ['25d', ['takes a value from 0s to 2147483647ms, not "25d"']],
    ['1w', ['takes a duration such as 500ms, 30s, 5m or 1h, not "1w"']],
  ])('reads %j as %j ms', (text, expected) => {
    expect(read({ type: 'duration', help }, text)).toEqual(expected);
  });

  it('is read as a word of another value', () => {
    expect(readDuration('5m')).toEqual({ ok: true, value: 300_000 });
    expect(readDuration('20')).toEqual({ ok: true, value: 20_000 });
    expect(readDuration('never')).toMatchObject({
      ok: false,
      problem: 'takes a duration such as 500ms, 30s, 5m or 1h, not "never"',
    });
  });

  it('takes its own unit for bare numbers', () => {
    expect(read({ type: 'duration', unit: 'ms', help }, '20')).toBe(20);
  });

  it.each([
    [0, '0s'],
    [1500, '1500ms'],
    [90_000, '90s'],
    [7_200_000, '2h'],
  ])('is written as %j', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('an enum', () => {
  const schema: OptionSchema = {
    type: 'enum',
    values: ['daemon', 'kern', 'LOCAL0'],
    valueAliases: { deamon: 'daemon', kernel: 'kern' },
    help,
  };

  it.each([
    ['DAEMON', 'daemon'],
    ['local0', 'LOCAL0'],
    ['Kernel', 'kern'],
    ['deamon', 'daemon'],
    ['__proto__', ['takes daemon, kern or LOCAL0, not "__proto__"']],
  ])('reads %j as %j', (text, expected) => {
    expect(read(schema, text)).toEqual(expected);
  });
});

describe('a list', () => {
  const integers: OptionSchema = { type: 'list', of: { type: 'integer' }, maxItems: 3, help };

  it.each([
    ['1,2,3', [1, 2, 3]],
    ['1, 2 ,3', [1, 2, 3]],
    ['1 2', [1, 2]],
    ['"1 2",3', [1, 2, 3]],
    [',', ['needs a value']],
    ['1,x,y', ['takes an integer, not "x"', 'takes an integer, not "y"']],
    ['1 2 3 4', ['takes at most 3 values']],
  ])('of integers reads %j as %j', (text, expected) => {
    expect(read(integers, text)).toEqual(expected);
  });

  it('of strings keeps commas and blanks inside quotes', () => {
    const strings: OptionSchema = { type: 'list', of: { type: 'string' }, help };
    expect(read(strings, 'a,b "c, d" ""')).toEqual(['a', 'b', 'c, d', '']);
  });
});

describe('a prefix', () => {
  it.each([
    ['192.0.2.1', 4, 'c0000201', 32],
    ['10.0.0.0/8', 4, '0a000000', 8],
    ['127.0.0.1/8', 4, '7f000000', 8],
    ['0.0.0.0/0', 4, '00000000', 0],
    ['255.255.255.255/31', 4, 'fffffffe', 31],
    ['::', 6, '00000000000000000000000000000000', 128],
    ['::1', 6, '00000000000000000000000000000001', 128],
    ['2001:db8::/32', 6, '20010db8000000000000000000000000', 32],
    ['2001:DB8:0:0:1::ff/128', 6, '20010db8000000000001000000000' + '0ff', 128],
    ['::ffff:192.0.2.1', 6, '00000000000000000000ffffc0000201', 128],
    ['fe80::ffff/121', 6, 'fe80000000000000000000000000ff80', 121],
  ])('reads %s', (text, family, hex, prefixLength) => {
    const parsed = parsePrefix(text);
    if (!parsed.ok) throw new Error(parsed.problem);
    const { bytes, ...value } = parsed.value;
    expect(value).toEqual({ family, prefixLength });
    expect(Buffer.from(bytes).toString('hex')).toBe(hex);
  });

  it.each(['10.0.0/8', '10.0.0.0/33', '::/129', '::1/', '::1/8/8', 'fe80::1%eth0', 'host', ''])(
    'refuses %j',
    (text) => {
      expect(parsePrefix(text).ok).toBe(false);
    },
  );

  it.each(['192.0.2.1', '10.0.0.0/8', '::', '::1', '2001:db8::/32', '1:0:0:2::3', 'fe80::'])(
    'is written as %s',
    (text) => {
      const parsed = parsePrefix(text);
      expect(parsed.ok && formatPrefix(parsed.value)).toBe(text);
    },
  );
});

describe('defineOptions', () => {
  it('infers exact values', () => {
    const schemas = defineOptions({
      sync: { type: 'flag', help },
      file: { type: 'path', access: 'write', default: '/x', help },
      user: { type: 'string', required: true, help },
      port: { type: 'integer', help },
      mode: { type: 'enum', values: ['tcp', 'udp'], default: 'tcp', help },
      hosts: { type: 'list', of: { type: 'prefix' }, help },
      levels: { type: 'list', of: { type: 'enum', values: ['a', 'b'] }, default: ['a'], help },
    });
    expectTypeOf<OptionValues<typeof schemas>>().toEqualTypeOf<{
      readonly sync: boolean;
      readonly file: string;
      readonly user: string;
      readonly port: number | undefined;
      readonly mode: 'tcp' | 'udp';
      readonly hosts: readonly Prefix[] | undefined;
      readonly levels: readonly ('a' | 'b')[];
    }>();
    expect(Object.keys(schemas)).toHaveLength(7);
  });

  it.each([
    ['a default out of range', { x: { type: 'integer', max: 1, default: 2, help } }],
    ['a default of no size', { x: { type: 'size', default: '1X', help } }],
    [
      'a bad item of a default',
      { x: { type: 'list', of: { type: 'size' }, default: ['k'], help } },
    ],
    [
      'an alias of another option',
      { x: { type: 'flag', help }, y: { type: 'flag', aliases: ['x'], help } },
    ],
    ['a word of the language', { include: { type: 'flag', help } }],
    ['a word of sections', { filter: { type: 'flag', aliases: ['when'], help } }],
    ['a name that cannot be written', { 'a b': { type: 'flag', help } }],
    [
      'a default of a required option',
      { x: { type: 'string', default: 'a', required: true, help } },
    ],
  ] as const)('refuses %s', (_, schemas) => {
    expect(() => defineOptions(schemas)).toThrow(TypeError);
  });
});

describe('descriptions', () => {
  it.each<[OptionSchema, string, string | undefined]>([
    [{ type: 'flag', help }, 'flag', 'no'],
    [{ type: 'integer', min: 0, max: 9, default: 1, help }, 'integer from 0 to 9', '1'],
    [{ type: 'size', max: 2 ** 20, default: '64K', help }, 'size up to 1M', '64K'],
    [
      { type: 'duration', min: 1000, help },
      'duration of at least 1s; bare numbers in s',
      undefined,
    ],
    [{ type: 'enum', values: ['a', 'b', 'c'], help }, 'a, b or c', undefined],
    [{ type: 'path', access: 'none', words: ['stdout'], help }, 'path, or stdout', undefined],
    [{ type: 'string', rest: true, help }, 'rest of the line', undefined],
    [
      { type: 'list', of: { type: 'prefix' }, default: ['::1', '10.0.0.0/8'], help },
      'list of address or prefix',
      '::1,10.0.0.0/8',
    ],
  ])('of %j', (schema, type, text) => {
    expect(describeType(schema)).toBe(type);
    expect(describeDefault(schema)).toBe(text);
  });
});
