import { MAGIC } from '../pcap-format.ts';
import { BLOCK_FRAME, BlockType, BYTE_ORDER_MAGIC } from '../pcapng/blocks.ts';
import type { FileReader } from './file-reader.ts';
import { checkForm, type Expected, type Inspect, LONGEST_PACKET, Mismatch } from './inspection.ts';

/** 16 MiB, as libpcap has it. */
const LONGEST_BLOCK = 64 * LONGEST_PACKET;

/** Section header up to its version. */
const SECTION_START = 16;

const isClassic = (word: number): boolean =>
  [MAGIC.micro, MAGIC.nano, 0xd4c3b2a1, 0x4d3cb2a1].includes(word);

/** pcapng; see {@link Inspect}. Interfaces have to be those that libpcap reads beside ours. */
export const inspectPcapng: Inspect = (file, expected, walk) => {
  if (file.size < BLOCK_FRAME) return checkTornHeader(file);
  const type = file.u32(0);
  if (isClassic(type)) throw new Mismatch('is a pcap file, and pcapformat says pcapng');
  if (type !== BlockType.SECTION_HEADER) throw new Mismatch('is no pcapng file');
  checkByteOrder(file, 0);
  return walk ? walkBlocks(file, expected) : checkFirstInterface(file, expected);
};

function checkTornHeader(file: FileReader): number {
  const length = Math.min(4, file.size);
  const expected = Buffer.alloc(4);
  expected.writeUInt32LE(BlockType.SECTION_HEADER);
  if (!expected.subarray(0, length).equals(file.bytes(0, length))) {
    throw new Mismatch('is no pcapng file');
  }
  return 0;
}

function walkBlocks(file: FileReader, expected: Expected): number {
  const { size, view } = file;
  let at = 0;
  let start = file.load(0, BLOCK_FRAME);
  for (;;) {
    const type = view.getUint32(start, true);
    const length = view.getUint32(start + 4, true);
    if (type === BlockType.SECTION_HEADER) checkByteOrder(file, at);
    // Blocks of the disk that were never written before the power failed.
    if (length === 0 && type === 0 && file.isZeroFrom(at)) return at;
    if (length < BLOCK_FRAME || length % 4 !== 0 || length > LONGEST_BLOCK) throw damaged(at);
    const end = at + length;
    if (end > size) return at;
    // The end of this block, and as much of the next one.
    const next = Math.min(8, size - end);
    const trailer = file.load(end - 4, 4 + next);
    if (view.getUint32(trailer, true) !== length) throw damaged(at);
    if (type === BlockType.INTERFACE_DESCRIPTION) checkInterface(file, at, length, expected);
    if (size - end < BLOCK_FRAME) return end;
    at = end;
    start = file.load(at, 8);
  }
}

/** In files of specter's the first interface follows the section's header. */
function checkFirstInterface(file: FileReader, expected: Expected): number {
  const at = file.u32(4);
  if (at % 4 !== 0 || at < BLOCK_FRAME || at + 20 > file.size) return file.size;
  if (file.u32(at) === BlockType.INTERFACE_DESCRIPTION) {
    checkInterface(file, at, file.u32(at + 4), expected);
  }
  return file.size;
}

function checkByteOrder(file: FileReader, at: number): void {
  const magic = file.u32(at + 8);
  if (magic !== BYTE_ORDER_MAGIC) {
    throw magic === 0x4d3c2b1a
      ? new Mismatch('is a pcapng file in the byte order of another machine (big-endian)')
      : damaged(at);
  }
  if (file.size - at < SECTION_START) return;
  const [major, minor] = [file.u16(at + 12), file.u16(at + 14)];
  if (major !== 1) throw new Mismatch(`is a pcapng file of version ${major}.${minor}`);
}

function checkInterface(file: FileReader, at: number, length: number, expected: Expected): void {
  if (length < 20) throw damaged(at);
  checkForm(file.u16(at + 8), file.u32(at + 12), expected);
  const snaplen = file.u32(at + 12);
  if (snaplen !== expected.snaplen) {
    throw new Mismatch(
      `has an interface of snaplen ${snaplen}; libpcap reads it beside none of ${expected.snaplen}`,
    );
  }
}

const damaged = (at: number): Mismatch =>
  new Mismatch(`is damaged: what stands at byte ${at} is no block`);
