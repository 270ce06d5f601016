import { EEXIST, ENFILE, ENOENT, ENOSPC } from '../../../libc/errno.ts';
import type { NetlinkSocket } from '../../../netlink/index.ts';
import {
  type DataType,
  findSet,
  formatSetName,
  type NftSet,
  type Refresh,
  type SetName,
  SetWriter,
  type Transaction,
} from '../../../netlink/nftables/index.ts';
import type { KeyColumn } from '../../../records/column-set.ts';
import type { OutputCounters, PluginLog } from '../../api.ts';
import { checkSet, type Demand } from './check-set.ts';
import type { NftsetCounts } from './counts.ts';
import { ElementBatch } from './element-batch.ts';
import { ElementEncoder, ENCODED, type Encoding } from './element-encoder.ts';
import { elementText } from './element-text.ts';
import { RefusalLog } from './refusal-log.ts';

/** Pause between attempts to find a set that has gone, in ms. */
const LOOK_UP_INTERVAL = 1000;
/**
 * A refused transaction takes the kernel milliseconds, in which nothing else goes on. A full set is
 * left alone for this many times as long, so that a flood cannot bring specter to a stop.
 */
const PAUSE_FACTOR = 10;

type Obstacle = 'is not there' | 'refused its elements';

export interface TargetOptions {
  readonly action: 'add' | 'delete';
  /** Default: the set's own. */
  readonly timeoutMs: number | undefined;
  readonly refresh: Refresh;
  readonly demand: Demand;
  /** The columns of the demanded keys. */
  readonly columns: readonly KeyColumn[];
  /** Rows of a batch. */
  readonly capacity: number;
  readonly log: PluginLog;
}

/** What depends on how the set was made. */
interface Fitting {
  readonly set: NftSet;
  readonly fields: readonly DataType[];
  readonly encoder: ElementEncoder;
  readonly elements: ElementBatch;
  readonly writer: SetWriter;
}

/** One set, and the elements of the batch under way that go to it. */
export class Target {
  /** `inet filter banned` */
  readonly title: string;
  readonly #name: SetName;
  readonly #socket: NetlinkSocket;
  readonly #transaction: Transaction;
  readonly #options: TargetOptions;
  readonly #refusals: RefusalLog;
  #fitting: Fitting;
  /** Why no elements go to the set until it has been looked up again. */
  #obstacle: Obstacle | undefined;
  /** When to look for a set that has gone, and when to fill a full one again. */
  #nextLookUp = 0;
  #fullUntil = 0;
  #lastFailure = '';

  /** Looks the set up. Throws NftsetError when elements cannot go to it, NetlinkError. */
  constructor(
    socket: NetlinkSocket,
    transaction: Transaction,
    name: SetName,
    options: TargetOptions,
  ) {
    this.title = formatSetName(name);
    this.#socket = socket;
    this.#transaction = transaction;
    this.#name = name;
    this.#options = options;
    const { action, log } = options;
    const operation = action === 'add' ? `add to ${this.title}` : `delete from ${this.title}`;
    this.#refusals = new RefusalLog(log, operation);
    this.#fitting = this.#find();
  }

  /** nft's names of the types of its fields. */
  get types(): readonly string[] {
    return this.#fitting.fields.map(({ name }) => name);
  }

