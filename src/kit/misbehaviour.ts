import { messageOf } from '../daemon/to-error.ts';

/** The plugin did what it must not do: what was seen. */
export class Misbehaviour extends Error {
  override readonly name = 'Misbehaviour';
}

/** Calls a function of the plugin; whatever it throws is a misbehaviour of that function. */
export function blaming<Result>(name: string, call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw new Misbehaviour(`${name} threw ${messageOf(error)}${placeOf(error)}`);
  }
}

/** The first line of the stack. */
function placeOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const line = stack.split('\n').find((text) => text.includes(' at '));
  return line === undefined ? '' : ` (${line.trim()})`;
}
