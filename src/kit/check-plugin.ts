import { setImmediate } from 'node:timers/promises';
import { messageOf, toError } from '../daemon/to-error.ts';
import type { StagePlugin } from '../plugins/api.ts';
import { Misbehaviour } from './misbehaviour.ts';
import type { Rule } from './rule.ts';
import { openingRule, rules } from './rules/index.ts';
import { Subject } from './subject.ts';

export interface CheckOptions {
  /** Lines of the plugin's section in a config: `tallyinterval 5s`. Default: none. */
  readonly options?: readonly string[];
  /** Plugins whose keys it may read, besides those of specter. Default: none. */
  readonly with?: readonly StagePlugin[];
  /**
   * Rules that the plugin need not keep, by name, each with the reason. One that it keeps all the same
   * counts as broken, so that none stays here for nothing.
   */
  readonly exempt?: Readonly<Record<string, string>>;
  /**
   * Why no instance can be opened here: then only what the declaration tells is checked. Default: one
   * can.
   */
  readonly declarationOnly?: string;
  /** Names of the rules to try. Default: all. */
  readonly only?: readonly string[];
}

/** What came of one rule. */
export interface RuleResult {
  readonly rule: string;
  /** What the rule demands. */
  readonly demand: string;
  readonly outcome: 'kept' | 'broken' | 'skipped' | 'exempt';
  /** Broken: what was seen. Skipped or exempt: why. */
  readonly notes: readonly string[];
  /** Broken: what to do. */
  readonly advice?: string;
}

export interface Report {
  readonly plugin: Pick<StagePlugin, 'name' | 'kind' | 'summary'>;
  readonly results: readonly RuleResult[];
  /** Whether no rule is broken. */
  readonly passed: boolean;
}

/**
 * Tries a plugin in every way in which specter uses it, and in those that a bad day brings. Takes one
 * to ten seconds. Files go to a temporary folder; whatever else the plugin does, it does: commands run,
 * and connections are made.
 *
 * @throws UnusableOptions when the options are no valid config: then there is nothing to check
 */
export async function checkPlugin(
  plugin: StagePlugin,
  { options = [], with: others = [], exempt = {}, declarationOnly, only }: CheckOptions = {},
): Promise<Report> {
  const subject = new Subject(plugin, options, others);
  const results: RuleResult[] = unknownRules([...Object.keys(exempt), ...(only ?? [])]);
  let why = declarationOnly;
  for (const rule of rules) {
    const { name, demand, kinds } = rule;
    if (kinds?.includes(plugin.kind) === false || only?.includes(name) === false) continue;
    if (why !== undefined && !rule.declaration) {
      results.push({ rule: name, demand, outcome: 'skipped', notes: [why] });
      continue;
    }
    const result = judged(rule, await seenBy(rule, subject), exempt[name]);
    results.push(result);
    if (rule === openingRule && result.outcome === 'broken') why = 'it cannot be opened';
  }
  const { name, kind, summary } = plugin;
  const passed = results.every(({ outcome }) => outcome !== 'broken');
  return { plugin: { name, kind, summary }, results, passed };
}

function judged(
  { name, demand, advice }: Rule,
  notes: readonly string[],
  reason: string | undefined,
): RuleResult {
  const rule = { rule: name, demand };
  if (reason === undefined) {
    return notes.length === 0
      ? { ...rule, outcome: 'kept', notes }
      : { ...rule, outcome: 'broken', notes, advice };
  }
  if (notes.length > 0) return { ...rule, outcome: 'exempt', notes: [reason] };
  return {
    ...rule,
    outcome: 'broken',
    notes: ['it keeps the rule that it is exempt from'],
    advice: 'take the exemption away',
  };
}

function unknownRules(names: readonly string[]): RuleResult[] {
  return names
    .filter((name) => !rules.some((rule) => rule.name === name))
    .map((name) => ({
      rule: name,
      demand: 'is a rule',
      outcome: 'broken' as const,
      notes: ['there is no such rule'],
      advice: `the rules are ${rules.map((rule) => rule.name).join(', ')}`,
    }));
}

/** What was seen against the rule, also in timers and promises that the plugin left alone. */
async function seenBy(rule: Rule, subject: Subject): Promise<readonly string[]> {
  const uncaught = new Set<string>();
  const note = (error: unknown): void => {
    uncaught.add(`nobody caught: ${toError(error).message}`);
  };
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  try {
    const seen = await rule.check(subject);
    // A rejected promise is nobody's only when the turn has ended.
    await setImmediate();
    return [...seen, ...uncaught];
  } catch (error) {
    if (error instanceof Misbehaviour) return [error.message, ...uncaught];
    // A plugin can break what the check itself relies on.
    return [`the check failed: ${messageOf(error)}`, ...uncaught];
  } finally {
    process.off('uncaughtException', note);
    process.off('unhandledRejection', note);
  }
}
