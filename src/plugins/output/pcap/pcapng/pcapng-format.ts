import { arch, release, type } from 'node:os';
import type { Batch } from '../../../../records/batch.ts';
import type { BytesColumn, NumberColumn } from '../../../../records/column.ts';
import type { ColumnSet } from '../../../../records/column-set.ts';
import { MAX_ESCAPED, writeEscaped } from '../../../../records/escape.ts';
import { SLACK } from '../../../../records/text.ts';
import { version } from '../../../../version.ts';
import type { LinkNames } from '../../../api.ts';
import type { FileEnd } from '../../append-file.ts';
import type { CaptureFormat, Precision } from '../capture-format.ts';
import type { LinkLayer } from '../link-layer.ts';
import { RowTime } from '../row-time.ts';
import {
  BLOCK_FRAME,
  BlockType,
  BYTE_ORDER_MAGIC,
  block,
  endOfOptions,
  Opt,
  option,
  padded,
  u16s,
  u32s,
  u64,
} from './blocks.ts';
import { Direction } from './direction.ts';
import { type CaptureInterface, Interfaces } from './interfaces.ts';
import { writeTimestamp } from './timestamp.ts';

/** Interface, time, and both lengths of an Enhanced Packet Block. */
const PACKET_FIELDS = 20;
/** The options epb_flags and opt_endofopt. */
const FLAGS_AND_END = 12;
const OPTION_HEADER = 4;
/** Bytes of a prefix that a comment has room for, whose length has 16 bits. Rules have 127 at most. */
const LONGEST_PREFIX = 1024;

export interface PcapngContext {
  readonly columns: ColumnSet;
  readonly links: LinkNames;
  readonly link: LinkLayer;
  readonly precision: Precision;
  /** Name of the interface that stands for the source. */
  readonly groupName: string;
}

/**
 * pcapng (draft-ietf-opsawg-pcapng), little-endian. Interfaces are described right before the first
 * packet that came by them, and all of them anew at the beginning of each file.
 */
export class PcapngFormat implements CaptureFormat {
  static readonly reads = [...Direction.reads, 'oob.prefix', 'oob.seq.local'] as const;

  readonly name = 'pcapng';
  readonly headForEachOpening = true;
  readonly #link: LinkLayer;
  readonly #precision: Precision;
  readonly #section = sectionHeader();
  readonly #interfaces: Interfaces;
  readonly #direction: Direction;
  readonly #time: RowTime;
  readonly #prefix: BytesColumn;
  readonly #sequence: NumberColumn;
  readonly #started = Date.now();
  #interface: CaptureInterface;
  /** Bytes of records so far. */
  #written = 0;
  /** Packets that the kernel could not hand over, as far as it is known here. */
  #lost = 0;

  constructor({ columns, links, link, precision, groupName }: PcapngContext) {
    const { linkType, snaplen } = link;
    const form = { linkType, snaplen, tsresol: precision === 'nano' ? 9 : 6 };
    this.#link = link;
    this.#precision = precision;
    this.#interfaces = new Interfaces(links, form, groupName);
    this.#interface = this.#interfaces.group;
    this.#direction = new Direction(columns);
    this.#time = new RowTime(columns);
    this.#prefix = columns.readBytes('oob.prefix');
    this.#sequence = columns.readNumbers('oob.seq.local');
  }

  /**
   * Counts what the kernel lost within the batch. Between batches nothing can be told: filters may
   * have kept whole ones back.
   */
  begin({ count }: Batch): void {
    const sequence = this.#sequence;
    const last = count - 1;
    if (last < 1 || !sequence.has(0) || !sequence.has(last)) return;
    const missing = ((sequence.get(last) - sequence.get(0)) >>> 0) - last;
    if (missing > 0 && missing < 0x8000_0000) this.#lost += missing;
  }

