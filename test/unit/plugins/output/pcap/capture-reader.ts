/** A small reader of capture files that shares nothing with the writer; strict about every length. */

export interface ReadPacket {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly original: number;
  readonly data: Buffer;
  /** pcapng only. */
  readonly interface?: string;
  readonly comment?: string;
  readonly flags?: number;
}

export interface PcapFile {
  readonly magic: number;
  readonly snaplen: number;
  readonly linkType: number;
  readonly packets: readonly ReadPacket[];
}

/** Classic pcap, little-endian. Throws when anything is left over. */
export function readPcap(bytes: Buffer): PcapFile {
  const magic = bytes.readUInt32LE(0);
  const unit = { 2712847316: 1000n, 2712812621: 1n }[magic];
  if (unit === undefined) throw new Error(`magic ${magic.toString(16)}`);
  const fixed = bytes.subarray(4, 16).toString('hex');
  if (fixed !== '020004000000000000000000') throw new Error(`version, zone, accuracy: ${fixed}`);
  const packets: ReadPacket[] = [];
  let at = 24;
  while (at < bytes.length) {
    const length = bytes.readUInt32LE(at + 8);
    const data = bytes.subarray(at + 16, at + 16 + length);
    if (data.length !== length) throw new Error(`record at ${at} is cut off`);
    packets.push({
      time:
        BigInt(bytes.readUInt32LE(at)) * 1_000_000_000n + BigInt(bytes.readUInt32LE(at + 4)) * unit,
      original: bytes.readUInt32LE(at + 12),
      data,
    });
    at += 16 + length;
  }
  return { magic, snaplen: bytes.readUInt32LE(16), linkType: bytes.readUInt32LE(20), packets };
}

interface Option {
  readonly code: number;
  readonly value: Buffer;
}

export interface Section {
  readonly options: Readonly<Record<number, string>>;
  readonly interfaces: readonly ReadInterface[];
  readonly packets: readonly ReadPacket[];
}

export interface ReadInterface {
  readonly name: string;
  readonly linkType: number;
  readonly snaplen: number;
  readonly tsresol: number;
  /** Counts of its Interface Statistics Block by option code. */
  statistics?: Readonly<Record<number, bigint>>;
}

/** pcapng, little-endian. Throws on whatever is not well-formed. */
export function readPcapng(bytes: Buffer): Section[] {
  const sections: {
    options: Record<number, string>;
    interfaces: ReadInterface[];
    packets: ReadPacket[];
  }[] = [];
  let at = 0;
  while (at < bytes.length) {
    const type = bytes.readUInt32LE(at);
    const length = bytes.readUInt32LE(at + 4);
    if (length % 4 !== 0 || at + length > bytes.length) throw new Error(`length at ${at}`);
    if (bytes.readUInt32LE(at + length - 4) !== length) throw new Error(`second length at ${at}`);
    const body = bytes.subarray(at + 8, at + length - 4);
    at += length;
    if (type === 0x0a0d0d0a) {
      const start = body.subarray(0, 16).toString('hex');
      if (start !== '4d3c2b1a01000000ffffffffffffffff') throw new Error(`section ${start}`);
      const options = readOptions(body.subarray(16)).map(({ code, value }) => [code, utf8(value)]);
      sections.push({ options: Object.fromEntries(options), interfaces: [], packets: [] });
      continue;
    }
    const section = sections.at(-1);
    if (!section) throw new Error('no section');
    if (type === 1) section.interfaces.push(readInterface(body));
    else if (type === 6) section.packets.push(readPacket(body, section.interfaces));
    else if (type === 5) readStatistics(body, section.interfaces);
    else throw new Error(`block type ${type}`);
  }
  return sections;
}

function readInterface(body: Buffer): ReadInterface {
  const options = readOptions(body.subarray(8));
  const find = (code: number) => options.find((each) => each.code === code)?.value;
  return {
    name: utf8(find(2) ?? Buffer.alloc(0)),
    linkType: body.readUInt16LE(0),
    snaplen: body.readUInt32LE(4),
    tsresol: find(9)?.[0] ?? 6,
  };
}

function readPacket(body: Buffer, interfaces: readonly ReadInterface[]): ReadPacket {
  const owner = interfaces[body.readUInt32LE(0)];
  if (!owner) throw new Error(`interface ${body.readUInt32LE(0)} is not described`);
  const units = (BigInt(body.readUInt32LE(4)) << 32n) | BigInt(body.readUInt32LE(8));
  const captured = body.readUInt32LE(12);
  const rest = body.subarray(20 + captured);
  const padding = -captured & 3;
  if (rest.subarray(0, padding).some((byte) => byte !== 0)) throw new Error('padding');
  const options = readOptions(rest.subarray(padding));
  const comment = options.find(({ code }) => code === 1);
  return {
    time: units * 10n ** BigInt(9 - owner.tsresol),
    original: body.readUInt32LE(16),
    data: body.subarray(20, 20 + captured),
    interface: owner.name,
    ...(comment ? { comment: utf8(comment.value) } : {}),
    flags: options.find(({ code }) => code === 2)?.value.readUInt32LE() ?? -1,
  };
}

function readStatistics(body: Buffer, interfaces: readonly ReadInterface[]): void {
  const owner = interfaces[body.readUInt32LE(0)];
  if (!owner || owner.statistics) throw new Error('statistics of no interface, or twice');
  const counts = readOptions(body.subarray(12)).filter(({ code }) => code >= 4);
  owner.statistics = Object.fromEntries(
    counts.map(({ code, value }) => [code, value.readBigUInt64LE()]),
  );
}

function readOptions(bytes: Buffer): Option[] {
  const options: Option[] = [];
  let at = 0;
  for (;;) {
    const code = bytes.readUInt16LE(at);
    const length = bytes.readUInt16LE(at + 2);
    const value = bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length + (-length & 3);
    if (code === 0) break;
    options.push({ code, value });
  }
  if (at !== bytes.length) throw new Error('bytes behind the last option');
  return options;
}

/** Throws on what is not UTF-8. */
const utf8 = (bytes: Buffer): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);
