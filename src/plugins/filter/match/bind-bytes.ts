import { shown } from '../../../config-grammar/index.ts';
import type { BytesOperator, Predicate, Report } from './predicate.ts';
import type { Operator, Test, Value } from './syntax-tree.ts';

const operators: Partial<Record<Operator, BytesOperator>> = {
  contains: 'contains',
  startswith: 'startswith',
  endswith: 'endswith',
};

/** What a test asks of a text, of raw data or of a link-layer address. */
export function bindBytes(test: Test, type: string, report: Report): Predicate {
  const read = type === 'mac' ? macOf : textOf;
  const values = test.values.flatMap((value) => read(test, value, report) ?? []);
  return { kind: 'bytes', operator: operators[test.operator] ?? 'equal', values };
}

function textOf({ key, operator }: Test, value: Value, report: Report): Uint8Array | undefined {
  const { bytes, text } = value;
  if (bytes === undefined) {
    const suggestion = text.length > MAX_SUGGESTED ? undefined : `'${text}'`;
    report(value, `${shown(key.text)} takes a text, which is written in quotes`, { suggestion });
  } else if (bytes.length === 0 && operators[operator] !== undefined) {
    report(value, `"${operator}" with an empty text is always true`);
  }
  return bytes;
}

/** A longer value would drown its message. */
const MAX_SUGGESTED = 60;
const ETHERNET_OCTETS = 6;

/** Octets in hexadecimal with colons between them; a part of an address for `startswith` and such. */
const macPattern = /^[\da-f]{2}(?::[\da-f]{2})*$/i;

function macOf(test: Test, value: Value, report: Report): Uint8Array | undefined {
  const { bytes, text } = value;
  if (bytes === undefined && macPattern.test(text)) {
    const octets = Buffer.from(text.replaceAll(':', ''), 'hex');
    checkLength(test, value, octets.length, report);
    return octets;
  }
  const dashed = text.replaceAll('-', ':');
  const advice = bytes === undefined ? `, not ${shown(text)}` : ', written without quotes';
  report(
    value,
    `${shown(test.key.text)} takes octets such as 02:00:00:00:00:01${advice}`,
    bytes === undefined && text.length <= MAX_SUGGESTED && macPattern.test(dashed)
      ? { suggestion: dashed }
      : {},
  );
  return undefined;
}

/** Links with shorter addresses than Ethernet's are rare; who means a vendor's part of one is not. */
function checkLength({ operator }: Test, value: Value, octets: number, report: Report): void {
  if (operators[operator] !== undefined || octets >= ETHERNET_OCTETS) return;
  report(value, `${shown(value.text)} is no whole address, and is compared as one`, {
    severity: 'warning',
    suggestion: `startswith ${value.text}`,
  });
}
