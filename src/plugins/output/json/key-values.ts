import { NumberColumn, WideColumn } from '../../../records/column.ts';
import type { ColumnSet, KeyColumn } from '../../../records/column-set.ts';
import type { Key } from '../../../records/key.ts';
import { ValueText } from '../../../records/value-text.ts';
import { chosenKeys } from '../key-fields.ts';
import { jsonStyle } from './json-style.ts';
import type { Step } from './step.ts';

/** The keys with the texts of addresses whose names do not say so. */
const otherTexts: ReadonlyMap<string, string> = new Map([
  ['raw.mac', 'mac.str'],
  ['raw.mac.saddr', 'mac.saddr.str'],
]);

/** The key that has an address's text: `ip.saddr.str` for `ip.saddr`. */
const textOf = ({ name }: Key): string => otherTexts.get(name) ?? `${name}.str`;

/**
 * The keys that a record shows: those named, or all of the block but raw data. Where an address is
 * there as bytes and as text, it is shown once, as the text.
 */
export function keysOfRecord(
  columns: ColumnSet,
  names: readonly string[] | undefined,
): readonly KeyColumn[] {
  const chosen = chosenKeys(columns, names && [...new Set(names)]);
  const shown = new Set(chosen.map(({ key }) => key.name));
  return chosen.filter(({ key }) => {
    if (key.type === 'bytes') return names !== undefined;
    return !((key.type === 'ip' || key.type === 'mac') && shown.has(textOf(key)));
  });
}

/** A member with a key's value: a number, or a string with the text that the other outputs have. */
export function keyStep({ key, column }: KeyColumn, text: string): Step {
  if (column instanceof NumberColumn) return { kind: 'number', text, column };
  const value = new ValueText(key.type, column, jsonStyle);
  return { kind: column instanceof WideColumn ? 'value' : 'string', text, column, value };
}
