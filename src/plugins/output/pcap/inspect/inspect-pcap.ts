import { FILE_HEADER_LENGTH, MAGIC, RECORD_HEADER_LENGTH } from '../pcap-format.ts';
import { BlockType } from '../pcapng/blocks.ts';
import type { FileReader } from './file-reader.ts';
import { checkForm, type Expected, type Inspect, LONGEST_PACKET, Mismatch } from './inspection.ts';

/** Why a file's first word is not the one that is expected. */
const otherMagics = new Map<number, string>([
  [MAGIC.micro, 'has times in microseconds, and pcapprecision says nano'],
  [MAGIC.nano, 'has times in nanoseconds, and pcapprecision says micro'],
  [0xd4c3b2a1, 'is a pcap file in the byte order of another machine (big-endian)'],
  [0x4d3cb2a1, 'is a pcap file in the byte order of another machine (big-endian)'],
  [BlockType.SECTION_HEADER, 'is a pcapng file, and pcapformat says pcap'],
]);

/** Classic pcap; see {@link Inspect}. */
export const inspectPcap: Inspect = (file, expected, walk) => {
  const magic = expected.nano ? MAGIC.nano : MAGIC.micro;
  if (file.size < FILE_HEADER_LENGTH) return checkTornHeader(file, magic);
  const found = file.u32(0);
  if (found !== magic) throw new Mismatch(otherMagics.get(found) ?? 'is no pcap file');
  const [major, minor] = [file.u16(4), file.u16(6)];
  if (major !== 2 || minor !== 4) throw new Mismatch(`is a pcap file of version ${major}.${minor}`);
  checkForm(file.u32(20), file.u32(16), expected);
  return walk ? walkRecords(file, expected) : file.size;
};

/** A file that is shorter than its header: nothing but the beginning of one may be thrown away. */
function checkTornHeader(file: FileReader, magic: number): number {
  const length = Math.min(4, file.size);
  const expected = Buffer.alloc(4);
  expected.writeUInt32LE(magic);
  if (!expected.subarray(0, length).equals(file.bytes(0, length))) {
    throw new Mismatch('is no pcap file');
  }
  return 0;
}

function walkRecords(file: FileReader, { nano }: Expected): number {
  const { size, view } = file;
  const fractions = nano ? 1e9 : 1e6;
  let at = FILE_HEADER_LENGTH;
  while (size - at >= RECORD_HEADER_LENGTH) {
    const header = file.load(at, RECORD_HEADER_LENGTH);
    const length = view.getUint32(header + 8, true);
    const isZero = length === 0 && view.getUint32(header, true) === 0;
    if (length > LONGEST_PACKET || view.getUint32(header + 4, true) >= fractions) {
      throw new Mismatch(`is damaged: what stands at byte ${at} is no record`);
    }
    // Blocks of the disk that were never written before the power failed.
    if (isZero && file.isZeroFrom(at)) return at;
    const end = at + RECORD_HEADER_LENGTH + length;
    if (end > size) return at;
    at = end;
  }
  return at;
}
