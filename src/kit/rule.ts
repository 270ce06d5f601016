import type { StagePlugin } from '../plugins/api.ts';
import type { Subject } from './subject.ts';

/** Something that every plugin of some kinds must do. */
export interface Rule {
  /** `keeps-nothing`: what reports and exemptions call it. */
  readonly name: string;
  /** What it must do, in one sentence without a subject. */
  readonly demand: string;
  /** What to do where it does not. */
  readonly advice: string;
  /** Default: all. */
  readonly kinds?: readonly StagePlugin['kind'][];
  /** Whether the declaration alone tells: then it is checked even where no instance can be opened. */
  readonly declaration?: boolean;
  /**
   * Tries the plugin; returns what was seen against the rule, nothing when it keeps it. What it throws
   * was seen as well.
   */
  check(subject: Subject): readonly string[] | Promise<readonly string[]>;
}

/** What was seen, where a condition does not hold. */
export const unless = (holds: boolean, seen: string): readonly string[] => (holds ? [] : [seen]);
