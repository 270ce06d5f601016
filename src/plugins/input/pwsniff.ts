import type { Batch } from '../../records/batch.ts';
import type { BytesColumn, NumberColumn } from '../../records/column.ts';
import type { ColumnSet } from '../../records/column-set.ts';
import { key } from '../../records/key.ts';
import { writeUint } from '../../records/text.ts';
import { defineInput, defineOptions, type InputInstance, type OptionValues } from '../api.ts';
import { TextColumn } from './base/text-column.ts';
import { findLineFeed, lineTextEnd, startsWithIgnoringCase } from './payload/lines.ts';
import { PortSet, portsOption } from './payload/port-set.ts';

const options = defineOptions({
  pwsniffports: portsOption(['21', '110'], 'TCP ports that logins go to: FTP and POP3'),
  pwsniffpass: {
    type: 'flag',
    help: 'give the password itself in `pwsniff.pass`; otherwise its length stands there',
  },
});

const keys = {
  user: key('pwsniff.user', 'string', 'user of a login in clear text: argument of USER'),
  pass: key(
    'pwsniff.pass',
    'string',
    'length in bytes of the password of such a login, in decimal; with `pwsniffpass` the password: argument of PASS',
  ),
};

/** Commands with the blank before their argument (RFC 959, 5.3.1; RFC 1939, 7), in lower case. */
const USER = Buffer.from('user ');
const PASS = Buffer.from('pass ');

/** Lines of a packet looked at. A client waits for answers, so that it sends few at once. */
const MAX_LINES = 100;

/** Digits of the length of what stands in a packet. */
const MAX_DIGITS = 5;

/** `pwsniff.pass` where the password is not to be told: how long it is. */
class PasswordLength extends TextColumn {
  constructor(columns: ColumnSet) {
    super(columns, keys.pass, MAX_DIGITS);
  }

  set(row: number, length: number): void {
    const start = this.start(row);
    this.column.set(row, start, writeUint(this.storage, start, length) - start);
  }
}

class Pwsniff implements InputInstance {
  readonly #payload: BytesColumn;
  readonly #dport: NumberColumn;
  readonly #ports: PortSet;
  readonly #user: BytesColumn;
  readonly #pass: BytesColumn;
  readonly #length: PasswordLength | undefined;

  constructor(columns: ColumnSet, { pwsniffports, pwsniffpass }: OptionValues<typeof options>) {
    this.#payload = columns.readBytes('tcp.payload');
    this.#dport = columns.readNumbers('tcp.dport');
    this.#ports = new PortSet(pwsniffports);
    this.#user = columns.bytes(keys.user);
    this.#pass = columns.bytes(keys.pass);
    // The column of a key that nobody reads is shared with other keys: it takes no text of its own.
    const hidden = !pwsniffpass && columns.isRead(keys.pass.name);
    this.#length = hidden ? new PasswordLength(columns) : undefined;
  }

  fill(batch: Batch): void {
    const payload = this.#payload;
    for (let row = 0; row < batch.count; row++) {
      if (!payload.has(row) || !this.#ports.has(this.#dport.get(row))) continue;
      const at = payload.offset(row);
      this.#findLogin(row, payload.data, at, at + payload.length(row));
    }
  }

  /**
   * Commands count at the beginning of a line, and only when the line's end is there: half a name
   * would be another name. Of several logins in one packet the last one counts.
   */
  #findLogin(row: number, data: Uint8Array, start: number, end: number): void {
    let user = -1;
    let userEnd = 0;
    let pass = -1;
    let passEnd = 0;
    let at = start;
    for (let lines = 0; lines < MAX_LINES && at < end; lines++) {
      const lineFeed = findLineFeed(data, at, end);
      if (lineFeed < 0) break;
      if (startsWithIgnoringCase(data, at, lineFeed, USER)) {
        user = at + USER.length;
        userEnd = lineTextEnd(data, user, lineFeed);
        pass = -1;
      } else if (startsWithIgnoringCase(data, at, lineFeed, PASS)) {
        pass = at + PASS.length;
        passEnd = lineTextEnd(data, pass, lineFeed);
      }
      at = lineFeed + 1;
    }
    if (user >= 0) this.#user.set(row, user, userEnd - user);
    if (pass < 0) return;
    if (this.#length) this.#length.set(row, passEnd - pass);
    else this.#pass.set(row, pass, passEnd - pass);
  }
}

/** Finds logins in clear text, for an audit of who still uses them. */
export const pwsniff = defineInput({
  kind: 'input',
  name: 'PWSNIFF',
  summary: 'finds user names, and how long passwords are, in FTP and POP3 logins in clear text',
  options,
  reads: [
    { name: 'tcp.payload', required: true },
    { name: 'tcp.dport', required: true },
  ],
  provides: Object.values(keys),
  open: ({ columns, options }) => new Pwsniff(columns, options),
});
