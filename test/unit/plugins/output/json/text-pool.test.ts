import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TextPool } from '../../../../../src/plugins/output/json/text-pool.ts';

/** The pool's texts, written as its users do. */
function written({ doubles, starts, lengths }: TextPool): string[] {
  return Array.from(lengths, (length, i) => {
    const memory = Buffer.alloc(length + TextPool.SLACK, 0xff);
    const out = new DataView(memory.buffer, memory.byteOffset, memory.length);
    const [from = 0, end = 0] = starts.subarray(i, i + 2);
    for (let k = from; k < end; k++) out.setFloat64(8 * (k - from), doubles[k] ?? 0, true);
    return memory.toString('utf8', 0, length);
  });
}

test('texts come out as they went in, whatever the characters, within their slack', () => {
  // The bytes of the first would be nearest to those of a NaN.
  const texts = ['\u{10ffff}\u007f\u007f\u007f\u007f', '', 'a', '12345678', '123456789'];
  expect(written(new TextPool(texts))).toEqual(texts);
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (many) => {
      expect(written(new TextPool(many))).toEqual(many);
    }),
  );
});
