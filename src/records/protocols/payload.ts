import type { BytesColumn } from '../column.ts';
import { type Key, key } from '../key.ts';

/**
 * Most bytes of a packet's data that a payload key refers to. Nothing that one packet can be
 * recognised by stands further back, and packets of 64 KiB, as segmentation offload makes them, then
 * cost those who look into payloads no more than others.
 */
export const MAX_PAYLOAD = 16_384;

/** The key `name` for the data behind a transport header. */
export const payloadKey = (name: string): Key => ({
  ...key(
    name,
    'bytes',
    `data behind the header, as far as captured, at most ${MAX_PAYLOAD} bytes; absent when there is none`,
  ),
  onlyByName: true,
});

/**
 * Notes `data[at … end − 1]` as the row's payload, up to {@link MAX_PAYLOAD}. A row without data
 * has no payload: the key stays absent.
 */
export function setPayload(column: BytesColumn, row: number, at: number, end: number): void {
  const length = end - at;
  if (length > 0) column.set(row, at, Math.min(length, MAX_PAYLOAD));
}
