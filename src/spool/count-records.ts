import type { FrameHeader } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import type { Patience } from './patience.ts';
import type { Segment } from './segment.ts';

/** Records in all frames up to the end, as the last whole one tells; 0 if there is none. */
export async function recordsAtEnd(
  segments: readonly Segment[],
  patience: Patience,
): Promise<number> {
  for (const segment of [...segments].reverse()) {
    let end: number | undefined;
    for await (const { before, records } of headers(segment, patience)) end = before + records;
    if (end !== undefined) return end;
  }
  return 0;
}

/** Records before the first frame of which anything is known; 0 if there is none. */
export async function recordsAtBeginning(
  segments: readonly Segment[],
  patience: Patience,
): Promise<number> {
  for (const segment of segments) {
    for await (const { before } of headers(segment, patience)) return before;
  }
  return 0;
}

async function* headers(segment: Segment, patience: Patience): AsyncGenerator<FrameHeader> {
  const reader = new FrameReader(segment, 0, patience);
  try {
    for (let found = await reader.next(); found; found = await reader.next()) {
      if (found.header) yield found.header;
    }
  } finally {
    await reader.close();
  }
}
