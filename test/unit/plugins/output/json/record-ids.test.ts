import { expect, test } from 'vitest';
import { RecordIds } from '../../../../../src/plugins/output/json/record-ids.ts';

function next(ids: RecordIds): string {
  const memory = Buffer.alloc(ids.fixedRoom + 3);
  const end = ids.write(0, new DataView(memory.buffer, memory.byteOffset), 0);
  return memory.toString('latin1', 0, end);
}

test('ids count up behind what two outputs never share', () => {
  const [one, other] = [new RecordIds(), new RecordIds()];
  const [first, second] = [next(one), next(one)];
  expect(first).toMatch(/^[0-9a-f]{24}00000000$/);
  expect(second).toBe(`${first.slice(0, 24)}00000001`);
  expect(next(other).slice(0, 24)).not.toBe(first.slice(0, 24));
});

test('a counter that has come to its end begins anew behind other digits', () => {
  const ids = new RecordIds(0xffff_ffff);
  const [last, first] = [next(ids), next(ids)];
  expect(last).toMatch(/ffffffff$/);
  expect(first).toMatch(/00000000$/);
  expect(first.slice(0, 24)).not.toBe(last.slice(0, 24));
});
