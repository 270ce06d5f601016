import { constants, openSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Prefix, parsePrefix } from '../../../../../src/config-grammar/index.ts';
import { knock } from '../../../../../src/plugins/filter/knock/index.ts';
import { knockKeys } from '../../../../../src/plugins/filter/knock/knock.ts';
import type { KnockOptions } from '../../../../../src/plugins/filter/knock/options.ts';
import type { FlagWord } from '../../../../../src/plugins/filter/knock/tcp-flags.ts';
import { Batch } from '../../../../../src/records/batch.ts';
import { BytesColumn, NumberColumn } from '../../../../../src/records/column.ts';
import { ColumnSet } from '../../../../../src/records/column-set.ts';
import { key } from '../../../../../src/records/key.ts';
import { ValueText } from '../../../../../src/records/value-text.ts';
import { ipv4Bytes, ipv6Bytes } from '../../../../support/packets/address.ts';
import { ScratchFolder } from '../../../../support/scratch-folder.ts';
import { fakeContext, fakeHost } from '../../fake-context.ts';

const SYN = 0x02;
const START = 1_700_000_000;

/** A packet: what it is, and what is not as usual about it. */
interface Packet {
  readonly tcp?: number;
  readonly udp?: number;
  readonly icmp?: number;
  readonly icmpv6?: number;
  readonly source?: string;
  readonly destination?: string;
  readonly flags?: number;
  /** Identifies a TCP segment. Default: a new one. */
  readonly sequenceNumber?: number;
  /** Seconds behind START. Default 0. */
  readonly time?: number;
}

const numberKeys = {
  'oob.time.sec': 'u32',
  'oob.time.usec': 'u32',
  'tcp.dport': 'u16',
  'tcp.sport': 'u16',
  'tcp.seq': 'u32',
  'tcp.flags': 'u8',
  'udp.dport': 'u16',
  'icmp.type': 'u8',
  'icmpv6.type': 'u8',
} as const;

const allKeys = [
  key('ip.saddr', 'ip', ''),
  key('ip.daddr', 'ip', ''),
  ...Object.entries(numberKeys).map(([name, type]) => key(name, type, '')),
  ...Object.values(knockKeys),
];

/** A block's batch, as source and BASE fill it. */
class Rows {
  readonly batch = new Batch(new ColumnSet(64, allKeys));
  #fresh = 1;

  take(...packets: Packet[]): Batch {
    const { batch } = this;
    const bytes = Buffer.alloc(64 * 32);
    batch.begin(bytes);
    for (const packet of packets) this.#put(batch.count++, packet, bytes);
    batch.selectAll();
    return batch;
  }

  /** A selected row's knock keys as text. */
  keys(row: number): string[] {
    return Object.values(knockKeys).flatMap(({ name, type }) => {
      const found = this.batch.columns.find(name);
      if (!found?.column.has(row)) return [];
      const view = new DataView(new ArrayBuffer(100));
      const end = new ValueText(type, found.column).write(row, view, 0);
      return [`${name}=${Buffer.from(view.buffer).toString('latin1', 0, end)}`];
    });
  }

  #put(row: number, packet: Packet, bytes: Buffer): void {
    const { source = '192.0.2.1', destination = '198.51.100.1', time = 0 } = packet;
    this.#putAddress('ip.saddr', row, source, bytes, row * 32);
    this.#putAddress('ip.daddr', row, destination, bytes, row * 32 + 16);
    this.#putNumber('oob.time.sec', row, START + Math.floor(time));
    this.#putNumber('oob.time.usec', row, Math.round((time % 1) * 1e6));
    this.#putNumber('tcp.dport', row, packet.tcp);
    if (packet.tcp !== undefined) {
      this.#putNumber('tcp.sport', row, 40_000);
      this.#putNumber('tcp.seq', row, packet.sequenceNumber ?? this.#fresh++);
      this.#putNumber('tcp.flags', row, packet.flags ?? SYN);
    }
    this.#putNumber('udp.dport', row, packet.udp);
    this.#putNumber('icmp.type', row, packet.icmp);
    this.#putNumber('icmpv6.type', row, packet.icmpv6);
  }

  #putAddress(name: string, row: number, text: string, bytes: Buffer, at: number): void {
    const address = text.includes(':') ? ipv6Bytes(text) : ipv4Bytes(text);
    bytes.set(address, at);
    const column = this.batch.columns.find(name)?.column;
    if (column instanceof BytesColumn) column.set(row, at, address.length);
  }

  #putNumber(name: keyof typeof numberKeys, row: number, value: number | undefined): void {
    const column = this.batch.columns.find(name)?.column;
    if (value !== undefined && column instanceof NumberColumn) column.set(row, value);
  }
}

