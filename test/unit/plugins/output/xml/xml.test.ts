import { spawnSync } from 'node:child_process';
import {
  closeSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OutputInstance } from '../../../../../src/plugins/api.ts';
import { xml } from '../../../../../src/plugins/output/xml/index.ts';
import { createXmlFile, XmlFolderError } from '../../../../../src/plugins/output/xml/xml-files.ts';
import { Batch } from '../../../../../src/records/batch.ts';
import { ColumnSet } from '../../../../../src/records/column-set.ts';
import { key } from '../../../../../src/records/key.ts';
import { ipv4, udp } from '../../../../support/packets.ts';
import { requireTools, title } from '../../../../support/requirements.ts';
import { ScratchFolder } from '../../../../support/scratch-folder.ts';
import { fakeContext, fakeHost } from '../../fake-context.ts';
import { attribute, PacketPath } from '../../packet-path.ts';

type XmlOptions = Parameters<typeof xml.open>[0]['options'];

const savedZone = process.env.TZ;
let folder: ScratchFolder;

beforeEach(async () => {
  process.env.TZ = 'Europe/Berlin';
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-22T01:05:43Z') });
  folder = await ScratchFolder.create();
});
afterEach(async () => {
  vi.useRealTimers();
  process.env.TZ = savedZone;
  await folder[Symbol.asyncDispose]();
});

const head = '<?xml version="1.0" encoding="utf-8"?>\n<packet>\n';
const foot = '</packet>\n';

function open(columns: ColumnSet, options: Partial<XmlOptions> = {}): OutputInstance {
  const values = {
    xmldirectory: folder.path,
    xmlprefix: 'specter',
    xmlsync: true,
    xmlstdout: false,
    xmlkeys: undefined,
  };
  return xml.open(fakeContext(columns, { ...values, ...options }, { host: fakeHost() }));
}

/** The documents in the folder by name. */
const files = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder.path)
      .sort()
      .map((name) => [name, readFileSync(folder.join(name), 'utf8')]),
  );

const first = 'specter-pkt-22112026-020543.xml';

const payload = ipv4(
  { source: '192.0.2.1', destination: '198.51.100.2', id: 7 },
  udp({ sourcePort: 1024, destinationPort: 53 }, 'abc'),
);
// 2026-11-21 23:00:00 UTC, which is Sunday in Berlin
const timestamp = { sec: 1_795_302_000n, usec: 42n };
const when =
  '<when><hour>0</hour><min>00</min><sec>00</sec><wday>1</wday><day>22</day><month>11</month><year>2026</year></when>';

