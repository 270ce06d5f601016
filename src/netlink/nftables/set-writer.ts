import { type ElementStep, type ElementTemplate, elementTemplate } from './element-template.ts';
import type { NftSet } from './set.ts';
import type { Refusal, Transaction } from './transaction.ts';

/** Times that what is left is sent without the elements that the kernel refused before. */
const ATTEMPTS = 3;

/**
 * How the timeout of an element that is there begins anew. `update`: adding it again does, since
 * Linux 6.12. `replace`: it is added if missing, deleted and added, in one transaction, so that no
 * packet ever finds it missing and nothing has to be looked up before.
 */
export type Refresh = 'update' | 'replace';

export interface SetWriterOptions {
  readonly action: 'add' | 'delete';
  /** How long added elements stay, in ms. Default: the set's own timeout. */
  readonly timeoutMs?: number | undefined;
  readonly refresh: Refresh;
  /** Most elements for one call of `write`. */
  readonly capacity: number;
}

/** By the kernel's release, such as `6.1.0-18-amd64`. */
export function refreshOf(release: string): Refresh {
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  return major > 6 || (major === 6 && minor >= 12) ? 'update' : 'replace';
}

/** Adds elements to a set, or deletes them: as many as the kernel takes. */
export class SetWriter {
  /** For each element of the last `write` 0, or the errno with which the kernel refused it. */
  readonly errnos: Uint16Array;
  /** The kernel's own words about the last refusal that came with any. */
  kernelMessage: string | undefined;
  readonly #transaction: Transaction;
  readonly #keyLength: number;
  readonly #template: ElementTemplate;
  readonly #lastTemplate: ElementTemplate;
  /** The elements of the transaction under way, by their index in it. */
  readonly #sent: Uint32Array;

  constructor(transaction: Transaction, set: NftSet, options: SetWriterOptions) {
    const { action, refresh, capacity } = options;
    const timeoutMs = options.timeoutMs ?? (set.hasTimeout ? set.timeoutMs : 0);
    const replaces = action === 'add' && refresh === 'replace' && timeoutMs > 0;
    const steps: readonly ElementStep[] = replaces ? ['add', 'delete', 'add'] : [action];
    this.#transaction = transaction;
    this.#keyLength = set.keyLength;
    this.#template = elementTemplate(set, steps, timeoutMs, false);
    this.#lastTemplate = elementTemplate(set, steps, timeoutMs, true);
    this.errnos = new Uint16Array(capacity);
    this.#sent = new Uint32Array(capacity);
  }

  /**
   * @param keys the elements' keys, one behind the other
   * @param count of elements, at most the capacity
   * @returns how many the kernel refused; `errnos` tells which
   */
  write(keys: Uint8Array, count: number): number {
    const { errnos } = this;
    errnos.fill(0, 0, count);
    this.kernelMessage = undefined;
    let refused = 0;
    for (let from = 0; from < count; ) {
      const end = this.#collect(keys, from, count);
      refused += this.#store(keys, from, end);
      from = end;
    }
    return refused;
  }

  /** Stores elements `from` to `end`, which fit into one transaction and have been put into it. */
  #store(keys: Uint8Array, from: number, end: number): number {
    let refused = 0;
    for (let attempt = 1; ; attempt++) {
      const refusals = this.#transaction.commit();
      if (refusals.length === 0) return refused;
      const left = end - from - refused;
      const culprits = this.#mark(refusals);
      if (culprits === 0 || attempt === ATTEMPTS) {
        this.#giveUp(from, end, refusals[0]?.errno ?? 0);
        return refused + left;
      }
      refused += culprits;
      if (culprits === left) return refused;
      this.#collect(keys, from, end);
    }
  }

  /** Begins a transaction of elements from `from` on; returns the first that no longer fits. */
  #collect(keys: Uint8Array, from: number, end: number): number {
    const transaction = this.#transaction;
    transaction.begin(this.#template.messages.length);
    let sent = 0;
    for (let element = from; element < end; element++) {
      if (this.errnos[element] !== 0) continue;
      const at = element * this.#keyLength;
      const isLast = isHighest(keys, at, this.#keyLength);
      const template = isLast ? this.#lastTemplate : this.#template;
      if (!transaction.fits(template)) return element;
      transaction.append(template, keys, at);
      this.#sent[sent++] = element;
    }
    return end;
  }

  /** Notes the errno of each element that was refused; returns how many these are. */
  #mark(refusals: readonly Refusal[]): number {
    let culprits = 0;
    for (const { element: index, errno, kernelMessage } of refusals) {
      this.kernelMessage = kernelMessage ?? this.kernelMessage;
      if (index < 0) return 0;
      const element = this.#sent[index] as number;
      // Of several messages about one element, the first to fail tells why.
      if (this.errnos[element] !== 0) continue;
      this.errnos[element] = errno;
      culprits++;
    }
    return culprits;
  }

  #giveUp(from: number, end: number, errno: number): void {
    for (let element = from; element < end; element++) {
      if (this.errnos[element] === 0) this.errnos[element] = errno;
    }
  }
}

function isHighest(keys: Uint8Array, at: number, length: number): boolean {
  for (let k = 0; k < length; k++) {
    if (keys[at + k] !== 0xff) return false;
  }
  return true;
}
