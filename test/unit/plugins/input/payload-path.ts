import { planColumns } from '../../../../src/daemon/column-plan.ts';
import { defineOutput, type InputInstance, type InputPlugin } from '../../../../src/plugins/api.ts';
import { base } from '../../../../src/plugins/input/base/index.ts';
import { nflog } from '../../../../src/plugins/source/nflog/index.ts';
import { Batch } from '../../../../src/records/batch.ts';
import { BytesColumn, NumberColumn } from '../../../../src/records/column.ts';
import { ColumnSet } from '../../../../src/records/column-set.ts';
import { Family } from '../../../../src/records/protocols/ip-protocol.ts';
import { fakeContext } from '../fake-context.ts';

/** Bytes around each packet in the receive buffer. */
const MARGIN = 64;

/** Numbers as they are, texts as Latin-1; absent keys are absent. */
export type Values = Record<string, number | string>;

/** An input that looks into payloads, behind BASE, with packets from memory. */
export class PayloadPath {
  readonly #plugin: InputPlugin;
  readonly #batch: Batch;
  /** BASE and the plugin. */
  readonly #inputs: readonly [InputInstance, InputInstance];
  #packets: readonly { readonly at: number; readonly length: number }[] = [];
  /** What stands around the packets; never part of a value. */
  filler = 0xee;
  /** How often `takeGuarded` has read a byte of its last packet. */
  bytesRead = 0;

  /**
   * @param options the values of the plugin's options
   * @param reads the keys that an output reads; all that the plugin provides by default
   */
  constructor(
    plugin: InputPlugin,
    options: object = {},
    reads = plugin.provides.map(({ name }) => name),
  ) {
    this.#plugin = plugin;
    const reader = defineOutput({
      kind: 'output',
      name: 'READER',
      summary: 'reads keys',
      options: {},
      reads: reads.map((name) => ({ name })),
      open: () => {
        throw new Error('not to be opened');
      },
    });
    const { keys } = planColumns(nflog, [
      { plugin: base, options: {} },
      { plugin, options: {} },
      { plugin: reader, options: {} },
    ]);
    const columns = new ColumnSet(64, keys);
    this.#batch = new Batch(columns);
    this.#inputs = [
      base.open(fakeContext(columns, {})),
      plugin.open(fakeContext(columns, options as never)),
    ];
  }

  /** Fills a batch with IP packets, IPv4 or IPv6, and returns what the plugin found in each. */
  take(...packets: Uint8Array[]): Values[] {
    const received = this.#receive(packets);
    const [decoder, input] = this.#inputs;
    decoder.fill(this.#batch);
    input.fill(this.#batch);
    return packets.map((_, row) => this.#values(row, received));
  }

  /**
   * As `take`, from memory that throws when the plugin reads a byte outside the packet, and counts
   * in `bytesRead`.
   */
  takeGuarded(packet: Uint8Array): Values {
    const received = this.#receive([packet]);
    const [decoder, input] = this.#inputs;
    decoder.fill(this.#batch);
    const { columns } = this.#batch;
    this.bytesRead = 0;
    const guarded = guard(received, MARGIN, MARGIN + packet.length, () => this.bytesRead++);
    for (const name of ['tcp.payload', 'udp.payload']) columns.readBytes(name).data = guarded;
    input.fill(this.#batch);
    return this.#values(0, received);
  }

  #receive(packets: readonly Uint8Array[]): Uint8Array {
    const batch = this.#batch;
    const { columns } = batch;
    const margin = Buffer.alloc(MARGIN, this.filler);
    const received = Buffer.concat([...packets.flatMap((packet) => [margin, packet]), margin]);
    batch.begin(received);
    const raw = columns.readBytes('raw.pkt');
    const family = columns.readNumbers('oob.family');
    let at = 0;
    this.#packets = packets.map(({ length, 0: first = 0 }, row) => {
      at += MARGIN;
      const packet = { at, length };
      raw.set(row, at, length);
      family.set(row, first >> 4 === 6 ? Family.IPV6 : Family.IPV4);
      at += length;
      return packet;
    });
    batch.count = packets.length;
    return received;
  }

  /** @throws Error when a value refers to bytes that are neither the packet's nor the plugin's */
  #values(row: number, received: Uint8Array): Values {
    const values: Values = {};
    const packet = this.#packets[row] ?? { at: 0, length: 0 };
    for (const { name } of this.#plugin.provides) {
      const column = this.#batch.columns.find(name)?.column;
      if (!column?.has(row)) continue;
      if (column instanceof NumberColumn) values[name] = column.get(row);
      else if (column instanceof BytesColumn) {
        const [from, to] = [column.offset(row), column.offset(row) + column.length(row)];
        const own = column.data !== received;
        const [first, last] = own
          ? [0, column.data.length]
          : [packet.at, packet.at + packet.length];
        if (from < first || to > last) {
          throw new Error(`${name} is bytes ${from} … ${to} of ${first} … ${last}`);
        }
        values[name] = Buffer.from(column.data.subarray(from, to)).toString('latin1');
      }
    }
    return values;
  }
}

/** `data`, of which only the bytes from `start` to `end` − 1 can be read. */
const guard = (data: Uint8Array, start: number, end: number, onRead: () => void): Uint8Array =>
  new Proxy(data, {
    get(target, property) {
      const index = typeof property === 'string' ? Number(property) : Number.NaN;
      if (Number.isInteger(index)) {
        if (index < start || index >= end) {
          throw new Error(`read of byte ${index - start} of a packet of ${end - start}`);
        }
        onRead();
      }
      return Reflect.get(target, property, target);
    },
  });
