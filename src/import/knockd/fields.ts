import { type DiagnosticList, Suggester, shown } from '../../config-grammar/index.ts';
import type { Directive, Section } from './ini.ts';

/** A directive that has a value. */
export type Field = Directive & { readonly value: string };

/** The directives of a section by their canonical names. */
export interface Fields {
  /** In the order of the file. */
  all(name: string): readonly Field[];
  /** The one that counts for knockd: the last. */
  last(name: string): Field | undefined;
  /** Lines that were not understood. */
  readonly unknown: readonly string[];
}

/** Keys of `[options]`. */
const optionKeys: ReadonlyMap<string, string> = names(['logfile', 'pidfile', 'interface']);

/** Keys of a door, with knockd's other spellings. */
const doorKeys: ReadonlyMap<string, string> = new Map([
  ...names(['sequence', 'one_time_sequences', 'seq_timeout', 'tcpflags', 'target']),
  ...names(['start_command', 'start_command_6', 'stop_command', 'stop_command_6', 'cmd_timeout']),
  ['timeout', 'seq_timeout'],
  ['command', 'start_command'],
  ['command_6', 'start_command_6'],
]);

/** The one key without a value. knockd takes it in every section. */
export const USE_SYSLOG = 'usesyslog';

/** Keys whose directives add up instead of replacing each other. */
const cumulative: ReadonlySet<string> = new Set(['tcpflags']);

export const isOptions = ({ name }: Section): boolean => name === 'options';

/** Sorts the directives of a section, and tells of those that do not belong there. */
export function fieldsOf(section: Section, diagnostics: DiagnosticList): Fields {
  const [known, others] = isOptions(section) ? [optionKeys, doorKeys] : [doorKeys, optionKeys];
  const fields = new Map<string, Field[]>();
  const unknown: string[] = [];
  for (const directive of section.directives) {
    const { key, keyRange, value, valueRange } = directive;
    const name = known.get(key);
    if (key === USE_SYSLOG) {
      if (value !== undefined) diagnostics.error(valueRange, 'UseSyslog takes no value');
    } else if (others.has(key)) {
      const home = others === optionKeys ? '[options]' : 'a door, below its [name]';
      diagnostics.error(keyRange, `${shown(key)} belongs to ${home}`);
    } else if (name === undefined) {
      unknown.push(value === undefined ? key : `${key} = ${value}`);
      const suggestion = new Suggester().nearest(key, [...known.keys(), USE_SYSLOG]);
      diagnostics.warning(keyRange, `knockd knows no ${shown(key)}; left out`, { suggestion });
    } else if (value === undefined) {
      diagnostics.error(keyRange, `${shown(key)} needs a value: write "${key} = …"`);
    } else {
      const earlier = fields.get(name) ?? [];
      if (earlier.length > 0 && !cumulative.has(name))
        warnRepeated(directive, earlier, diagnostics);
      earlier.push({ ...directive, value });
      fields.set(name, earlier);
    }
  }
  return {
    unknown,
    all: (name) => fields.get(name) ?? [],
    last: (name) => fields.get(name)?.at(-1),
  };
}

function warnRepeated(
  { key, keyRange }: Directive,
  earlier: readonly Field[],
  diagnostics: DiagnosticList,
): void {
  const first = earlier[0];
  const rule = key === 'interface' ? 'the first one counts' : 'the last one counts';
  const related = first && { message: 'the first one is here', range: first.keyRange };
  diagnostics.warning(keyRange, `${shown(key)} is there twice; ${rule}`, { related });
}

function names(keys: readonly string[]): Map<string, string> {
  return new Map(keys.map((key) => [key, key]));
}
