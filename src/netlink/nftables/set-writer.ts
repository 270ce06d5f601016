import { EAGAIN, EEXIST, ENOENT, ERESTART, ESTALE } from '../../libc/errno.ts';
import { NetlinkError } from '../error.ts';
import { ABSENT, COVERED, ElementLookup } from './element-lookup.ts';
import {
  type ElementStep,
  type ElementTemplate,
  elementTemplate,
  isHighest,
} from './element-template.ts';
import { isSameKind, type NftSet } from './set.ts';
import type { Refusal, Transaction } from './transaction.ts';

/** Others change the set at the same time, so that each attempt fails for another reason. */
/** The set is there, but is of another kind than the one that the writer was made for. */

/** Times that what is left is sent without the elements that the kernel refused before. */
const ATTEMPTS = 3;
/** Times that a transaction is sent when somebody else changes the ruleset just before it. */
const CATCH_UPS = 10;

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
  readonly #set: NftSet;
  /** The transaction's epoch in which the set was last found to be what it was. */
  #epoch = 0;
  readonly #keyLength: number;
  readonly #template: ElementTemplate;
  readonly #lastTemplate: ElementTemplate;
  /** For sets that may refuse an element because of what is in them. */
  readonly #lookup: ElementLookup | undefined;
  readonly #deletes: boolean;
  /** The elements of the transaction under way, by their index in it. */
  readonly #sent: Uint32Array;
  #sentCount = 0;

  constructor(transaction: Transaction, set: NftSet, options: SetWriterOptions) {
    const { action, refresh, capacity } = options;
    const timeoutMs = options.timeoutMs ?? (set.hasTimeout ? set.timeoutMs : 0);
    const replaces = action === 'add' && refresh === 'replace' && timeoutMs > 0;
    const steps: readonly ElementStep[] = replaces ? ['add', 'delete', 'add'] : [action];
    this.#transaction = transaction;
    this.#set = set;
    this.#keyLength = set.keyLength;
    this.#template = elementTemplate(set, steps, timeoutMs, false);
    this.#lastTemplate = elementTemplate(set, steps, timeoutMs, true);
    this.#deletes = action === 'delete';
    const asks = this.#deletes || set.isInterval;
    this.#lookup = asks ? new ElementLookup(transaction.socket, set, capacity) : undefined;
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
    let refused = this.#exclude(keys, count);
    for (let from = 0; from < count; ) {
      const end = this.#collect(keys, from, count);
      refused += this.#store(keys, from, end);
      from = end;
    }
    return refused;
  }

  /** Refuses by itself, with the kernel's errno, what a look-up says that the kernel would. */
  #exclude(keys: Uint8Array, count: number): number {
    if (!this.#lookup) return 0;
    this.#lookup.ask(keys, count);
    const { states } = this.#lookup;
    let excluded = 0;
    for (let element = 0; element < count; element++) {
      const state = states[element];
      if (state !== COVERED && !(this.#deletes && state === ABSENT)) continue;
      this.errnos[element] = this.#deletes ? ENOENT : EEXIST;
      excluded++;
    }
    return excluded;
  }

  /** Stores elements `from` to `end`, which fit into one transaction and have been put into it. */
  #store(keys: Uint8Array, from: number, end: number): number {
    let refused = 0;
    for (let attempt = 1; ; attempt++) {
      const left = this.#sentCount;
      if (left === 0) return refused;
      const refusals = this.#commit();
      if (refusals.length === 0) return refused;
      const whole = refusals.find(({ element }) => element < 0);
      const culprits = this.#mark(refusals);
      if (whole || attempt === ATTEMPTS) {
        this.#giveUp(from, end, whole?.errno ?? EAGAIN);
        return refused + left;
      }
      refused += culprits;
      this.#collect(keys, from, end);
    }
  }

  #commit(): readonly Refusal[] {
    try {
      return this.#commitToSet();
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
      return [{ element: -1, errno: error.errno, kernelMessage: error.kernelMessage }];
    }
  }

  /** Hands the transaction to the kernel, for the set as it was when the writer was made. */
  #commitToSet(): readonly Refusal[] {
    const transaction = this.#transaction;
    for (let attempt = 1; ; attempt++) {
      const errno = this.#epoch === transaction.epoch ? 0 : this.#lookAgain();
      if (errno !== 0) return [{ element: -1, errno, kernelMessage: undefined }];
      const refusals = transaction.commit();
      if (refusals[0]?.errno !== ERESTART || attempt === CATCH_UPS) return refusals;
      transaction.catchUp();
    }
  }

  /** Whether the set is still what it was: 0, or an errno that says what it is instead. */
  #lookAgain(): number {
    const { epoch } = this.#transaction;
    const found = this.#transaction.find(this.#set.name);
    if (typeof found === 'string') return ENOENT;
    if (!isSameKind(found, this.#set)) return ESTALE;
    this.#epoch = epoch;
    return 0;
  }

  /** Begins a transaction of elements from `from` on; returns the first that no longer fits. */
  #collect(keys: Uint8Array, from: number, end: number): number {
    const transaction = this.#transaction;
    transaction.begin(this.#template.messages.length);
    this.#sentCount = 0;
    for (let element = from; element < end; element++) {
      if (this.errnos[element] !== 0) continue;
      const at = element * this.#keyLength;
      const isLast = isHighest(keys, at, this.#keyLength);
      const template = isLast ? this.#lastTemplate : this.#template;
      if (!transaction.fits(template)) return element;
      transaction.append(template, keys, at);
      this.#sent[this.#sentCount++] = element;
    }
    return end;
  }

  /** Notes the errno of each element that was refused; returns how many these are. */
  #mark(refusals: readonly Refusal[]): number {
    let culprits = 0;
    for (const { element: index, errno, kernelMessage } of refusals) {
      this.kernelMessage = kernelMessage ?? this.kernelMessage;
      if (index < 0) continue;
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
