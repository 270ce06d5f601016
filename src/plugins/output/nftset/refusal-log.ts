import { EAGAIN, ENFILE, ENOENT, ENOSPC, EPERM, ERESTART, ESTALE } from '../../../libc/errno.ts';
import { errnoName, errnoText } from '../../../libc/syscall-error.ts';
import type { PluginLog } from '../../api.ts';

/** Elements that a line of the log names. */
const NAMED = 10;
/** Shortest time between two lines about one set, in ms. */
const INTERVAL = 1000;

/** Elements that the kernel refused for one reason. */
export interface RefusedElements {
  readonly errno: number;
  readonly kernelMessage: string | undefined;
  /** How many they are. */
  readonly count: number;
  /** The first of them, in nft's words. */
  readonly elements: readonly string[];
}

/** Logs refused elements by name, at most one line a second: packets cause them. */
export class RefusalLog {
  /** How many elements a line names: no need to format more. */
  static readonly NAMED = NAMED;

  readonly #log: PluginLog;
  readonly #operation: string;
  #next = 0;
  #unnamed = 0;

  /** @param operation what fails, with its set: `add to inet filter banned` */
  constructor(log: PluginLog, operation: string) {
    this.#log = log;
    this.#operation = operation;
  }

  /** Whether `report` would log now. */
  get isDue(): boolean {
    return performance.now() >= this.#next;
  }

  /** Elements refused while no line was due: the next line tells their number. */
  countUnnamed(count: number): void {
    this.#unnamed += count;
  }

  report({ errno, kernelMessage, count, elements }: RefusedElements): void {
    this.#next = performance.now() + INTERVAL;
    const more = count - elements.length;
    const names = elements.join(', ') + (more > 0 ? ` and ${more} more` : '');
    const said = kernelMessage === undefined ? '' : `: kernel says "${kernelMessage}"`;
    const before = this.#unnamed > 0 ? `; ${this.#unnamed} others before` : '';
    this.#unnamed = 0;
    this.#log.error(`cannot ${this.#operation}: ${reasonOf(errno)}${said}: ${names}${before}`);
  }
}

/** errno's usual words mislead about these; see nf_tables_api.c. */
const reasons = new Map([
  [EPERM, 'not permitted: the table may belong to a process, as its flag owner tells (EPERM)'],
  [ENOENT, 'there is no such set any more (ENOENT)'],
  [EAGAIN, 'others change the set at the same time (EAGAIN)'],
  [ENFILE, 'the set is full (ENFILE)'],
  [ENOSPC, 'the set is full (ENOSPC)'],
  [ERESTART, 'others change the ruleset all the time (ERESTART)'],
  [ESTALE, 'it has been made anew, as another kind of set (ESTALE)'],
]);

const reasonOf = (errno: number): string =>
  reasons.get(errno) ?? `${errnoText(errno)} (${errnoName(errno)})`;
