import type { ColumnSet } from '../../../records/column-set.ts';
import type { CaptureFormat, Precision } from './capture-format.ts';
import type { LinkLayer } from './link-layer.ts';
import { RowTime } from './row-time.ts';

/** Of a file whose times have microseconds; and nanoseconds. */
export const MAGIC: Readonly<Record<Precision, number>> = { micro: 0xa1b2c3d4, nano: 0xa1b23c4d };
export const FILE_HEADER_LENGTH = 24;
export const RECORD_HEADER_LENGTH = 16;

const nothing = new Uint8Array(0);

/** Classic pcap (pcap-savefile(5), draft-ietf-opsawg-pcap), little-endian, version 2.4. */
export class PcapFormat implements CaptureFormat {
  readonly name = 'pcap';
  readonly headForEachOpening = false;
  readonly #link: LinkLayer;
  readonly #header: Uint8Array;
  readonly #time: RowTime;
  /** Units of a time stamp's fraction in a microsecond. */
  readonly #fractions: number;

  constructor(columns: ColumnSet, link: LinkLayer, precision: Precision) {
    this.#link = link;
    this.#header = fileHeader(link, precision);
    this.#fractions = precision === 'nano' ? 1000 : 1;
    this.#time = new RowTime(columns);
  }

  begin(): void {}

  room(row: number): number {
    return this.#link.look(row) ? RECORD_HEADER_LENGTH + this.#link.captured : 0;
  }

  write(row: number, out: DataView, at: number): number {
    const link = this.#link;
    out.setUint32(at, this.#time.seconds(row), true);
    out.setUint32(at + 4, this.#time.microseconds(row) * this.#fractions, true);
    out.setUint32(at + 8, link.captured, true);
    out.setUint32(at + 12, link.original, true);
    link.write(out, at + RECORD_HEADER_LENGTH);
    return at + RECORD_HEADER_LENGTH + link.captured;
  }

  dropped(): void {}

  head(): Uint8Array {
    return this.#header;
  }

  tail(): Uint8Array {
    return nothing;
  }
}

/** Time zone and accuracy, between version and snaplen, are zero in every file. */
function fileHeader({ linkType, snaplen }: LinkLayer, precision: Precision): Uint8Array {
  const header = Buffer.alloc(FILE_HEADER_LENGTH);
  header.writeUInt32LE(MAGIC[precision], 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(snaplen, 16);
  header.writeUInt32LE(linkType, 20);
  return header;
}
