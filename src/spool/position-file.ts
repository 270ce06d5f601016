import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { MARKER } from './frame.ts';
import { isUnreadable } from './patience.ts';
import type { Segment } from './segment.ts';

/** A segment's marker, offset in it (64 bits), records before it (64 bits), CRC-32 of all that. */
const SIZE = MARKER + 8 + 8 + 4;
const at = { offset: MARKER, records: MARKER + 8, sum: SIZE - 4 } as const;

/** A place between two frames. */
export interface Position {
  readonly segment: Segment;
  /** Bytes from the beginning of the segment. */
  readonly offset: number;
  /** Records in all frames before it, since the spool was empty. */
  readonly records: number;
}

/**
 * The file that says how far a spool has been used up. It may lag behind, or be torn by a crash: then
 * some frames are used twice, and none is left out. A position in a segment that is gone says nothing.
 */
export class PositionFile {
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Opens the file, or creates it (mode 0600). */
  static async open(path: string): Promise<PositionFile> {
    const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
    return new PositionFile(await open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600));
  }

  /** The position, if it is one in these segments. */
  async read(segments: readonly Segment[]): Promise<Position | undefined> {
    const bytes = Buffer.alloc(SIZE);
    if ((await this.#read(bytes)) !== SIZE) return undefined;
    if (crc32(bytes.subarray(0, at.sum)) !== bytes.readUInt32LE(at.sum)) return undefined;
    const marker = bytes.subarray(0, MARKER);
    const segment = segments.find((each) => each.marker.equals(marker));
    const offset = Number(bytes.readBigUInt64LE(at.offset));
    const records = Number(bytes.readBigUInt64LE(at.records));
    return segment && offset <= segment.length ? { segment, offset, records } : undefined;
  }

  /** @returns how many bytes there are; none where they cannot be read, which is as good as damage */
  async #read(bytes: Buffer): Promise<number> {
    try {
      return (await this.#file.read(bytes, 0, bytes.length, 0)).bytesRead;
    } catch (error) {
      if (isUnreadable(error)) return 0;
      throw error;
    }
  }

  async write({ segment, offset, records }: Position): Promise<void> {
    const bytes = Buffer.alloc(SIZE);
    bytes.set(segment.marker);
    bytes.writeBigUInt64LE(BigInt(offset), at.offset);
    bytes.writeBigUInt64LE(BigInt(records), at.records);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, at.sum)), at.sum);
    await this.#file.write(bytes, 0, SIZE, 0);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