const defaults: KnockOptions = {
  knocksequence: '7000/tcp 8000/udp 9000/tcp',
  knockfile: undefined,
  knocktimeout: 25_000,
  knockflags: ['syn'],
  knockname: undefined,
  knockmax: 100,
  knockstrict: false,
  knockfamily: 'any',
  knocktarget: undefined,
};

const prefix = (text: string): Prefix => {
  const parsed = parsePrefix(text);
  if (!parsed.ok) throw new TypeError(text);
  return parsed.value;
};

let rows: Rows;
let failures: string[];
beforeEach(() => {
  rows = new Rows();
  failures = [];
});

/** A door, and what its log says. */
function open(options: Partial<KnockOptions> = {}, instance = '') {
  const context = fakeContext(
    rows.batch.columns,
    { ...defaults, ...options },
    {
      instance,
      host: fakeHost({ openUpdate: (path) => openSync(path, constants.O_RDWR) }),
      fail: ({ message }) => failures.push(message),
    },
  );
  return { door: knock.open(context), log: context.log };
}

/** Rows that pass, by number. */
function passing({ door }: Pick<ReturnType<typeof open>, 'door'>, ...packets: Packet[]): number[] {
  const batch = rows.take(...packets);
  door.select(batch);
  return [...batch.rows.subarray(0, batch.selected)];
}

const three: readonly Packet[] = [{ tcp: 7000 }, { udp: 8000 }, { tcp: 9000 }];

describe('a door', () => {
  test('lets the packet pass that completes the sequence, with its keys', () => {
    const { door, log } = open();
    expect(passing({ door }, { tcp: 22 }, ...three, { tcp: 22 })).toEqual([3]);
    expect(rows.keys(3)).toEqual(['knock.name=5', 'knock.stage=3', 'knock.source=192.0.2.1']);
    expect(rows.keys(2)).toEqual([]);
    expect(log.lines).toEqual(['notice: 192.0.2.1: 5: sequence complete']);
  });

  test('goes on where the batch before has ended', () => {
    const opened = open();
    expect(three.map((packet) => passing(opened, packet))).toEqual([[], [], [0]]);
  });

  test('looks at selected rows only, and tells sources apart', () => {
    const { door } = open();
    const from = (source: string) => three.map((packet) => ({ ...packet, source }));
    const batch = rows.take(...from('192.0.2.7'), ...from('2001:db8::7'), ...from('192.0.2.8'));
    batch.rows.set([0, 1, 3, 4, 5, 6, 7, 8]);
    batch.selected = 8;
    door.select(batch);
    expect([...batch.rows.subarray(0, batch.selected)]).toEqual([5, 8]);
    expect(rows.keys(5)).toContain('knock.source=2001:db8::7');
  });

  test.each([
    [{ knockname: 'my door' }, 'ssh', 'my door'],
    [{}, 'ssh admin', 'ssh admin'],
    [{}, '', '5'],
  ])('is called by its option %j, its section %j or its block', (options, instance, name) => {
    passing(open(options, instance), ...three);
    expect(rows.keys(2)).toContain(`knock.name=${name}`);
  });

  test('keeps its own name where others have theirs', () => {
    const [front, back] = [open({}, 'front'), open({ knocksequence: '9000/tcp' }, 'back')];
    passing(front, ...three);
    rows.batch.selectAll();
    back.door.select(rows.batch);
    expect(rows.keys(2)).toContain('knock.name=back');
    passing(front, ...three);
    expect(rows.keys(2)).toContain('knock.name=front');
  });

  test('goes by the time of the packets, to the microsecond', () => {
    const opened = open();
    const last = (time: number) =>
      passing(opened, { tcp: 7000, time: 0.5 }, { udp: 8000, time: 1 }, { tcp: 9000, time });
    expect(last(25.5)).toEqual([2]);
    expect(last(25.501)).toEqual([]);
    expect(opened.door.details?.()).toMatchObject({ completed: 1, expired: 1 });
  });

  test('tells retransmitted segments from new ones', () => {
    const opened = open({ knocksequence: '7000 7000' });
    const first = { tcp: 7000, sequenceNumber: 0xffff_ffff };
    expect(passing(opened, first, first, first)).toEqual([]);
    expect(passing(opened, { tcp: 7000, sequenceNumber: 5 })).toEqual([0]);
  });

  test('forgets sources when there are too many, and says so', () => {
    const { door, log } = open({ knockmax: 3 });
    const strangers = Array.from({ length: 10 }, (_, i) => ({ tcp: 7000, source: `10.0.0.${i}` }));
    passing({ door }, { tcp: 7000 }, ...strangers);
    expect(log.lines).toEqual([
      'counted: sources forgotten because there are more than knockmax: 8',
    ]);
    expect(passing({ door }, ...three)).toEqual([2]);
    expect(door.details?.()).toEqual({
      attempts: 12,
      spoiled: 0,
      expired: 0,
      completed: 1,
      refused: 0,
      evicted: 9,
      sources: 3,
    });
  });

  test('logs ten completed sequences a second, and counts the rest', () => {
    const { door, log } = open({ knocksequence: '7000/udp' });
    passing({ door }, ...Array.from({ length: 40 }, () => ({ udp: 7000 })));
    const notices = log.lines.filter((line) => line.startsWith('notice:'));
    const counted = log.lines.filter((line) => line === 'counted: more sequences completed: 1');
    expect(notices.length + counted.length).toBe(40);
    // The clock may strike in between.
    expect([10, 20]).toContain(notices.length);
  });
});

