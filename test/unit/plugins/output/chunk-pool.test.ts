import { describe, expect, test } from 'vitest';
import {
  type Chunk,
  ChunkPool,
  chunkLength,
  KEPT_CHUNKS,
  MAX_CHUNKS,
  wholeRows,
} from '../../../../src/plugins/output/chunk-pool.ts';

/** Takes chunks until the pool has no more. */
function takeAll(pool: ChunkPool): Chunk[] {
  const taken: Chunk[] = [];
  for (let chunk = pool.take(); chunk; chunk = pool.take()) taken.push(chunk);
  return taken;
}

/** A chunk with rows that end at `ends`. */
function chunkOf(...ends: number[]): Chunk {
  const chunk = new ChunkPool().first();
  chunk.ends.set(ends);
  chunk.rows = ends.length;
  return chunk;
}

describe('ChunkPool', () => {
  test('lends a bounded number of chunks, each of them once', () => {
    const pool = new ChunkPool();
    const chunks = [pool.first(), ...takeAll(pool)];
    expect(chunks.length).toBe(MAX_CHUNKS);
    expect(new Set(chunks.map(({ bytes }) => bytes.buffer)).size).toBe(MAX_CHUNKS);
  });

  test('lends again, emptied, what was given back', () => {
    const pool = new ChunkPool();
    const [chunk] = [pool.first(), ...takeAll(pool)];
    if (!chunk) throw new Error('no chunk');
    chunk.rows = 7;
    pool.give(chunk);
    expect(pool.take()).toBe(chunk);
    expect(chunk.rows).toBe(0);
    expect(pool.take()).toBeUndefined();
  });

  test('keeps four free chunks after a backlog, and makes new ones for the next', () => {
    const pool = new ChunkPool();
    const backlog = [pool.first(), ...takeAll(pool)];
    for (const chunk of backlog) pool.give(chunk);
    const next = takeAll(pool);
    expect(next.length).toBe(MAX_CHUNKS);
    expect(next.filter((chunk) => backlog.includes(chunk)).length).toBe(KEPT_CHUNKS);
    expect(KEPT_CHUNKS).toBe(4);
  });
});

describe('a chunk', () => {
  test('is as long as its last row reaches', () => {
    expect([chunkLength(chunkOf()), chunkLength(chunkOf(3)), chunkLength(chunkOf(3, 10))]).toEqual([
      0, 3, 10,
    ]);
  });

  test('tells how many rows lie whole in its first bytes', () => {
    const chunk = chunkOf(3, 10, 11);
    expect([0, 2, 3, 9, 10, 11].map((bytes) => wholeRows(chunk, bytes))).toEqual([
      0, 0, 1, 1, 2, 3,
    ]);
  });
});
