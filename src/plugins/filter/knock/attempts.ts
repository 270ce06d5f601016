import { LruTable } from '../../../records/lru-table.ts';
import { IpProtocol } from '../../../records/protocols/ip-protocol.ts';
import { protocolOf } from './sequence.ts';

const NONE = -1;

export interface AttemptOptions {
  /** Sources to keep in mind; the least recently seen goes first. */
  readonly capacity: number;
  /** The most bytes of a source's key. */
  readonly keyLength: number;
  /** Milliseconds from the first hit in which the last has to come. */
  readonly timeout: number;
  /** Whether hits that are no step of the sequence spoil an attempt too. */
  readonly strict: boolean;
}

/** How many attempts were begun, and what became of them. */
export interface AttemptCounts {
  attempts: number;
  spoiled: number;
  expired: number;
  completed: number;
}

/**
 * How far each source is in the sequence. A source is kept in mind from a hit that matches the first
 * step on, so that strangers cost nothing but a comparison.
 *
 * - The next step's hit leads on. The current step's again changes nothing, so a retransmission or
 *   a duplicate does no harm; where the next step is the same port, TCP's source port and sequence
 *   number tell a retransmission from a knock. At the first step it begins the attempt anew: the
 *   time counts from there.
 * - A hit of another step of the sequence, in strict mode any other hit, ends the attempt; so does
 *   the first hit after `timeout`. If it matches the first step a new attempt begins with it.
 * - After the last step the source is kept, until it does something else, only to know a
 *   retransmission of that step.
 */
export class Attempts {
  readonly counts: AttemptCounts = { attempts: 0, spoiled: 0, expired: 0, completed: 0 };
  readonly #table: LruTable;
  readonly #timeout: number;
  readonly #strict: boolean;
  #steps: readonly number[] = [];
  /** Per slot: steps done. */
  readonly #stages: Uint8Array;
  /** Per slot: time of the first hit, ms since 1970. */
  readonly #began: Float64Array;
  /** Per slot: what tells the last accepted TCP segment from others. */
  readonly #sourcePorts: Uint16Array;
  readonly #sequenceNumbers: Uint32Array;

  constructor({ capacity, keyLength, timeout, strict }: AttemptOptions) {
    this.#table = new LruTable(capacity, keyLength);
    this.#timeout = timeout;
    this.#strict = strict;
    this.#stages = new Uint8Array(capacity);
    this.#began = new Float64Array(capacity);
    this.#sourcePorts = new Uint16Array(capacity);
    this.#sequenceNumbers = new Uint32Array(capacity);
  }

  /** Sources kept in mind now. */
  get sources(): number {
    return this.#table.size;
  }

  /** Sources forgotten for lack of room. */
  get evicted(): number {
    return this.#table.evictions;
  }

  /**
   * Goes over to another sequence; all attempts at the one before are forgotten.
   *
   * @param steps step codes, 1–32
   */
  follow(steps: readonly number[]): void {
    this.#steps = steps;
    this.#table.clear();
  }

  /**
   * Takes note of a hit.
   *
   * @param key identifies the source: the first `length` bytes
   * @param code what the packet is as a step
   * @param sourcePort of a TCP packet, like its sequence number; 0 for others
   * @param now time of the packet, ms since 1970
   * @returns whether it completes the sequence
   */
  hit(
    key: Uint8Array,
    length: number,
    code: number,
    sourcePort: number,
    sequenceNumber: number,
    now: number,
  ): boolean {
    if (!this.#strict && !this.#isStep(code)) return false;
    const slot = this.#table.find(key, length);
    if (slot !== NONE) {
      const steps = this.#steps;
      const stage = this.#stages[slot] as number;
      const current = steps[stage - 1] === code;
      const late = this.#isLate(slot, now);
      if (!late && current && this.#isRetransmission(slot, code, sourcePort, sequenceNumber)) {
        return false;
      }
      if (stage === steps.length) {
        this.#table.remove(slot);
      } else if (late) {
        this.counts.expired++;
        this.#table.remove(slot);
      } else if (steps[stage] === code) {
        return this.#advance(slot, stage + 1, sourcePort, sequenceNumber);
      } else if (current) {
        if (stage === 1) this.#restart(slot, sourcePort, sequenceNumber, now);
        return false;
      } else {
        this.counts.spoiled++;
        this.#table.remove(slot);
      }
    }
    if (code !== this.#steps[0]) return false;
    this.counts.attempts++;
    const fresh = this.#table.insert(key, length);
    this.#began[fresh] = now;
    return this.#advance(fresh, 1, sourcePort, sequenceNumber);
  }

  #isStep(code: number): boolean {
    const steps = this.#steps;
    for (let i = 0; i < steps.length; i++) if (steps[i] === code) return true;
    return false;
  }

  /** A clock that is set back makes no time pass. */
  #isLate(slot: number, now: number): boolean {
    const began = this.#began[slot] as number;
    if (now < began) this.#began[slot] = now;
    return now - began > this.#timeout;
  }

  #isRetransmission(slot: number, code: number, port: number, sequenceNumber: number): boolean {
    return (
      protocolOf(code) === IpProtocol.TCP &&
      this.#sourcePorts[slot] === port &&
      this.#sequenceNumbers[slot] === sequenceNumber
    );
  }

  #advance(slot: number, stage: number, sourcePort: number, sequenceNumber: number): boolean {
    this.#stages[slot] = stage;
    this.#sourcePorts[slot] = sourcePort;
    this.#sequenceNumbers[slot] = sequenceNumber;
    if (stage < this.#steps.length) return false;
    this.counts.completed++;
    return true;
  }

  #restart(slot: number, sourcePort: number, sequenceNumber: number, now: number): void {
    this.#began[slot] = now;
    this.#sourcePorts[slot] = sourcePort;
    this.#sequenceNumbers[slot] = sequenceNumber;
  }
}
