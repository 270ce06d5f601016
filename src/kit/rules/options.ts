import type { KeyRequirement, OptionSchema, ValueProblem } from '../../config-grammar/index.ts';
import { messageOf } from '../../daemon/to-error.ts';
import type { StagePlugin } from '../../plugins/api.ts';
import { oddValues, wrongValues } from '../option-samples.ts';
import { type Rule, unless } from '../rule.ts';
import { FIRST_LINE, type Subject } from '../subject.ts';

/** The subject's lines with one option changed: its line comes first. */
function withOption(subject: Subject, name: string, value: string): readonly string[] {
  return [`${name} ${value}`.trimEnd(), ...withoutOption(subject, name)];
}

function withoutOption({ plugin, lines }: Subject, name: string): readonly string[] {
  const spellings = [name, ...(plugin.options[name]?.aliases ?? [])];
  return lines.filter((line) => !spellings.includes(line.trim().split(/\s/, 1)[0] ?? ''));
}

const show = (name: string, value: string): string => {
  const line = `${name} ${value}`.trimEnd();
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
};

export const wrongOptions: Rule = {
  name: 'wrong-options',
  demand: 'has every value refused that its options cannot have, with an error at that line',
  advice: 'declare type, range and `required` of the option; test the rest in `check`',
  declaration: true,
  check: (subject) =>
    Object.entries(subject.plugin.options).flatMap(([name, schema]) => [
      ...wrongValues(schema)
        .filter((value) => !isRefused(subject, withOption(subject, name, value)))
        .map((value) => `\`${show(name, value)}\` is taken`),
      ...missing(subject, name, schema),
    ]),
};

function isRefused(subject: Subject, lines: readonly string[]): boolean {
  const { diagnostics } = subject.resolve(lines);
  return diagnostics.some(({ severity, span }) => severity === 'error' && span.line === FIRST_LINE);
}

function missing(subject: Subject, name: string, schema: OptionSchema): readonly string[] {
  if (schema.required !== true) return [];
  const { config } = subject.resolve(withoutOption(subject, name));
  return unless(config === undefined, `a config without ${name}, which is required, is taken`);
}

export const oddOptions: Rule = {
  name: 'odd-options',
  demand: 'judges any well-formed value without failing, and names options that it has',
  advice: '`check`, `readsOf` and `holds` must not throw; what they return points at an option',
  declaration: true,
  check: (subject) =>
    Object.entries(subject.plugin.options).flatMap(([name, schema]) =>
      oddValues(schema).flatMap((value) =>
        judge(subject, withOption(subject, name, value)).map(
          (seen) => `\`${show(name, value)}\`: ${seen}`,
        ),
      ),
    ),
};

function judge(subject: Subject, lines: readonly string[]): readonly string[] {
  const { plugin } = subject;
  const values = subject.valuesOf(lines);
  try {
    const problems = plugin.check?.(values) ?? [];
    const needs = plugin.kind === 'input' ? [] : (plugin.readsOf?.(values) ?? []);
    if (plugin.kind === 'output') plugin.holds?.(values);
    return [
      ...problems.flatMap((problem) => problemForm(plugin, problem)),
      ...needs.flatMap((need) => needForm(plugin, need)),
    ];
  } catch (error) {
    return [`threw ${messageOf(error)}`];
  }
}

function problemForm({ options }: StagePlugin, problem: ValueProblem): readonly string[] {
  const { option, message } = problem;
  return [
    ...unless(Object.hasOwn(options, option), `a problem is about "${option}", which is no option`),
    ...unless(
      message !== '' && !message.includes('\n'),
      `a problem says ${JSON.stringify(message)}`,
    ),
  ];
}

function needForm(plugin: StagePlugin, need: KeyRequirement): readonly string[] {
  const { key, option } = need;
  const types = ['bool', 'u8', 'u16', 'u32', 'u64', 'ip', 'mac', 'string', 'bytes', 'unheard-of'];
  return [
    ...unless(typeof key === 'string', 'a key to be read has no name'),
    ...unless(Object.hasOwn(plugin.options, option), `${key} is read for "${option}", no option`),
    ...types.flatMap((type) =>
      (need.checkType?.(type) ?? []).flatMap((problem) => problemForm(plugin, problem)),
    ),
  ];
}