describe('a door notices', () => {
  test.each<[FlagWord[], number, number]>([
    [['syn'], 0x02, 1],
    [['syn'], 0x10, 0],
    [['syn', '!ack'], 0x12, 0],
    [['any'], 0x10, 1],
  ])('TCP packets with %j: the byte %i', (knockflags, flags, attempts) => {
    const opened = open({ knockflags });
    passing(opened, { tcp: 7000, flags });
    expect(opened.door.details?.()).toMatchObject({ attempts });
  });

  test('TCP packets with other flags not even to spoil an attempt', () => {
    const opened = open({ knockstrict: true });
    const established = { tcp: 22, flags: 0x18 };
    expect(passing(opened, { tcp: 7000 }, established, { udp: 8000 }, { tcp: 9000 })).toEqual([3]);
  });

  test.each<[KnockOptions['knockfamily'], number[]]>([
    ['any', [2, 5]],
    ['ip', [2]],
    ['ip6', [5]],
  ])('packets of the family %s', (knockfamily, expected) => {
    const six = three.map((packet) => ({ ...packet, source: '2001:db8::1' }));
    expect(passing(open({ knockfamily }), ...three, ...six)).toEqual(expected);
  });

  test('packets for its targets', () => {
    const targets = ['198.51.100.16/28', '2001:db8:0:4::/62', '203.0.113.1'].map(prefix);
    const opened = open({ knocksequence: '7000/udp', knocktarget: targets });
    const destinations = [
      '198.51.100.15',
      '198.51.100.16',
      '198.51.100.31',
      '198.51.100.32',
      '2001:db8:0:3::1',
      '2001:db8:0:4::1',
      '2001:db8:0:7:ffff::',
      '2001:db8:0:8::1',
      '203.0.113.1',
      '203.0.113.0',
    ];
    const packets = destinations.map((destination) => ({ udp: 7000, destination }));
    expect(passing(opened, ...packets)).toEqual([1, 2, 5, 6, 8]);
  });

  test('ICMP by its type', () => {
    expect(passing(open({ knocksequence: '8/icmp 0/icmp' }), { icmp: 8 }, { icmp: 0 })).toEqual([
      1,
    ]);
    const six = open({ knocksequence: '128/icmpv6' });
    expect(passing(six, { icmpv6: 128, source: '::1' }, { icmp: 128 })).toEqual([0]);
  });

  test('no packet without port or type', () => {
    const opened = open({ knockstrict: true });
    expect(passing(opened, { tcp: 7000 }, {}, { udp: 8000 }, {}, { tcp: 9000 })).toEqual([4]);
  });
});

