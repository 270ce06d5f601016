/** Builds DNS messages (RFC 1035, 4). */

type Bytes = Uint8Array;

const u16 = (...values: readonly number[]): Bytes =>
  Buffer.from(values.flatMap((value) => [value >> 8, value & 0xff]));

/** A name by its labels, which may hold any bytes; ends with the root, or with `tail`. */
export const name = (labels: readonly string[], tail: Bytes = Buffer.alloc(1)): Bytes =>
  Buffer.concat([
    ...labels.map((label) =>
      Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]),
    ),
    tail,
  ]);

/** A name as usually written: `www.example.com`. */
export const dotted = (text: string, tail?: Bytes): Bytes => name(text.split('.'), tail);

/** Where the first question's name stands. */
export const QUESTION = 12;

export const pointer = (offset: number): Bytes => u16(0xc000 | offset);

export const question = (owner: Bytes, type: number): Bytes => Buffer.concat([owner, u16(type, 1)]);

export const record = (type: number, data: Bytes, owner = pointer(QUESTION)): Bytes =>
  Buffer.concat([owner, u16(type, 1, 0, 60, data.length), data]);

export const a = (address: string): Bytes => record(1, Buffer.from(address.split('.').map(Number)));

/** @param address 32 hexadecimal digits */
export const aaaa = (address: string): Bytes => record(28, Buffer.from(address, 'hex'));

export interface Message {
  readonly id?: number;
  /** Everything between identifier and counts. Default 0x0100: a query, recursion desired. */
  readonly flags?: number;
  readonly questions?: readonly Bytes[];
  readonly answers?: readonly Bytes[];
  /** Counts that lie. */
  readonly counts?: readonly [questions: number, answers: number];
}

export function message({ id = 0x1234, flags = 0x0100, ...parts }: Message): Buffer {
  const { questions = [], answers = [] } = parts;
  const [qdcount, ancount] = parts.counts ?? [questions.length, answers.length];
  return Buffer.concat([u16(id, flags, qdcount, ancount, 0, 0), ...questions, ...answers]);
}

/** With its length in front, as in TCP. */
export const withLength = (data: Bytes, length = data.length): Buffer =>
  Buffer.concat([u16(length), data]);

export const RESPONSE = 0x8180;