  /** Before the rows of a batch: looks again for a set that was lost, at most once a second. */
  prepare(counters: OutputCounters): void {
    if (!this.#obstacle || performance.now() < this.#nextLookUp) return;
    this.#nextLookUp = performance.now() + LOOK_UP_INTERVAL;
    try {
      this.reopen();
    } catch (error) {
      counters.errors++;
      this.#logFailure(error instanceof Error ? error.message : String(error));
    }
  }

  /** Takes the row's element if it is one for this set. */
  take(row: number, counts: NftsetCounts): Encoding {
    const { encoder, elements } = this.#fitting;
    const encoding = encoder.encode(row);
    if (encoding === ENCODED && !elements.add(encoder.bytes)) counts.duplicates++;
    return encoding;
  }

  /** Behind the rows of a batch: has the kernel store or delete their elements. */
  flush(counters: OutputCounters, counts: NftsetCounts): void {
    const { elements, writer } = this.#fitting;
    const { count } = elements;
    if (count === 0) return;
    const start = performance.now();
    if (this.#obstacle) this.#dropForLoss(this.#obstacle, elements.total, counters, counts);
    else if (start < this.#fullUntil) this.#dropForRoom(elements.total, counters, counts);
    else {
      const refused = writer.write(elements.keys, count);
      if (this.#options.action === 'add') counts.added += count - refused;
      else counts.deleted += count - refused;
      if (refused === 0) counters.written += elements.total;
      else this.#settle(refused, start, counters, counts);
    }
    elements.clear();
  }

  /** Looks the set up again. Throws as the constructor does, and then goes on with what it has. */
  reopen(): void {
    this.#fitting = this.#find();
    if (this.#obstacle === 'is not there') {
      this.#options.log.notice(`set ${this.title} is there again`);
    }
    this.#obstacle = undefined;
    this.#lastFailure = '';
    this.#fullUntil = 0;
  }

  #find(): Fitting {
    const { action, timeoutMs, refresh, demand, columns, capacity } = this.#options;
    const set = checkSet(this.#name, findSet(this.#socket, this.#name), demand);
    const fields = set.fields ?? [];
    return {
      set,
      fields,
      encoder: new ElementEncoder(set, fields, columns),
      elements: new ElementBatch(capacity, set.keyLength),
      writer: new SetWriter(this.#transaction, set, { action, timeoutMs, refresh, capacity }),
    };
  }

  /** Counts a batch of which the kernel refused some elements. */
  #settle(refused: number, start: number, counters: OutputCounters, counts: NftsetCounts): void {
    const { elements, writer } = this.#fitting;
    const isAbsence = this.#options.action === 'delete' && this.#isThere(refused);
    let failed = 0;
    let full = 0;
    for (let element = 0; element < elements.count; element++) {
      const errno = writer.errnos[element] as number;
      const rows = elements.rows[element] as number;
      const isCovered = errno === EEXIST && this.#options.action === 'add';
      const isAbsent = errno === ENOENT && isAbsence;
      if (isCovered) counts.covered++;
      if (isAbsent) counts.absent++;
      if (errno === 0 || isCovered || isAbsent) {
        counters.written += rows;
        continue;
      }
      failed++;
      counters.errors++;
      if (errno === ENFILE || errno === ENOSPC) full += rows;
      else {
        // It has gone, or is no longer what it was: it is looked up before the next batch.
        this.#obstacle = errno === ENOENT ? 'is not there' : 'refused its elements';
        this.#dropForLoss(this.#obstacle, rows, counters, counts);
      }
    }
    if (full > 0) {
      this.#dropForRoom(full, counters, counts);
      this.#fullUntil = start + PAUSE_FACTOR * (performance.now() - start);
    }
    if (failed > 0) this.#report(failed, isAbsence);
  }

  /** To tell an absent element from an absent set, for which the kernel has the same errno. */
  #isThere(refused: number): boolean {
    if (refused < this.#fitting.elements.count) return true;
    try {
      return typeof findSet(this.#socket, this.#name) !== 'string';
    } catch {
      // The look-up at the next batch will tell why.
      return false;
    }
  }

  #dropForLoss(obstacle: Obstacle, rows: number, counters: OutputCounters, counts: NftsetCounts) {
    if (obstacle === 'is not there') counts['set gone'] += rows;
    this.#countDropped(rows, counters, obstacle);
  }

  #dropForRoom(rows: number, counters: OutputCounters, counts: NftsetCounts): void {
    counts['set full'] += rows;
    this.#countDropped(rows, counters, 'is full');
  }

  #countDropped(rows: number, counters: OutputCounters, reason: string): void {
    counters.dropped += rows;
    this.#options.log.counted(`records dropped because set ${this.title} ${reason}`, rows);
  }

  /** Names failed elements, of the errno that the first of them has. */
  #report(failed: number, isAbsence: boolean): void {
    if (!this.#refusals.isDue) {
      this.#refusals.countUnnamed(failed);
      return;
    }
    const { set, fields, elements, writer } = this.#fitting;
    const { action } = this.#options;
    const names: string[] = [];
    let errno = 0;
    for (let element = 0; element < elements.count; element++) {
      const own = writer.errnos[element] as number;
      const isFailure =
        own !== 0 && !(action === 'add' ? own === EEXIST : own === ENOENT && isAbsence);
      if (!isFailure) continue;
      errno ||= own;
      if (names.length === RefusalLog.NAMED) break;
      names.push(elementText(fields, elements.keys, element * set.keyLength, set.isInterval));
    }
    const { kernelMessage } = writer;
    this.#refusals.report({ errno, kernelMessage, count: failed, elements: names });
  }

  #logFailure(message: string): void {
    if (message === this.#lastFailure) return;
    this.#lastFailure = message;
    this.#options.log.error(message);
  }
}