describe('a door of one-time sequences', () => {
  let folder: ScratchFolder;
  let path: string;
  let opened: ReturnType<typeof open>;

  beforeEach(async () => {
    folder = await ScratchFolder.create();
    path = await folder.write('sequences', '7000 8000\n 7001 8001\n');
  });
  afterEach(async () => {
    opened.door.close?.();
    await folder[Symbol.asyncDispose]();
  });

  const openFile = () => {
    opened = open({ knocksequence: undefined, knockfile: path }, 'ssh');
    return opened;
  };
  const content = () => readFileSync(path, 'utf8');
  const first: readonly Packet[] = [{ tcp: 7000 }, { tcp: 8000 }];
  const second: readonly Packet[] = [{ tcp: 7001 }, { tcp: 8001 }];

  test('opens once with each, in their order', () => {
    const { log, door } = openFile();
    expect(passing(opened, ...second, ...first)).toEqual([3]);
    expect(content()).toBe('#000 8000\n 7001 8001\n');
    expect(door.details?.()).toMatchObject({ completed: 1 });
    expect(passing(opened, ...first, ...second, ...second)).toEqual([3]);
    expect(content()).toBe('#000 8000\n#7001 8001\n');
    const empty = `error: ${path} has no unused sequence left: the door stays shut until lines are added and SIGHUP makes specter read it again`;
    expect(log.lines).toEqual([
      'notice: 192.0.2.1: ssh: sequence complete; 1 left',
      empty,
      'notice: 192.0.2.1: ssh: sequence complete; 0 left',
    ]);
    expect(passing(opened, ...first, ...second)).toEqual([]);
    expect(door.details?.()).toMatchObject({ completed: 2, refused: 0 });
  });

  test('forgets attempts at a sequence that is used', () => {
    openFile();
    const stranger = { tcp: 7000, source: '192.0.2.9' };
    expect(passing(opened, stranger, ...first, { tcp: 8000, source: '192.0.2.9' })).toEqual([2]);
    expect(opened.door.details?.()).toMatchObject({ sources: 0 });
  });

  test('takes lines that were added, on SIGHUP', async () => {
    openFile();
    passing(opened, ...first, ...second);
    await writeFile(path, `${content()}7002/udp\n`);
    expect(passing(opened, { udp: 7002 })).toEqual([]);
    opened.door.reopen?.();
    expect(passing(opened, { udp: 7002 })).toEqual([0]);
  });

  test('keeps attempts over a SIGHUP that brings nothing new', () => {
    openFile();
    passing(opened, { tcp: 7000 });
    opened.door.reopen?.();
    expect(passing(opened, { tcp: 8000 })).toEqual([0]);
  });

  test('takes another file that has taken its place, on SIGHUP', async () => {
    openFile();
    await rename(await folder.write('new', '7001 8001\n'), path);
    opened.door.reopen?.();
    expect(passing(opened, ...first, ...second)).toEqual([3]);
    expect(content()).toBe('#001 8001\n');
  });

  test('goes on with what it has when SIGHUP finds a wrong file', async () => {
    openFile();
    await rename(await folder.write('new', 'ssh\n'), path);
    expect(() => opened.door.reopen?.()).toThrow(`${path}:1: a step is`);
    await rename(await folder.write('new', '7000 8000\n'), path);
    opened.door.reopen?.();
    expect(passing(opened, ...first)).toEqual([1]);
  });

  test('stays shut when the file has been changed behind its back', async () => {
    const { door, log } = openFile();
    await writeFile(path, '7001 8001\n7000 8000\n');
    expect(passing(opened, ...first, ...first, ...second)).toEqual([]);
    expect(log.lines).toEqual([
      `error: ${path} was changed since it was read: the door stays shut until SIGHUP makes specter read it again`,
    ]);
    expect(failures).toEqual([]);
    expect(door.details?.()).toMatchObject({ completed: 1, refused: 1 });
    door.reopen?.();
    expect(content()).toBe('7001 8001\n#000 8000\n');
    expect(passing(opened, ...first, ...second)).toEqual([3]);
  });

  test('shares its file with the door that takes its place', () => {
    const old = openFile();
    passing(old, { tcp: 7000 });
    openFile();
    expect(passing(opened, ...first)).toEqual([1]);
    expect(passing(old, { tcp: 8000 })).toEqual([]);
    old.door.close?.();
    expect(passing(opened, ...second)).toEqual([1]);
  });
});

describe('a door of one-time sequences whose disk is broken', () => {
  test('stays shut, and is an error of the plugin', async () => {
    await using folder = await ScratchFolder.create();
    const path = await folder.write('sequences', '7000\n7001\n');
    // A descriptor that cannot be written to fails as a broken disk does.
    const context = fakeContext(
      rows.batch.columns,
      { ...defaults, knocksequence: undefined, knockfile: path },
      {
        host: fakeHost({ openUpdate: (name) => openSync(name, constants.O_RDONLY) }),
        fail: ({ message }) => failures.push(message),
      },
    );
    const door = knock.open(context);
    expect(passing({ door }, { tcp: 7000 }, { tcp: 7000 }, { tcp: 7001 })).toEqual([]);
    expect(failures).toEqual([
      'a used sequence cannot be marked, so the door stays shut until SIGHUP: EBADF: bad file descriptor, write',
    ]);
    expect(door.details?.()).toMatchObject({ completed: 1, refused: 1 });
    door.close?.();
  });
});
