import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { searchPath } from '../support/requirements.ts';
import { until } from '../support/until.ts';

/** A packet's lengths and bytes in a classic pcap file of microseconds. */
export async function records(file: string): Promise<readonly [original: number, bytes: string][]> {
  const bytes = await readFile(file);
  return recordsIn(bytes).map(({ at, captured }) => [
    bytes.readUInt32LE(at + 12),
    bytes.toString('hex', at + 16, at + 16 + captured),
  ]);
}

/** A packet as another program understands it. */
export interface ShownPacket {
  /** Seconds since 1970 with nine digits behind the point. */
  readonly time: string;
  readonly captured: number;
  readonly original: number;
}

export interface TsharkPacket extends ShownPacket {
  readonly interface: string;
  readonly comment: string;
  /** 1 inbound, 2 outbound. */
  readonly direction: string;
  /** `eth:ethertype:ip:udp:data`; empty where it found the packet malformed. */
  readonly protocols: string;
}

/** All packets of a file as tshark reads them. Throws when it complains about anything. */
export async function tshark(file: string): Promise<TsharkPacket[]> {
  const fields = [
    'frame.time_epoch',
    'frame.cap_len',
    'frame.len',
    'frame.interface_name',
    'frame.comment',
    'frame.packet_flags_direction',
    'frame.protocols',
  ];
  const args = ['-r', file, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])];
  const { stdout, stderr } = await run('tshark', args);
  expectQuiet('tshark', stderr, /^Running as user "root" and group "root"\. .*$/);
  return linesOf(stdout).map((line) => {
    const [time = '', captured, original, name = '', comment = '', direction = '', protocols = ''] =
      line.split('\t');
    return {
      time,
      captured: Number(captured),
      original: Number(original),
      interface: name,
      comment,
      direction,
      protocols,
    };
  });
}

/** All packets of a file as tcpdump reads and writes them. Throws when it complains about anything. */
export async function tcpdump(file: string): Promise<ShownPacket[]> {
  const args = ['--time-stamp-precision=nano', '-r', file, '-w', '-'];
  const { stdout, stderr } = await run('tcpdump', args, 'latin1');
  expectQuiet(
    'tcpdump',
    stderr,
    /^reading from file .*, link-type \w+ \(.*\), snapshot length \d+$/,
  );
  return packetsIn(Buffer.from(stdout, 'latin1'));
}

/** One line for each packet, in tcpdump's words. */
export async function tcpdumpLines(file: string): Promise<string[]> {
  const { stdout } = await run('tcpdump', ['-nn', '-t', '-e', '-r', file]);
  // Frames that it does not know are followed by a dump of their bytes.
  return linesOf(stdout).filter((line) => !line.startsWith('\t'));
}

/** Waits until a file of either format has so many whole packets. */
export async function waitForPackets(file: string, count: number): Promise<void> {
  await until(
    async () => countPackets(await readFile(file)) >= count,
    `${count} packets in ${file}`,
  );
}

function countPackets(bytes: Buffer): number {
  const isPcapng = bytes.length > 4 && bytes.readUInt32LE(0) === 0x0a0d0d0a;
  let packets = 0;
  for (let at = isPcapng ? 0 : 24; at + 16 <= bytes.length; ) {
    const length = isPcapng ? bytes.readUInt32LE(at + 4) : 16 + bytes.readUInt32LE(at + 8);
    if (at + length > bytes.length) break;
    if (!isPcapng || bytes.readUInt32LE(at) === 6) packets++;
    at += length;
  }
  return packets;
}

/** The IPv4 identification of each packet in a classic pcap file of link type raw. */
export async function identifications(file: string): Promise<number[]> {
  const bytes = await readFile(file);
  return recordsIn(bytes).map(({ at }) => bytes.readUInt16BE(at + 16 + 4));
}

/** Where the records of a classic pcap file are. Throws when the last one is torn. */
function recordsIn(bytes: Buffer): { at: number; captured: number }[] {
  const found: { at: number; captured: number }[] = [];
  for (let at = 24; at < bytes.length; ) {
    const captured = bytes.readUInt32LE(at + 8);
    if (at + 16 + captured > bytes.length) throw new Error(`the record at ${at} is torn`);
    found.push({ at, captured });
    at += 16 + captured;
  }
  return found;
}

function packetsIn(bytes: Buffer): ShownPacket[] {
  return recordsIn(bytes).map(({ at, captured }) => ({
    time: `${bytes.readUInt32LE(at)}.${String(bytes.readUInt32LE(at + 4)).padStart(9, '0')}`,
    captured,
    original: bytes.readUInt32LE(at + 12),
  }));
}

async function run(
  command: string,
  args: readonly string[],
  encoding: BufferEncoding = 'utf8',
): Promise<{ stdout: string; stderr: string }> {
  const env = { ...process.env, PATH: searchPath.join(':') };
  return await promisify(execFile)(command, args, { env, encoding, maxBuffer: 2 ** 29 });
}

function expectQuiet(program: string, stderr: string, usual: RegExp): void {
  const complaints = linesOf(stderr).filter((line) => !usual.test(line));
  if (complaints.length > 0) throw new Error(`${program}: ${complaints.join('\n')}`);
}

const linesOf = (text: string): string[] => text.split('\n').slice(0, -1);
