import { u8, u16 } from '../../../records/bytes.ts';
import type { BytesColumn, NumberColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import { AlpnText } from './alpn.ts';
import { tlsKeys } from './keys.ts';
import { chosen, highestOffered, UNSAID, VersionText } from './version.ts';

/** TLSPlaintext.type of a handshake record (RFC 8446, 5.1), by which TLS begins. */
export const HANDSHAKE = 22;

const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;

const RECORD_HEADER = 5;
const HANDSHAKE_HEADER = 4;
/** legacy_version and random, in front of legacy_session_id. */
const FIXED_PART = 2 + 32;

/** Extensions (IANA tls-extensiontype-values). */
const SERVER_NAME = 0;
const ALPN = 16;
const SUPPORTED_VERSIONS = 43;

/** NameType (RFC 6066, 3). */
const HOST_NAME = 0;
/** Longest name of DNS, and of OpenSSL (TLSEXT_MAXLEN_host_name). */
const MAX_HOST_NAME = 255;

/** More extensions than any client sends; a client of today sends 20. */
const MAX_EXTENSIONS = 64;

/**
 * Fills the `tls.*` keys from a ClientHello or ServerHello (RFC 8446, 4.1; RFC 5246, 7.4.1) that
 * begins where the payload does. Of one that is longer than packet or record, the extensions that
 * are in it whole are read.
 */
export class HelloDecoder {
  readonly #type: NumberColumn;
  readonly #sni: BytesColumn;
  readonly #version: VersionText | undefined;
  readonly #alpn: AlpnText | undefined;

  constructor(columns: ColumnSet) {
    this.#type = columns.numbers(tlsKeys.type);
    this.#sni = columns.bytes(tlsKeys.sni);
    this.#version = columns.isRead(tlsKeys.version.name) ? new VersionText(columns) : undefined;
    this.#alpn = columns.isRead(tlsKeys.alpn.name) ? new AlpnText(columns) : undefined;
  }

  /** @param at where a byte HANDSHAKE stands */
  decode(row: number, data: Uint8Array, at: number, packetEnd: number): void {
    const message = at + RECORD_HEADER;
    const body = message + HANDSHAKE_HEADER;
    if (packetEnd - body < FIXED_PART + 1 || u8(data, at + 1) !== 3) return;
    const type = u8(data, message);
    if (type !== CLIENT_HELLO && type !== SERVER_HELLO) return;
    const legacyVersion = u16(data, body);
    if (legacyVersion >> 8 !== 3) return;
    this.#type.set(row, type);
    const helloEnd = body + u24(data, message + 1);
    const end = Math.min(packetEnd, message + u16(data, at + 3), helloEnd);
    const isClient = type === CLIENT_HELLO;
    const extensions = extensionsOffset(data, body + FIXED_PART, end, isClient);
    if (extensions < 0) return;
    // A hello of before TLS 1.2 may end without extensions.
    if (extensions === helloEnd) this.#version?.set(row, legacyVersion);
    else if (end - extensions >= 2) {
      this.#decodeExtensions(row, data, extensions, end, isClient, legacyVersion);
    }
  }

  #decodeExtensions(
    row: number,
    data: Uint8Array,
    start: number,
    end: number,
    isClient: boolean,
    legacyVersion: number,
  ): void {
    const listEnd = start + 2 + u16(data, start);
    const limit = Math.min(listEnd, end);
    let at = start + 2;
    let version = UNSAID;
    for (let count = 0; count < MAX_EXTENSIONS && limit - at >= 4; count++) {
      const type = u16(data, at);
      const from = at + 4;
      const to = from + u16(data, at + 2);
      if (to > limit) break;
      // Each may come once; of more the first one counts.
      if (type === SERVER_NAME) this.#setServerName(row, data, from, to);
      else if (type === ALPN) this.#alpn?.set(row, data, from, to);
      else if (type === SUPPORTED_VERSIONS && version === UNSAID) {
        version = isClient ? highestOffered(data, from, to) : chosen(data, from, to);
      }
      at = to;
    }
    // The header's version is that of TLS 1.2 also in TLS 1.3, which an extension tells: it may stand
    // in what is not in this packet.
    if (version === UNSAID && at === listEnd) version = legacyVersion;
    this.#version?.set(row, version);
  }

  /**
   * ServerNameList (RFC 6066, 3): its first entry, as there is no other type than HOST_NAME. A
   * server's answer to it is empty.
   */
  #setServerName(row: number, data: Uint8Array, start: number, end: number): void {
    const name = start + 5;
    if (this.#sni.has(row) || end - name < 1 || u8(data, start + 2) !== HOST_NAME) return;
    const length = u16(data, start + 3);
    if (length === 0 || length > MAX_HOST_NAME || name + length > end) return;
    this.#sni.set(row, name, length);
  }
}

/**
 * Where the length of the extensions stands, behind session, cipher suites and compression; −1 when
 * the hello ends before that place. The byte at `session` is in the packet.
 */
function extensionsOffset(
  data: Uint8Array,
  session: number,
  end: number,
  isClient: boolean,
): number {
  const ciphers = session + 1 + u8(data, session);
  // A server names one cipher suite and one compression method, without lengths.
  if (!isClient) return ciphers + 3 <= end ? ciphers + 3 : -1;
  if (ciphers + 2 > end) return -1;
  const compression = ciphers + 2 + u16(data, ciphers);
  if (compression >= end) return -1;
  const extensions = compression + 1 + u8(data, compression);
  return extensions <= end ? extensions : -1;
}

const u24 = (data: Uint8Array, at: number): number => (u8(data, at) << 16) | u16(data, at + 1);
