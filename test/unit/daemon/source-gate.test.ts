import { expect, test } from 'vitest';
import { SourceGate } from '../../../src/daemon/source-gate.ts';

function guarded() {
  const calls: string[] = [];
  const gate = new SourceGate();
  gate.guard({ hold: () => calls.push('hold'), release: () => calls.push('release') });
  return { gate, calls };
}

test('the source waits as long as anybody asks for it', () => {
  const { gate, calls } = guarded();
  const [first, second] = [gate.hold(), gate.hold()];
  first();
  expect(calls).toEqual(['hold']);
  second();
  expect(calls).toEqual(['hold', 'release']);
  gate.hold()();
  expect(calls).toEqual(['hold', 'release', 'hold', 'release']);
});

test('an open gate lets everything through, whoever asks', () => {
  const { gate, calls } = guarded();
  const release = gate.hold();
  gate.open();
  expect(calls).toEqual(['hold', 'release']);
  release();
  gate.hold()();
  expect(calls).toEqual(['hold', 'release']);
});
