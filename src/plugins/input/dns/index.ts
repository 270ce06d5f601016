import type { Batch } from '../../../records/batch.ts';
import { u8, u16 } from '../../../records/bytes.ts';
import type { BytesColumn, NumberColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import { defineInput, defineOptions, type InputInstance, type OptionValues } from '../../api.ts';
import { PortSet, portsOption } from '../payload/port-set.ts';
import { DNS_HEADER, DnsDecoder } from './decoder.ts';
import { dnsKeys } from './keys.ts';

const options = defineOptions({
  dnsports: portsOption(
    ['53', '5353', '5355'],
    'ports of DNS servers, UDP and TCP: DNS, multicast DNS and LLMNR',
  ),
});

/** Length of the message, in front of it in TCP (RFC 1035, 4.2.2). */
const TCP_LENGTH = 2;

class Dns implements InputInstance {
  readonly #udp: Transport;
  readonly #tcp: Transport;
  readonly #ports: PortSet;
  readonly #decoder: DnsDecoder;

  constructor(columns: ColumnSet, { dnsports }: OptionValues<typeof options>) {
    this.#udp = transport(columns, 'udp');
    this.#tcp = transport(columns, 'tcp');
    this.#ports = new PortSet(dnsports);
    this.#decoder = new DnsDecoder(columns);
  }

  fill(batch: Batch): void {
    const udp = this.#udp;
    const tcp = this.#tcp;
    for (let row = 0; row < batch.count; row++) {
      if (udp.payload.has(row)) {
        if (!this.#isDns(udp, row)) continue;
        const at = udp.payload.offset(row);
        this.#decoder.decode(row, udp.payload.data, at, at + udp.payload.length(row));
      } else if (tcp.payload.has(row) && this.#isDns(tcp, row)) {
        const at = tcp.payload.offset(row);
        this.#decodeTcp(row, tcp.payload.data, at, at + tcp.payload.length(row));
      }
    }
  }

  #isDns({ sport, dport }: Transport, row: number): boolean {
    return this.#ports.has(dport.get(row)) || this.#ports.has(sport.get(row));
  }

  /**
   * A segment that goes on with an earlier message begins anywhere in it: what cannot be a header is
   * not taken for one.
   */
  #decodeTcp(row: number, data: Uint8Array, at: number, end: number): void {
    const message = at + TCP_LENGTH;
    if (end - message < DNS_HEADER) return;
    const length = u16(data, at);
    if (length < DNS_HEADER || !looksLikeHeader(data, message)) return;
    this.#decoder.decode(row, data, message, Math.min(end, message + length));
  }
}

/** The columns of one transport protocol. */
interface Transport {
  readonly payload: BytesColumn;
  readonly sport: NumberColumn;
  readonly dport: NumberColumn;
}

const transport = (columns: ColumnSet, name: 'udp' | 'tcp'): Transport => ({
  payload: columns.readBytes(`${name}.payload`),
  sport: columns.readNumbers(`${name}.sport`),
  dport: columns.readNumbers(`${name}.dport`),
});

/** Highest opcode in use (RFC 8490). */
const MAX_OPCODE = 6;

/** A known opcode, the reserved bit unset, and at most one question (RFC 9619). */
const looksLikeHeader = (data: Uint8Array, at: number): boolean =>
  ((u8(data, at + 2) >> 3) & 0x0f) <= MAX_OPCODE &&
  (u8(data, at + 3) & 0x40) === 0 &&
  u16(data, at + 4) <= 1;

/** Reads queries and responses of DNS. */
export const dns = defineInput({
  kind: 'input',
  name: 'DNS',
  summary: 'decodes DNS queries and responses: name, type, response code, answers',
  options,
  reads: [
    { name: 'udp.payload', required: true },
    { name: 'udp.sport', required: true },
    { name: 'udp.dport', required: true },
    { name: 'tcp.payload' },
    { name: 'tcp.sport' },
    { name: 'tcp.dport' },
  ],
  provides: Object.values(dnsKeys),
  open: ({ columns, options }) => new Dns(columns, options),
});
