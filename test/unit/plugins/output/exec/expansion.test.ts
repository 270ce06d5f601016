import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCommand } from '../../../../../src/plugins/output/exec/command.ts';
import { Environment } from '../../../../../src/plugins/output/exec/environment.ts';
import { Expansion } from '../../../../../src/plugins/output/exec/expansion.ts';
import { invocationOf } from '../../../../../src/plugins/output/exec/invocation.ts';
import { ColumnSet } from '../../../../../src/records/column-set.ts';
import { key } from '../../../../../src/records/key.ts';

const keys = {
  prefix: key('oob.prefix', 'string', ''),
  out: key('oob.out', 'string', ''),
  saddr: key('ip.saddr', 'ip', ''),
  arp: key('arp.saddr', 'ip', ''),
  udp: key('udp.sport', 'u16', ''),
  mac: key('raw.mac', 'mac', ''),
  pkt: key('raw.pkt', 'bytes', ''),
  wide: key('x.wide', 'u64', ''),
};

/** One row whose byte values are given. */
class Row {
  readonly columns = new ColumnSet(1, Object.values(keys));
  nul = 0;

  bytes(
    name: 'prefix' | 'out' | 'saddr' | 'arp' | 'mac' | 'pkt',
    value: string | Uint8Array,
  ): this {
    const column = this.columns.bytes(keys[name]);
    const data = Buffer.from(value);
    column.ownData(Buffer.concat([Buffer.from('--'), data, Buffer.from('--')]));
    column.set(0, 2, data.length);
    return this;
  }

  expansion(command: string, force = false): Expansion {
    const words = parseCommand(command).words.map(({ template }) => template);
    return new Expansion(words, this.columns, { force, onNul: () => this.nul++ });
  }

  environment(names: readonly string[] = []): Environment {
    return new Environment({ keys: names, block: 'wéb', group: 5 }, this.columns);
  }

  /** The arguments, or why there are none. */
  argv(command: string, force = false) {
    const expansion = this.expansion(command, force);
    const refusal = expansion.expand(0);
    return refusal ?? invocationOf(expansion, this.environment()).argv;
  }
}

