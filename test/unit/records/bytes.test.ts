import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { u8, u16, u32 } from '../../../src/records/bytes.ts';

describe('big-endian reads', () => {
  it('read what DataView reads', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.nat(4), (data, at) => {
        const view = new DataView(data.buffer, data.byteOffset, data.length);
        expect(u8(data, at)).toBe(view.getUint8(at));
        expect(u16(data, at)).toBe(view.getUint16(at));
        expect(u32(data, at)).toBe(view.getUint32(at));
      }),
    );
  });
});
