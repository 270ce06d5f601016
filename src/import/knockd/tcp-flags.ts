import { type DiagnosticList, Suggester, shown } from '../../config-grammar/index.ts';
import type { Field } from './fields.ts';

/** The flags that knockd knows, as nft spells them. */
const flagNames = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg'];

/** By the name of a flag, whether it has to be set or clear. Others do not matter. */
export type TcpFlags = ReadonlyMap<string, 'set' | 'clear'>;

/** Reads `syn,!ack`. Several directives add up; the last word on a flag counts. */
export function parseTcpFlags(fields: readonly Field[], diagnostics: DiagnosticList): TcpFlags {
  const flags = new Map<string, 'set' | 'clear'>();
  for (const { value, valueRange } of fields) {
    let offset = valueRange.offset;
    for (const item of value.split(',')) {
      const written = item.trim();
      const name = written.replace(/^!/, '').toLowerCase();
      if (flagNames.includes(name)) {
        flags.set(name, written.startsWith('!') ? 'clear' : 'set');
      } else {
        const start = offset + (item.length - item.trimStart().length);
        diagnostics.error(
          { offset: start, length: written.length },
          `the flags are ${flagNames.join(', ')}, not ${shown(written)}`,
          { suggestion: new Suggester().nearest(name, flagNames) },
        );
      }
      offset += item.length + 1;
    }
  }
  return flags;
}

/** `syn,!ack` */
export const formatTcpFlags = (flags: TcpFlags): string =>
  Array.from(flags, ([name, state]) => (state === 'set' ? name : `!${name}`)).join(',');

/** As a match of nft: `tcp flags & (syn | ack) == syn`, `tcp flags & syn == syn`. Empty where any packet will do. */
export function nftFlagsMatch(flags: TcpFlags): string {
  if (flags.size === 0) return '';
  const set = Array.from(flags)
    .filter(([, state]) => state === 'set')
    .map(([name]) => name);
  return `tcp flags & ${sum([...flags.keys()])} == ${sum(set)}`;
}

function sum(names: readonly string[]): string {
  if (names.length === 0) return '0x0';
  return names.length === 1 ? names.join('') : `(${names.join(' | ')})`;
}