describe('the expansion of a command', () => {
  test('writes values as specter prints them', () => {
    const row = new Row().bytes('saddr', Uint8Array.of(192, 0, 2, 1));
    row.bytes('mac', Buffer.from('0200ff', 'hex')).bytes('pkt', Buffer.from('4500', 'hex'));
    row.columns.numbers(keys.udp).set(0, 65_535);
    row.columns.wide(keys.wide).set(0, 1, 2);
    expect(row.argv('/a %S:%s %{raw.mac} %{raw.pkt} %{x.wide} %%')).toEqual([
      '/a',
      '192.0.2.1:65535',
      '02:00:ff',
      '4500',
      '4294967298',
      '%',
    ]);
    row.bytes('saddr', Buffer.from('20010db8000000000000000000000001', 'hex'));
    expect(row.argv('/a %S')).toEqual(['/a', '2001:db8::1']);
  });

  test('takes the first key that the row has', () => {
    const row = new Row().bytes('arp', Uint8Array.of(10, 0, 0, 1));
    expect(row.argv('/a %S')).toEqual(['/a', '10.0.0.1']);
  });

  test('skips rows that lack a value; one of no bytes counts as lacking', () => {
    const row = new Row().bytes('out', '');
    expect(row.argv('/a %S')).toBe('absent');
    expect(row.argv('/a %O')).toBe('absent');
    expect(row.argv('/a %{nobody.provides}')).toBe('absent');
    expect(row.argv('/a x%S %O', true)).toEqual(['/a', 'xinvalid', 'invalid']);
  });

  test('takes a value with a NUL byte for lacking, and tells it apart', () => {
    const row = new Row().bytes('prefix', 'a\0b');
    expect(row.argv('/a %{oob.prefix}')).toBe('nul');
    expect(row.argv('/a %{oob.prefix}', true)).toEqual(['/a', 'invalid']);
    expect(row.nul).toBe(1);
  });

  test('refuses what would look like an option, unless it is an operand', () => {
    const row = new Row().bytes('prefix', '-rf');
    expect(row.argv('/a %{oob.prefix}')).toBe('option');
    expect(row.argv('/a "%{oob.prefix}x"')).toBe('option');
    expect(row.argv('/a %{oob.prefix} --')).toBe('option');
    expect(row.argv('/a -- %{oob.prefix}')).toEqual(['/a', '--', '-rf']);
    expect(row.argv('/a --x=%{oob.prefix}')).toEqual(['/a', '--x=-rf']);
    expect(row.argv('/a x %{oob.prefix}y', true)).toBe('option');
  });

  test('refuses what is longer than an argument can be', () => {
    const row = new Row().bytes('prefix', Buffer.alloc(131_071, 'x'));
    expect(row.argv('/a %{oob.prefix}')).toEqual(['/a', 'x'.repeat(131_071)]);
    expect(row.argv('/a %{oob.prefix}y')).toBe('long');
  });

  test('gives exactly the words of the template with exactly the bytes, whatever these are', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
    const hostile = fc.constantFrom(
      '\xff',
      '$(id)',
      '\n',
      '"',
      "'",
      ' ',
      '%S',
      'é',
      '\ufeff',
      '\\',
    );
    const value = fc.oneof(
      bytes.map((array) => Buffer.from(array)),
      fc.array(hostile, { minLength: 1 }).map((parts) => Buffer.from(parts.join(''))),
    );
    const row = new Row();
    fc.assert(
      fc.property(value, value, (prefix, out) => {
        row.bytes('prefix', prefix).bytes('out', out);
        const expansion = row.expansion('/a -- %{oob.prefix} "<%O|%{oob.prefix}>" é');
        const environment = row.environment(['oob.prefix']);
        const refusal = expansion.expand(0);
        if (prefix.includes(0) || out.includes(0)) return refusal === 'nul';
        expect(refusal).toBeUndefined();
        environment.collect(0);
        const { argv, env, encoding } = invocationOf(expansion, environment);
        const middle = Buffer.concat([
          Buffer.from('<'),
          out,
          Buffer.from('|'),
          prefix,
          Buffer.from('>'),
        ]);
        expect(argv.map((word) => Buffer.from(word, encoding))).toEqual(
          ['/a', '--', prefix, middle, 'é'].map((part) => Buffer.from(part)),
        );
        expect(Buffer.from(env.SPECTER_OOB_PREFIX ?? '', encoding)).toEqual(prefix);
        expect(Buffer.from(env.SPECTER_BLOCK ?? '', encoding)).toEqual(Buffer.from('wéb'));
        return true;
      }),
    );
  });

  test('does not take neighbouring words together for one character', () => {
    const row = new Row().bytes('prefix', Uint8Array.of(0xc3)).bytes('out', Uint8Array.of(0xa4));
    const expansion = row.expansion('/a %{oob.prefix} %O');
    expect(expansion.expand(0)).toBeUndefined();
    const { argv, encoding } = invocationOf(expansion, row.environment());
    expect([encoding, ...argv]).toEqual(['latin1', '/a', '\xc3', '\xa4']);
  });
});

describe('the environment of a command', () => {
  test('has the values that the row has, and nothing of specter itself', () => {
    const row = new Row().bytes('prefix', 'p').bytes('out', 'a\0b');
    const environment = row.environment(['x.wide', 'oob.prefix', 'oob.out', 'no.such']);
    environment.collect(0);
    expect(invocationOf(row.expansion('/a'), environment).env).toEqual({
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      SPECTER_BLOCK: 'wéb',
      SPECTER_GROUP: '5',
      SPECTER_OOB_PREFIX: 'p',
    });
  });

  test('leaves out the group of a block without one, and what is too long', () => {
    const row = new Row().bytes('prefix', Buffer.alloc(131_060, 'x')).bytes('out', 'o');
    const names = ['oob.prefix', 'oob.out'];
    const environment = new Environment({ keys: names, block: 'b', group: undefined }, row.columns);
    environment.collect(0);
    expect(Object.keys(invocationOf(row.expansion('/a'), environment).env).sort()).toEqual([
      'PATH',
      'SPECTER_BLOCK',
      'SPECTER_OOB_OUT',
    ]);
  });
});