describe('XML', () => {
  test('writes the elements of libnetfilter_log, and the keys named', async () => {
    const path = new PacketPath('all');
    const output = open(path.batch.columns, { xmlkeys: ['ip.saddr', 'udp.dport', 'tcp.dport'] });
    const sender = attribute.sender(Buffer.from('020000000001', 'hex'));
    output.write(
      path.take(
        { prefix: 'in: ', mark: 5, indev: 2, outdev: 3, timestamp, payload, attributes: [sender] },
        {
          headless: true,
          family: 7,
          timestamp,
          attributes: [attribute.physicalIndev(4), attribute.physicalOutdev(5)],
        },
      ),
    );
    await output.close();
    expect(files()).toEqual({
      [first]:
        `${head}<log>${when}<prefix>in: </prefix><hook>1</hook>` +
        '<hw><proto>0800</proto><src>020000000001</src></hw><mark>5</mark><indev>2</indev><outdev>3</outdev>' +
        '<payload>4500001f0007000040118e90c0000201c633640204000035000b4b09616263</payload>' +
        '<keys><ip.saddr>192.0.2.1</ip.saddr><udp.dport>53</udp.dport></keys></log>\n' +
        `<log>${when}<physindev>4</physindev><physoutdev>5</physoutdev><keys></keys></log>\n${foot}`,
    });
    expect(output.counters).toEqual({ written: 2, dropped: 0, errors: 0 });
  });

  test('writes all keys but raw bytes and what has an element', async () => {
    const path = new PacketPath('all');
    const output = open(path.batch.columns);
    output.write(path.take({ prefix: 'p', timestamp, payload }));
    await output.close();
    const [, names = ''] = /<keys>(.*)<\/keys>/.exec(files()[first] ?? '') ?? [];
    expect(names.match(/(?<=<\/)[^>]+/g)).toEqual([
      ...['raw.pktlen', 'raw.pktcount', 'raw.label', 'oob.time.sec', 'oob.time.usec', 'oob.family'],
      ...['ip.saddr', 'ip.daddr', 'ip.protocol', 'ip.tos', 'ip.ttl', 'ip.totlen', 'ip.ihl'],
      ...['ip.csum', 'ip.id', 'ip.fragoff', 'udp.sport', 'udp.dport', 'udp.len', 'udp.csum'],
    ]);
  });

  test('writes what ulogd2 writes and no more with xmlkeys none', async () => {
    const path = new PacketPath('all');
    const output = open(path.batch.columns, { xmlkeys: ['none'] });
    output.write(path.take({ timestamp, payload: payload.subarray(0, 2) }));
    await output.close();
    expect(files()[first]).toBe(
      `${head}<log>${when}<hook>1</hook><hw><proto>0800</proto></hw><payload>4500</payload></log>\n${foot}`,
    );
  });

  test('reads, beside the keys named, those of the elements', () => {
    const values = { xmldirectory: '/', xmlprefix: 'p', xmlsync: false, xmlstdout: false };
    const names = (xmlkeys: readonly string[] | undefined) =>
      xml.readsOf?.({ ...values, xmlkeys }).map(({ key: name, optional }) => [name, optional]);
    expect(names(undefined)).toEqual([]);
    expect(names(['ip.saddr'])?.slice(0, 2)).toEqual([
      ['ip.saddr', undefined],
      ['oob.time.sec', true],
    ]);
    expect(names(['none'])).toContainEqual(['raw.pkt', true]);
    expect(names(['none'])?.every(([, optional]) => optional)).toBe(true);
  });

  test('refuses prefixes that cannot begin a file name', () => {
    const values = { xmldirectory: '/', xmlsync: false, xmlstdout: false, xmlkeys: undefined };
    for (const xmlprefix of ['', 'a/b', 'a\nb', 'a'.repeat(129)]) {
      expect(xml.check?.({ ...values, xmlprefix })).toHaveLength(1);
    }
    expect(xml.check?.({ ...values, xmlprefix: 'gate 1' })).toEqual([]);
  });
});

