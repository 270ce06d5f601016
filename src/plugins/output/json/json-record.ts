import type { Batch } from '../../../records/batch.ts';
import { writeUint } from '../../../records/text.ts';
import type { RecordFormat } from '../record-output.ts';
import type { RowText, Step } from './step.ts';
import { TextPool } from './text-pool.ts';

const Kind = { text: 0, number: 1, string: 2, value: 3, open: 4, close: 5 } as const;

const QUOTE = 0x22;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
/** `}` and a newline. */
const END = 0x7d0a;
/** Digits of the greatest number of 32 bits. */
const MAX_NUMBER = 10;
/** Quotes or brace behind a step. */
const PUNCTUATION = 2;

const noNumbers = new Uint32Array(0);
const noText: RowText = {
  fixedRoom: 0,
  roomPerByte: 0,
  room: () => 0,
  write: (_row, _out, at) => at,
};

/**
 * A row as a JSON object in a line of its own: the steps of a schema, one after the other.
 *
 * A block has a hundred keys and more, and a packet a third of them. So those that no row of a batch
 * has are sorted out in `begin`, and what is looked at for each of the others stands in plain arrays
 * side by side.
 */
export class JsonRecord implements RecordFormat {
  readonly #kinds: Uint8Array;
  /** 1 where the row has what the step writes. */
  readonly #present: readonly Uint8Array[];
  readonly #texts: TextPool;
  readonly #numbers: readonly Uint32Array[];
  readonly #values: readonly RowText[];
  /** The steps that rows of the batch take: `#used[0 … #usedCount − 1]`. */
  readonly #used: Uint32Array;
  #usedCount = 0;
  readonly #fixedRoom: number;
  /** Those of them whose values need more room in some rows than in others. */
  readonly #usedOfAnyLength: Uint32Array;
  #usedOfAnyLengthCount = 0;
  /** Where the objects that are open begin, and their content. */
  readonly #objects: Uint32Array;
  readonly #contents: Uint32Array;

  /**
   * @param steps the first of them begins the object and is written for every row
   * @param capacity rows of the block's batches
   */
  constructor(steps: readonly Step[], capacity: number) {
    const always = new Uint8Array(capacity).fill(1);
    this.#kinds = Uint8Array.from(steps, ({ kind }) => Kind[kind]);
    this.#present = steps.map((step) => ('column' in step && step.column?.present) || always);
    this.#texts = new TextPool(steps.map(textBefore));
    this.#numbers = steps.map((step) => (step.kind === 'number' ? step.column.values : noNumbers));
    this.#values = steps.map((step) => ('value' in step ? step.value : noText));
    this.#used = new Uint32Array(steps.length);
    this.#fixedRoom = this.#values.reduce(
      (room, { fixedRoom }, i) =>
        room + (this.#texts.lengths[i] as number) + fixedRoom + MAX_NUMBER + PUNCTUATION,
      PUNCTUATION + TextPool.SLACK,
    );
    this.#usedOfAnyLength = new Uint32Array(steps.length);
    const depth = steps.filter(({ kind }) => kind === 'open').length;
    this.#objects = new Uint32Array(depth);
    this.#contents = new Uint32Array(depth);
  }

  begin({ count }: Batch): void {
    const present = this.#present;
    let used = 0;
    let ofAnyLength = 0;
    for (let i = 0; i < present.length; i++) {
      const rows = present[i] as Uint8Array;
      let row = 0;
      while (row < count && rows[row] !== 1) row++;
      if (row === count) continue;
      this.#used[used++] = i;
      if ((this.#values[i] as RowText).roomPerByte > 0) this.#usedOfAnyLength[ofAnyLength++] = i;
    }
    this.#usedCount = used;
    this.#usedOfAnyLengthCount = ofAnyLength;
  }

  room(row: number): number {
    let room = this.#fixedRoom;
    for (let u = 0; u < this.#usedOfAnyLengthCount; u++) {
      const i = this.#usedOfAnyLength[u] as number;
      if ((this.#present[i] as Uint8Array)[row] === 1) {
        room += (this.#values[i] as RowText).room(row);
      }
    }
    return room;
  }

  write(row: number, out: DataView, start: number): number {
    const used = this.#used;
    const usedCount = this.#usedCount;
    const { doubles, starts, lengths } = this.#texts;
    let at = start;
    let depth = 0;
    for (let u = 0; u < usedCount; u++) {
      const i = used[u] as number;
      if ((this.#present[i] as Uint8Array)[row] !== 1) continue;
      const before = at;
      const end = starts[i + 1] as number;
      for (let from = starts[i] as number, to = at; from < end; from++, to += 8) {
        out.setFloat64(to, doubles[from] as number, true);
      }
      at += lengths[i] as number;
      switch (this.#kinds[i]) {
        case Kind.number:
          at = writeUint(out, at, (this.#numbers[i] as Uint32Array)[row] as number);
          break;
        case Kind.string:
          at = (this.#values[i] as RowText).write(row, out, at);
          out.setUint8(at++, QUOTE);
          break;
        case Kind.value:
          at = (this.#values[i] as RowText).write(row, out, at);
          break;
        case Kind.open:
          this.#objects[depth] = before;
          this.#contents[depth++] = at;
          break;
        case Kind.close:
          at = this.#closeObject(--depth, out, at);
          break;
      }
    }
    out.setUint16(at, END);
    return at + 2;
  }

  /** The comma before an object's first member becomes its brace; an empty object is taken back. */
  #closeObject(depth: number, out: DataView, at: number): number {
    const content = this.#contents[depth] as number;
    if (at === content) return this.#objects[depth] as number;
    out.setUint8(content, OPENING_BRACE);
    out.setUint8(at, CLOSING_BRACE);
    return at + 1;
  }
}

function textBefore(step: Step): string {
  if (step.kind === 'close') return '';
  return step.kind === 'string' ? `${step.text}"` : step.text;
}