  room(row: number): number {
    if (!this.#link.look(row)) return 0;
    const index = this.#direction.look(row);
    const found = this.#interfaces.find(index);
    this.#interface = found;
    found.received++;
    const description = found.id < 0 ? found.description.length : 0;
    const comment = OPTION_HEADER + padded(MAX_ESCAPED * this.#prefixLength(row)) + SLACK;
    const packet = BLOCK_FRAME + PACKET_FIELDS + padded(this.#link.captured);
    return description + packet + comment + FLAGS_AND_END;
  }

  dropped(): void {
    this.#interface.dropped++;
  }

  write(row: number, out: DataView, start: number): number {
    const link = this.#link;
    const at = this.#interface.id < 0 ? this.#describe(out, start) : start;
    const { captured } = link;
    out.setUint32(at, BlockType.ENHANCED_PACKET, true);
    out.setUint32(at + 8, this.#interface.id, true);
    const seconds = this.#time.seconds(row);
    writeTimestamp(out, at + 12, seconds, this.#time.microseconds(row), this.#precision);
    out.setUint32(at + 20, captured, true);
    out.setUint32(at + 24, link.original, true);
    const data = at + 8 + PACKET_FIELDS;
    link.write(out, data);
    const behind = zeroPadding(out, data + captured, captured);
    const end = this.#writeFlags(out, this.#writeComment(row, out, behind)) + 4;
    out.setUint32(at + 4, end - at, true);
    out.setUint32(end - 4, end - at, true);
    this.#written += end - start;
    return end;
  }

  head(passed: number): Uint8Array {
    const described = this.#interfaces.describedBefore(passed);
    return Buffer.concat([this.#section, ...described.map(({ description }) => description)]);
  }

  /** Statistics of every interface of the section, since the capture began. */
  tail({ passed }: FileEnd): Uint8Array {
    const now = this.#timeWords(Date.now());
    const started = option(Opt.ISB_STARTTIME, this.#timeWords(this.#started));
    const ended = option(Opt.ISB_ENDTIME, now);
    const statistics = this.#interfaces.describedBefore(passed).map((each) => {
      const lost = each === this.#interfaces.group ? [option(Opt.ISB_OSDROP, u64(this.#lost))] : [];
      return block(
        BlockType.INTERFACE_STATISTICS,
        u32s(each.id),
        now,
        started,
        ended,
        option(Opt.ISB_IFRECV, u64(each.received)),
        option(Opt.ISB_IFDROP, u64(each.dropped)),
        ...lost,
        endOfOptions,
      );
    });
    return Buffer.concat(statistics);
  }

  #describe(out: DataView, at: number): number {
    const { description } = this.#interface;
    for (let i = 0; i < description.length; i++) out.setUint8(at + i, description[i] as number);
    this.#interfaces.describe(this.#interface, this.#written);
    return at + description.length;
  }

  #writeComment(row: number, out: DataView, at: number): number {
    const length = this.#prefixLength(row);
    if (length === 0) return at;
    const text = at + OPTION_HEADER;
    const end = writeEscaped(out, text, this.#prefix.data, this.#prefix.offset(row), length);
    out.setUint16(at, Opt.COMMENT, true);
    out.setUint16(at + 2, end - text, true);
    return zeroPadding(out, end, end - text);
  }

  #prefixLength(row: number): number {
    return this.#prefix.has(row) ? Math.min(this.#prefix.length(row), LONGEST_PREFIX) : 0;
  }

  #writeFlags(out: DataView, at: number): number {
    out.setUint16(at, Opt.EPB_FLAGS, true);
    out.setUint16(at + 2, 4, true);
    out.setUint32(at + 4, this.#direction.flags, true);
    out.setUint32(at + 8, Opt.END, true);
    return at + FLAGS_AND_END;
  }

  #timeWords(ms: number): Uint8Array {
    const words = new DataView(new ArrayBuffer(8));
    const seconds = Math.floor(ms / 1000);
    writeTimestamp(words, 0, seconds, (ms - seconds * 1000) * 1000, this.#precision);
    return new Uint8Array(words.buffer);
  }
}

/** Fills up to whole words with zeros; returns the position behind them. */
function zeroPadding(out: DataView, end: number, length: number): number {
  const missing = padded(length) - length;
  for (let i = 0; i < missing; i++) out.setUint8(end + i, 0);
  return end + missing;
}

/** Version 1.0; how long the section is shows only by what follows. */
function sectionHeader(): Uint8Array {
  return block(
    BlockType.SECTION_HEADER,
    u32s(BYTE_ORDER_MAGIC),
    u16s(1, 0),
    u64(0xffff_ffff_ffff_ffffn),
    option(Opt.SHB_HARDWARE, arch()),
    option(Opt.SHB_OS, `${type()} ${release()}`),
    option(Opt.SHB_USERAPPL, `specter ${version}`),
    endOfOptions,
  );
}
