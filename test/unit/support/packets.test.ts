import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { crc32c, internetChecksum } from '../../support/packets/checksum.ts';
import * as p from '../../support/packets.ts';
import { requireTools, title } from '../../support/requirements.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { examples, good, ports, v4, v6 } from './packet-examples.ts';

const missing = requireTools('tshark');

describe.skipIf(missing)(title('packets as tshark decodes them', missing), () => {
  let decoded: Record<string, string>[] = [];

  // One run for all examples: tshark takes longer to start than to decode them.
  beforeAll(async () => {
    const fields = new Set(
      Object.values(examples).flatMap((example) => Object.keys(example.fields)),
    );
    decoded = await decode(
      Object.values(examples).map(({ frame }) => frame),
      [...fields],
    );
  });

  test.each(Object.entries(examples).map(([name, { fields }], index) => ({ name, fields, index })))(
    '$name',
    ({ fields, index }) => {
      expect(decoded[index]).toMatchObject(fields);
    },
  );

  test('IPv4 fragments make the packet again', async () => {
    const packet = p.ipv4({ ...v4, id: 99 }, p.udp(ports, 'x'.repeat(50)));
    const fragments = p.ipv4Fragments(packet, 24).map((part) => p.ethernet({}, part));
    const decoded = await decode(fragments, [
      'ip.frag_offset',
      'ip.flags.mf',
      'ip.checksum.status',
      'udp.checksum.status',
    ]);
    expect(decoded).toEqual([
      {
        'ip.frag_offset': '0',
        'ip.flags.mf': '1',
        'ip.checksum.status': good,
        'udp.checksum.status': '',
      },
      {
        'ip.frag_offset': '3',
        'ip.flags.mf': '1',
        'ip.checksum.status': good,
        'udp.checksum.status': '',
      },
      {
        'ip.frag_offset': '6',
        'ip.flags.mf': '0',
        'ip.checksum.status': good,
        'udp.checksum.status': good,
      },
    ]);
  });

  test('IPv6 fragments make the packet again', async () => {
    const fragments = p.ipv6Fragments(v6, 99, p.udp(ports, 'x'.repeat(50)), 40);
    const decoded = await decode(
      fragments.map((part) => p.ethernet({}, part)),
      ['ipv6.fraghdr.offset', 'ipv6.fraghdr.more', 'udp.checksum.status'],
    );
    expect(decoded).toEqual([
      { 'ipv6.fraghdr.offset': '0', 'ipv6.fraghdr.more': '1', 'udp.checksum.status': '' },
      { 'ipv6.fraghdr.offset': '5', 'ipv6.fraghdr.more': '0', 'udp.checksum.status': good },
    ]);
  });
});

describe('checksums', () => {
  test('RFC 1071, section 3: the example has the sum ddf2', () => {
    const example = Buffer.from([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
    expect(internetChecksum(example)).toBe(~0xddf2 & 0xffff);
  });

  test('CRC-32C of "123456789", its published check value', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });
});

/** Reads frames through tshark with every checksum verified; absent fields are empty. */
async function decode(frames: Buffer[], fields: string[]): Promise<Record<string, string>[]> {
  await using folder = await ScratchFolder.create();
  const file = await folder.write('frames.pcap', p.pcapFile(p.linkTypes.ethernet, frames));
  const verify = ['ip.check_checksum', 'tcp.check_checksum', 'udp.check_checksum'];
  const preferences = [...verify.map((name) => `${name}:TRUE`), 'sctp.checksum:crc-32c'];
  const output = execFileSync(
    'tshark',
    [
      '-r',
      file,
      '-T',
      'fields',
      '-E',
      'occurrence=l',
      ...preferences.flatMap((preference) => ['-o', preference]),
      ...fields.flatMap((field) => ['-e', field]),
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const values = line.split('\t');
      return Object.fromEntries(fields.map((field, index) => [field, values[index] ?? '']));
    });
}
