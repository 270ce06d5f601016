import type { BytesColumn, NumberColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import {
  agrees,
  findLineFeed,
  lineTextEnd,
  SPACE,
  startsWith,
  startsWithIgnoringCase,
  TAB,
} from '../payload/lines.ts';
import { httpKeys } from './keys.ts';
import { isKnownMethod, methodEnd } from './method.ts';

/** Longest value; what is longer is cut. Servers take request lines of 4 to 8 KiB at most. */
const MAX_VALUE = 2048;
/** Header lines looked at. Servers take 100 or so. */
const MAX_HEADERS = 100;

const VERSION = Buffer.from('HTTP/1.');
/** `HTTP/1.1`: VERSION and a digit. */
const VERSION_LENGTH = 8;
/** Within it, where `1.1` begins. */
const NUMBER_AT = 5;

const HOST = Buffer.from('host:');
const USER_AGENT = Buffer.from('user-agent:');
const REFERER = Buffer.from('referer:');

/**
 * Fills the `http.*` keys from the head of an HTTP/1 message (RFC 9112) that begins where the
 * payload does. A head that goes on in the next packet is decoded as far as this one goes: a header
 * counts when its line is whole, a request's target also when it is not.
 */
export class HttpDecoder {
  readonly #method: BytesColumn;
  readonly #path: BytesColumn;
  readonly #version: BytesColumn;
  readonly #host: BytesColumn;
  readonly #useragent: BytesColumn;
  readonly #referer: BytesColumn;
  readonly #status: NumberColumn;
  readonly #reason: BytesColumn;

  constructor(columns: ColumnSet) {
    this.#method = columns.bytes(httpKeys.method);
    this.#path = columns.bytes(httpKeys.path);
    this.#version = columns.bytes(httpKeys.version);
    this.#host = columns.bytes(httpKeys.host);
    this.#useragent = columns.bytes(httpKeys.useragent);
    this.#referer = columns.bytes(httpKeys.referer);
    this.#status = columns.numbers(httpKeys.status);
    this.#reason = columns.bytes(httpKeys.reason);
  }

  decode(row: number, data: Uint8Array, at: number, end: number): void {
    if (startsWith(data, at, end, VERSION)) this.#decodeResponse(row, data, at, end);
    else this.#decodeRequest(row, data, at, end);
  }

  /** `HTTP/1.1 200 OK`; reason and the blank in front of it may be missing. */
  #decodeResponse(row: number, data: Uint8Array, at: number, end: number): void {
    const code = at + VERSION_LENGTH + 1;
    if (end - code < 3 || !isVersion(data, at) || data[code - 1] !== SPACE) return;
    const status = statusCode(data, code);
    if (status < 0 || (code + 3 < end && isDigit(data[code + 3] as number))) return;
    this.#version.set(row, at + NUMBER_AT, 3);
    this.#status.set(row, status);
    const lineFeed = findLineFeed(data, code + 3, end);
    if (lineFeed < 0) return;
    const reason = code + 4;
    const length = lineTextEnd(data, code + 3, lineFeed) - reason;
    if (length > 0 && data[reason - 1] === SPACE) setCut(this.#reason, row, reason, length);
  }

  /** `GET /path HTTP/1.1`, then headers. */
  #decodeRequest(row: number, data: Uint8Array, at: number, end: number): void {
    const methodTo = methodEnd(data, at, end);
    if (methodTo < 0) return;
    const target = methodTo + 1;
    const lineFeed = findLineFeed(data, target, end);
    if (lineFeed < 0) {
      this.#decodeCutRequest(row, data, at, target, end);
      return;
    }
    let lineEnd = lineTextEnd(data, target, lineFeed);
    // Some servers take blanks there, so that an attacker may send them.
    while (lineEnd > target && isBlank(data[lineEnd - 1] as number)) lineEnd--;
    const version = lineEnd - VERSION_LENGTH;
    // A target of one byte at least, and the blank behind it.
    if (version < target + 2 || data[version - 1] !== SPACE || !isVersion(data, version)) return;
    this.#method.set(row, at, methodTo - at);
    setCut(this.#path, row, target, version - 1 - target);
    this.#version.set(row, version + NUMBER_AT, 3);
    this.#decodeHeaders(row, data, lineFeed + 1, end);
  }

  /** A request line whose end is not in the packet. Without the version the method has to be known. */
  #decodeCutRequest(row: number, data: Uint8Array, at: number, target: number, end: number): void {
    if (!isKnownMethod(data, at, target - 1)) return;
    let targetEnd = target;
    while (targetEnd < end && data[targetEnd] !== SPACE) targetEnd++;
    // What follows may still say that this is another protocol: OPTIONS is a method of RTSP and SIP.
    if (!agrees(data, targetEnd + 1, end, VERSION)) return;
    this.#method.set(row, at, target - 1 - at);
    if (targetEnd > target) setCut(this.#path, row, target, targetEnd - target);
  }

  #decodeHeaders(row: number, data: Uint8Array, start: number, end: number): void {
    let at = start;
    for (let headers = 0; headers < MAX_HEADERS && at < end; headers++) {
      const lineFeed = findLineFeed(data, at, end);
      if (lineFeed < 0) return;
      const lineEnd = lineTextEnd(data, at, lineFeed);
      if (lineEnd === at) return;
      // One letter says nearly always that it is none of the three.
      switch ((data[at] as number) | 0x20) {
        case 0x68: // h
          this.#setHeader(this.#host, HOST, row, data, at, lineEnd);
          break;
        case 0x75: // u
          this.#setHeader(this.#useragent, USER_AGENT, row, data, at, lineEnd);
          break;
        case 0x72: // r
          this.#setHeader(this.#referer, REFERER, row, data, at, lineEnd);
          break;
      }
      at = lineFeed + 1;
    }
  }

  /** Of a header that comes more than once the first counts. */
  #setHeader(
    column: BytesColumn,
    name: Uint8Array,
    row: number,
    data: Uint8Array,
    at: number,
    lineEnd: number,
  ): void {
    if (column.has(row) || !startsWithIgnoringCase(data, at, lineEnd, name)) return;
    let from = at + name.length;
    let to = lineEnd;
    while (from < to && isBlank(data[from] as number)) from++;
    while (to > from && isBlank(data[to - 1] as number)) to--;
    setCut(column, row, from, to - from);
  }
}

/** Whether `HTTP/1.` and a digit stand at `at`, all of it within the packet. */
const isVersion = (data: Uint8Array, at: number): boolean =>
  startsWith(data, at, at + VERSION_LENGTH, VERSION) &&
  isDigit(data[at + VERSION_LENGTH - 1] as number);

/** The number of three digits at `at`; −1 for anything else. */
function statusCode(data: Uint8Array, at: number): number {
  let code = 0;
  for (let i = at; i < at + 3; i++) {
    const byte = data[i] as number;
    if (!isDigit(byte)) return -1;
    code = code * 10 + byte - 0x30;
  }
  return code;
}

function setCut(column: BytesColumn, row: number, at: number, length: number): void {
  column.set(row, at, Math.min(length, MAX_VALUE));
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

const isBlank = (byte: number): boolean => byte === SPACE || byte === TAB;