describe('the files of XML', () => {
  const path = new PacketPath('all');
  const take = (prefix: string) => path.take({ prefix, timestamp });
  const prefixes = (text = '') => text.match(/(?<=<prefix>)[^<]*/g);

  test('begin anew at each reopen, also within a second', async () => {
    const output = open(path.batch.columns);
    output.write(take('a'));
    output.reopen?.();
    output.write(take('b'));
    output.reopen?.();
    vi.setSystemTime(new Date('2026-11-22T01:05:44Z'));
    output.reopen?.();
    output.write(take('c'));
    await output.close();
    const found = files();
    expect(Object.keys(found)).toEqual([
      'specter-pkt-22112026-020543-1.xml',
      'specter-pkt-22112026-020543-2.xml',
      first,
      'specter-pkt-22112026-020544.xml',
    ]);
    const texts = Object.values(found);
    for (const text of texts)
      expect([text.startsWith(head), text.endsWith(foot)]).toEqual([true, true]);
    expect(texts.flatMap((text) => prefixes(text) ?? []).sort()).toEqual(['a', 'b', 'c']);
  });

  test('are never those of somebody else', async () => {
    writeFileSync(folder.join(first), 'theirs');
    const output = open(path.batch.columns, {});
    await output.close();
    expect(files()).toEqual({
      [first]: 'theirs',
      'specter-pkt-22112026-020543-1.xml': head + foot,
    });
  });

  test('are made with the rights of the user that specter becomes', () => {
    const host = fakeHost({ uid: 65_534 });
    const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    const asUser = () => {
      throw denied;
    };
    const values = { xmldirectory: '/logs', xmlprefix: 'gate', xmlsync: true, xmlstdout: false };
    const context = fakeContext(
      path.batch.columns,
      { ...values, xmlkeys: undefined },
      { host: { ...host, asUser } },
    );
    const error = expect(() => xml.open(context));
    error.toThrow(XmlFolderError);
    error.toThrow(
      "EACCES: cannot make '/logs/gate-pkt-22112026-020543.xml': a new file is made at each SIGHUP, " +
        'so xmldirectory has to be a folder that user 65534, whom specter runs as, can write to',
    );
  });

  test('name the folder that is not there', () => {
    expect(() => open(path.batch.columns, { xmldirectory: folder.join('none') })).toThrow(
      /^ENOENT: /,
    );
  });

  test.each([
    ['a record', { torn: 5, begun: true }, `${head}<log></log>\n<log>`, `${head}<log></log>\n`],
    ['the head', { torn: 9, begun: false }, head.slice(0, 9), head],
  ])('end well-formed where %s was cut off', (_what, end, written, kept) => {
    const file = createXmlFile(fakeHost(), folder.path, 'specter');
    writeSync(file.fd, written);
    file.finish?.({ ...end, passed: 0 });
    closeSync(file.fd);
    expect(files()).toEqual({ [first]: kept + foot });
  });

  test('go on when there can be no new one', async () => {
    const output = open(path.batch.columns);
    output.write(take('a'));
    renameSync(folder.path, `${folder.path}-moved`);
    expect(() => output.reopen?.()).toThrow(XmlFolderError);
    renameSync(`${folder.path}-moved`, folder.path);
    output.write(take('b'));
    await output.close();
    expect(prefixes(files()[first])).toEqual(['a', 'b']);
  });
});

const missing = requireTools('xmllint');

describe.skipIf(missing)(title('xmllint', missing), () => {
  const text = key('a.text', 'string', '');
  const odd = key('1 "<odd>" & ü', 'string', '');
  const columns = new ColumnSet(1, [key('oob.prefix', 'string', ''), text, odd]);
  const batch = new Batch(columns);

  /** A batch with one row, which has `bytes` wherever text is. */
  function take(bytes: Uint8Array): Batch {
    batch.begin(bytes);
    batch.count = 1;
    for (const { key: each } of columns.entries()) columns.bytes(each).set(0, 0, bytes.length);
    batch.selectAll();
    return batch;
  }

  const lint = () =>
    spawnSync('xmllint', ['--noout', folder.join(first)], { encoding: 'utf8' }).stderr;

  test('finds every document well-formed, whatever the bytes', async () => {
    const output = open(columns);
    const each = Array.from({ length: 256 }, (_, byte) => Buffer.from([byte]));
    const pairs = each.map((byte) => Buffer.concat([byte, Buffer.from(']]>'), byte, byte]));
    const wide = ['\ufffe', '\uffff', '\u{1ffff}', '\u0085', '\u2028'].map((c) => Buffer.from(c));
    const random = fc.sample(fc.uint8Array({ maxLength: 64 }), 2000);
    for (const bytes of [...each, ...pairs, ...wide, ...random]) output.write(take(bytes));
    await output.close();
    expect(lint()).toBe('');
  });

  test('reads the text back', async () => {
    const output = open(columns);
    output.write(take(Buffer.from('a<b> & "c" ü \\ \n')));
    await output.close();
    const value = (query: string) =>
      spawnSync('xmllint', ['--xpath', `string(${query})`, folder.join(first)], {
        encoding: 'utf8',
      }).stdout;
    const expected = 'a<b> & "c" ü \\x5c \\x0a\n';
    expect(value('/packet/log/prefix')).toBe(expected);
    expect(value('/packet/log/keys/a.text')).toBe(expected);
    expect(value(`//key[@name='${odd.name}']`)).toBe(expected);
  });
});
