import type { Batch } from '../../../records/batch.ts';
import type { BytesColumn, NumberColumn } from '../../../records/column.ts';
import { key } from '../../../records/key.ts';
import { columnsOf, RowKey } from '../../../records/row-key.ts';
import type { Counts, FilterInstance, PluginContext } from '../../api.ts';
import { EvictionLog } from '../eviction-log.ts';
import { PrefixSet } from '../prefix-set.ts';
import { Announcer } from './announcer.ts';
import { Attempts } from './attempts.ts';
import { HitReader, NO_HIT } from './hits.ts';
import type { KnockOptions } from './options.ts';
import { parseSequenceOption } from './sequence.ts';
import { FixedSequence, OneTimeSequences, type Sequences } from './sequences.ts';
import { flagMatch } from './tcp-flags.ts';

export const knockKeys = {
  name: key('knock.name', 'string', "the door that a sequence opens: KNOCK's option `knockname`"),
  stage: key('knock.stage', 'u16', 'steps of the completed sequence'),
  source: key('knock.source', 'ip', 'address that completed the sequence'),
};

/** What `log.counted` calls a source that had to go. */
const EVICTED = 'sources forgotten because there are more than knockmax';

const SECOND_MS = 1000;
const MILLISECOND_US = 1000;

/** Lets only those rows pass whose packet is the last step of a sequence, done in order and in time. */
export class Knock implements FilterInstance {
  readonly #context: PluginContext<KnockOptions>;
  readonly #sequences: Sequences;
  /** The sequence that `#attempts` are at. */
  #sequence: readonly number[] | undefined;
  readonly #attempts: Attempts;
  readonly #hits: HitReader;
  readonly #announcer: Announcer;
  /** The source's address as it identifies an attempt. */
  readonly #source: RowKey;
  readonly #saddr: BytesColumn;
  readonly #second: NumberColumn;
  readonly #microsecond: NumberColumn;
  readonly #name: Buffer;
  readonly #names: BytesColumn;
  readonly #stages: NumberColumn;
  readonly #sources: BytesColumn;
  /** Completed sequences for which the door stayed shut. */
  #refused = 0;
  readonly #evictionLog: EvictionLog;

  /** @throws SequenceFileError, or an Error of Node's fs, when the knockfile cannot be had */
  constructor(context: PluginContext<KnockOptions>) {
    const { columns, host, log, options } = context;
    const name = doorName(context);
    this.#context = context;
    this.#hits = new HitReader(columns, {
      flags: flagMatch(options.knockflags),
      family: options.knockfamily,
      targets: options.knocktarget && new PrefixSet(options.knocktarget),
    });
    this.#source = new RowKey(columnsOf(['ip.saddr'], columns));
    this.#saddr = columns.readBytes('ip.saddr');
    this.#second = columns.readNumbers('oob.time.sec');
    this.#microsecond = columns.readNumbers('oob.time.usec');
    this.#name = Buffer.from(name);
    this.#names = columns.bytes(knockKeys.name);
    this.#stages = columns.numbers(knockKeys.stage);
    this.#sources = columns.bytes(knockKeys.source);
    this.#announcer = new Announcer(log, name);
    this.#evictionLog = new EvictionLog(log, EVICTED);
    this.#attempts = new Attempts({
      capacity: options.knockmax,
      keyLength: this.#source.maxLength,
      timeout: options.knocktimeout,
      strict: options.knockstrict,
    });
    const { knockfile, knocksequence = '' } = options;
    this.#sequences =
      knockfile === undefined
        ? fixedSequence(knocksequence)
        : new OneTimeSequences(knockfile, host);
    this.#tellWhenNoneIsLeft();
    this.#follow();
  }

  select(batch: Batch): void {
    // Another door, or its reload, may have used up the sequence of a file that both name.
    this.#follow();
    const { rows, selected } = batch;
    let passed = 0;
    for (let i = 0; i < selected; i++) {
      const row = batch.row(i);
      if (this.#opens(row)) rows[passed++] = row;
    }
    batch.selected = passed;
    this.#evictionLog.tell(this.#attempts.evicted);
  }

  details(): Counts {
    const { counts, evicted, sources } = this.#attempts;
    return { ...counts, refused: this.#refused, evicted, sources };
  }

  reopen(): void {
    this.#sequences.reopen();
    this.#tellWhenNoneIsLeft();
  }

  close(): void {
    this.#sequences.close();
    this.#attempts.follow([]);
  }

  #opens(row: number): boolean {
    if (this.#sequence === undefined) return false;
    const hits = this.#hits;
    const code = hits.code(row);
    if (code === NO_HIT) return false;
    const now = this.#second.get(row) * SECOND_MS + this.#microsecond.get(row) / MILLISECOND_US;
    const source = this.#source;
    const length = source.write(row);
    const port = hits.sourcePort(row);
    const sequenceNumber = hits.sequenceNumber(row);
    if (!this.#attempts.hit(source.bytes, length, code, port, sequenceNumber, now)) return false;
    return this.#completed(row, this.#sequence.length);
  }

  #completed(row: number, steps: number): boolean {
    const isOpen = this.#spend();
    this.#follow();
    if (!isOpen) {
      this.#refused++;
      return false;
    }
    const saddr = this.#saddr;
    // Other doors of the block fill the same columns, and each its own rows.
    this.#names.ownData(this.#name);
    this.#names.set(row, 0, this.#name.length);
    this.#stages.set(row, steps);
    this.#sources.ownData(saddr.data);
    this.#sources.set(row, saddr.offset(row), saddr.length(row));
    const { unused } = this.#sequences;
    this.#announcer.completed(saddr.data, saddr.offset(row), saddr.length(row), unused);
    return true;
  }

  /** Whether the completed sequence may open the door; says why not. */
  #spend(): boolean {
    const { fail, log, options } = this.#context;
    try {
      if (this.#sequences.spend()) {
        this.#tellWhenNoneIsLeft();
        return true;
      }
      log.error(
        `${options.knockfile} was changed since it was read: the door stays shut until SIGHUP makes specter read it again`,
      );
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const message = `a used sequence cannot be marked, so the door stays shut until SIGHUP: ${reason}`;
      fail(new Error(message, { cause: error }));
    }
    return false;
  }

  /** Goes over to the sequence that counts now, if it is another one. */
  #follow(): void {
    const { current } = this.#sequences;
    if (current === this.#sequence) return;
    this.#sequence = current;
    this.#attempts.follow(current ?? []);
  }

  #tellWhenNoneIsLeft(): void {
    if (this.#sequences.unused !== 0) return;
    const { log, options } = this.#context;
    log.error(
      `${options.knockfile} has no unused sequence left: the door stays shut until lines are added and SIGHUP makes specter read it again`,
    );
  }
}

const doorName = ({ block, instance, options }: PluginContext<KnockOptions>): string =>
  options.knockname ?? (instance === '' ? block : instance);

function fixedSequence(text: string): Sequences {
  return new FixedSequence(parseSequenceOption(text).steps.map(({ code }) => code));
}
