import { describe, expect, test } from 'vitest';
import { PieceQueue } from '../../../../../src/plugins/output/queue/piece-queue.ts';
import type { Piece } from '../../../../../src/plugins/output/queue/record-buffer.ts';
import type { SpoolMark } from '../../../../../src/spool/index.ts';

const mark: SpoolMark = {
  segment: { sequence: 1, marker: Buffer.alloc(8), path: '', length: 0, recovered: false },
  offset: 0,
  records: 0,
};

const piece = (name: string, others: Partial<Piece> = {}): Piece => ({
  bytes: Buffer.from(name.padEnd(10)),
  records: 2,
  chunk: undefined,
  recovered: false,
  sentAt: undefined,
  mark: undefined,
  done: false,
  ...others,
});

function queueOf(...names: string[]): PieceQueue {
  const queue = new PieceQueue();
  for (const name of names) queue.push(piece(name));
  return queue;
}

const names = (pieces: readonly Piece[]): string =>
  pieces.map(({ bytes }) => Buffer.from(bytes).toString().trim()).join(' ');

const counts = (queue: PieceQueue) => {
  const { sentBytes, sentRecords, unsentBytes, unsentRecords, newBytes } = queue;
  return { sent: [sentBytes, sentRecords], unsent: [unsentBytes, unsentRecords], new: newBytes };
};

describe('PieceQueue', () => {
  test('gives as many pieces as fit, and one at least', () => {
    const queue = queueOf('a', 'b', 'c');
    expect([0, 10, 19, 20, 100].map((bytes) => names(queue.unsent(bytes)))).toEqual([
      ...['a', 'a', 'a', 'a b', 'a b c'],
    ]);
    expect(names(new PieceQueue().unsent(10))).toBe('');
  });

  test('knows what was sent, what was not, and what never was', () => {
    const queue = queueOf('a', 'b', 'c');
    queue.markSent(2, 100);
    expect(counts(queue)).toEqual({ sent: [20, 4], unsent: [10, 2], new: 10 });
    expect(queue.rewind(0)).toBe(4);
    expect(counts(queue)).toEqual({ sent: [0, 0], unsent: [30, 6], new: 10 });
    queue.markSent(3, 200);
    expect(counts(queue)).toEqual({ sent: [30, 6], unsent: [0, 0], new: 0 });
  });

  test('sends again what was sent at a time or later, in order', () => {
    const queue = queueOf('a', 'b', 'c', 'd');
    for (const time of [100, 200, 300]) queue.markSent(1, time);
    expect(queue.rewind(200)).toBe(4);
    expect(names(queue.unsent(100))).toBe('b c d');
    expect(names(queue.takeSent(0, 0))).toBe('a');
  });

  test('lets go of what is older than a time, or further back than so many bytes', () => {
    const queue = queueOf('a', 'b', 'c', 'd', 'e');
    for (const time of [100, 200, 300, 400]) queue.markSent(1, time);
    expect(names(queue.takeSent(1000, 200))).toBe('a');
    expect(names(queue.takeSent(20, 0))).toBe('b');
    expect(names(queue.takeSent(15, 0))).toBe('');
    expect(names(queue.takeSent(0, 0))).toBe('c d');
    expect(counts(queue)).toEqual({ sent: [0, 0], unsent: [10, 2], new: 10 });
    expect(names(queue.unsent(100))).toBe('e');
  });

  test('knows the first pieces that are not in the spool', () => {
    const queue = new PieceQueue();
    for (const name of ['a', 'b']) queue.push(piece(name, { mark }));
    for (const name of ['c', 'd']) queue.push(piece(name));
    expect(names(queue.unsaved(100))).toBe('c d');
    for (const saved of queue.unsaved(10)) saved.mark = mark;
    expect(names(queue.unsaved(100))).toBe('d');
    queue.markSent(3, 1);
    queue.takeSent(0, 2);
    expect(names(queue.unsaved(100))).toBe('d');
    queue.markSent(1, 1);
    queue.takeSent(0, 2);
    expect(names(queue.unsaved(100))).toBe('');
    queue.push(piece('e'));
    expect(names(queue.unsaved(100))).toBe('e');
  });

  test('gives up everything at once', () => {
    const queue = queueOf('a', 'b', 'c');
    queue.markSent(1, 1);
    expect(names(queue.takeAll())).toBe('a b c');
    expect(counts(queue)).toEqual({ sent: [0, 0], unsent: [0, 0], new: 0 });
    expect(names(queue.takeAll())).toBe('');
  });

  test('keeps nothing of the millions that went through', () => {
    const queue = new PieceQueue();
    for (let i = 0; i < 10_000; i++) {
      queue.push(piece(`${i}`));
      queue.markSent(1, i);
      expect(names(queue.takeSent(20, 0))).toBe(i < 2 ? '' : `${i - 2}`);
    }
    expect(counts(queue)).toEqual({ sent: [20, 4], unsent: [0, 0], new: 0 });
  });

  test('the next piece becomes shorter', () => {
    const queue = queueOf('a', 'b');
    queue.markSent(1, 100);
    const next = queue.shorten(Buffer.from('rest'), 1);
    expect(names(queue.unsent(100))).toBe('rest');
    expect(next?.records).toBe(1);
    expect(counts(queue)).toEqual({ sent: [10, 2], unsent: [4, 1], new: 4 });
    queue.rewind(0);
    queue.shorten(Buffer.from('a'), 1);
    expect(counts(queue)).toEqual({ sent: [0, 0], unsent: [5, 2], new: 4 });
    queue.markSent(2, 200);
    expect(counts(queue)).toEqual({ sent: [5, 2], unsent: [0, 0], new: 0 });
    expect(queue.shorten(Buffer.from('none'), 1)).toBe(undefined);
  });
});
