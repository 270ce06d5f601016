import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Stride } from '../../../../../src/plugins/output/database/stride.ts';

/** Stores rows of which some are refused; returns how many there were in each attempt. */
function attempts(rows: number, isRefused: (row: number) => boolean): number[] {
  const stride = new Stride();
  const tried: number[] = [];
  let done = 0;
  while (done < rows) {
    const count = stride.of(rows - done);
    tried.push(count);
    const some = Array.from({ length: count }, (_, i) => done + i);
    if (some.some(isRefused)) {
      stride.refused(count);
      if (count === 1) done++;
    } else {
      stride.stored(count);
      done += count;
    }
  }
  return tried;
}

describe('the stride over rows of which some are refused', () => {
  test('is all of them, as long as none is', () => {
    expect(attempts(5000, () => false)).toEqual([5000]);
  });

  test('halves down to the one that is, and doubles behind it', () => {
    expect(attempts(16, (row) => row === 5)).toEqual([16, 8, 4, 2, 1, 1, 1, 2, 4, 3]);
  });

  test('finds one among many in few attempts, wherever it is', () => {
    for (let row = 0; row < 5000; row += 7) {
      expect(attempts(5000, (each) => each === row).length).toBeLessThan(30);
    }
  });

  test('does not try what must fail: half of the refused ones were stored', () => {
    expect(attempts(4, (row) => row === 3)).toEqual([4, 2, 1, 1]);
  });

  test('takes no more than 1.5 n + log₂ n + 1 attempts, however refused rows lie', () => {
    const bound = (rows: number) => 1.5 * rows + Math.log2(rows) + 1;
    for (const period of [1, 2, 3, 4, 8]) {
      const tried = attempts(4096, (row) => row % period === 0);
      expect(tried.length).toBeLessThanOrEqual(bound(4096));
    }
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 300 }), (refused) => {
        const tried = attempts(refused.length, (row) => refused[row] === true);
        expect(tried.length).toBeLessThanOrEqual(bound(refused.length));
      }),
    );
  });
});
