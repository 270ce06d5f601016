/**
 * Messages of PostgreSQL's protocol 3.0 that do not depend on rows (PostgreSQL's documentation,
 * "Message Formats"): a byte for the type, the length without that byte, the fields.
 */

/** Bytes of the length, which counts itself. */
export const LENGTH_FIELD = 4;
/** Type and length. */
export const MESSAGE_HEAD = 1 + LENGTH_FIELD;

export const messageType = {
  bind: 0x42, // B
  close: 0x43, // C
  execute: 0x45, // E
  parse: 0x50, // P
  sync: 0x53, // S
} as const;

function message(type: number, ...fields: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(fields);
  const head = Buffer.alloc(MESSAGE_HEAD);
  head.writeUInt8(type);
  head.writeInt32BE(LENGTH_FIELD + body.length, 1);
  return Buffer.concat([head, body]);
}

/** A message in place of the first one of a session: a code where that has the protocol's version. */
const openingMessage = (code: number, ...fields: readonly number[]): Buffer =>
  Buffer.concat([LENGTH_FIELD * (2 + fields.length), code, ...fields].map(int32));

/** A text with the NUL byte at its end. */
const cString = (text: string): Buffer => Buffer.from(`${text}\0`);

function int16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, i) => {
    bytes.writeInt16BE(value, 2 * i);
  });
  return bytes;
}

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

/** What follows are values in the binary format; so are all others. */
const ALL_BINARY = int16(1, 1);
const NO_LIMIT = int32(0);
/** The unnamed portal: every Bind replaces the one before. */
const PORTAL = cString('');

export const sslRequest = openingMessage(80_877_103);
export const cancelRequest = (processID: number, secretKey: number): Buffer =>
  openingMessage(80_877_102, processID, secretKey);

export const sync = message(messageType.sync);
export const execute = message(messageType.execute, PORTAL, NO_LIMIT);

/** A statement whose parameters have the types that its text gives them. */
export const parse = (name: string, sql: string): Buffer =>
  message(messageType.parse, cString(name), cString(sql), int16(0));
export const closeStatement = (name: string): Buffer =>
  message(messageType.close, Buffer.from('S'), cString(name));

/** What Bind has between its length and the parameters' values. */
export const bindStart = (statement: string, parameters: number): Buffer =>
  Buffer.concat([PORTAL, cString(statement), ALL_BINARY, int16(parameters)]);
/** What Bind has behind them: results come as text. */
export const bindEnd = int16(0);
