import { randomBytes } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MARKER } from './frame.ts';

/** A file of the spool: frames, one after the other. */
export interface Segment {
  /** Counts up, in the order of writing. */
  readonly sequence: number;
  /** What every frame of the file begins with. Part of the file's name, where no byte can rot. */
  readonly marker: Buffer;
  readonly path: string;
  /** Bytes that have been written, whole frames if this process wrote them. */
  length: number;
  /** Found when the spool was started: another run wrote it, or the instance before a reload. */
  readonly recovered: boolean;
}

const namePattern = /^(\d{10})-([0-9a-f]{16})\.spool$/;

/** A segment to be written, with a marker of its own. */
export function newSegment(folder: string, sequence: number): Segment {
  const marker = randomBytes(MARKER);
  const name = `${String(sequence).padStart(10, '0')}-${marker.toString('hex')}.spool`;
  return { sequence, marker, path: join(folder, name), length: 0, recovered: false };
}

/** The segments that a folder holds, in the order in which they were written. */
export async function listSegments(folder: string): Promise<Segment[]> {
  const segments: Segment[] = [];
  for (const name of await readdir(folder)) {
    const [, sequence, marker] = namePattern.exec(name) ?? [];
    if (sequence === undefined || marker === undefined) continue;
    const path = join(folder, name);
    const stat = await lstat(path);
    if (!stat.isFile()) continue;
    segments.push({
      sequence: Number(sequence),
      marker: Buffer.from(marker, 'hex'),
      path,
      length: stat.size,
      recovered: true,
    });
  }
  return segments.sort((a, b) => a.sequence - b.sequence);
}

/** Bytes of all of them. */
export const sizeOf = (segments: readonly Segment[]): number =>
  segments.reduce((sum, { length }) => sum + length, 0);
