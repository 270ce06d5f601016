import { afterEach, expect, test } from 'vitest';
import { Receiving } from '../../../src/daemon/receiving.ts';

let receiving: Receiving;
const open = (bufsize: number) => {
  receiving = new Receiving(bufsize, (error) => {
    throw error;
  });
  return receiving;
};

afterEach(async () => {
  await receiving.loop.stop();
});

test('sources with slots of one size share a ring', () => {
  const { ring } = { ring: open(1 << 20).ring.bind(receiving) };
  expect(ring(65536)).toBe(ring(65536));
  expect(ring(65536)).not.toBe(ring(131072));
});

test('a ring takes the memory of the option bufsize, in 4 to 64 slots', () => {
  open(1 << 20);
  expect(
    [4096, 65536, 1 << 19, 1 << 20, 1 << 21].map((size) => receiving.ring(size).slots),
  ).toEqual([64, 16, 4, 4, 4]);
});
