import { planColumns } from '../../../src/daemon/column-plan.ts';
import { MessageCursor } from '../../../src/netlink/index.ts';
import {
  defineOutput,
  type InputInstance,
  type KeyUse,
  type LinkNames,
} from '../../../src/plugins/api.ts';
import { base } from '../../../src/plugins/input/base/index.ts';
import { NflogDecoder } from '../../../src/plugins/source/nflog/decode.ts';
import { nflog } from '../../../src/plugins/source/nflog/index.ts';
import { Batch } from '../../../src/records/batch.ts';
import { ColumnSet } from '../../../src/records/column-set.ts';
import { ValueText } from '../../../src/records/value-text.ts';
import { type FakePacket, nflogMessage } from '../../support/fake-socket.ts';
import { FakeLinks, fakeContext, fakeHost } from './fake-context.ts';

export interface PacketPathOptions {
  readonly links?: LinkNames;
  /** Rows of the batch. Default 64. */
  readonly capacity?: number;
}

/** What a block does with packets before its output: the kernel's messages, decoding, BASE. */
export class PacketPath {
  readonly batch: Batch;
  readonly #source: NflogDecoder;
  readonly #base: InputInstance | undefined;
  readonly #shown: ReadonlySet<string> | undefined;

  /** @param reads keys that the output reads */
  constructor(
    reads: readonly KeyUse[] | readonly string[] | 'all',
    { links = new FakeLinks(), capacity = 64 }: PacketPathOptions = {},
  ) {
    const output = defineOutput({
      kind: 'output',
      name: 'READER',
      summary: 'reads keys',
      options: {},
      reads: reads === 'all' ? reads : reads.map(asKeyUse),
      open: () => {
        throw new Error('not to be opened');
      },
    });
    if (output.reads !== 'all') this.#shown = new Set(output.reads.map(({ name }) => name));
    const plan = planColumns(nflog, [
      { plugin: base, options: {} },
      { plugin: output, options: {} },
    ]);
    const columns = new ColumnSet(capacity, plan.keys);
    this.batch = new Batch(columns);
    this.#source = new NflogDecoder(columns);
    if (!plan.activeInputs.has(base)) return;
    this.#base = base.open(fakeContext(columns, {}, { host: fakeHost({ links }) }));
  }

  /** Fills the batch with packets, one a row, all of them selected. */
  take(...packets: (FakePacket | Uint8Array)[]): Batch {
    const messages = packets.map((packet) =>
      packet instanceof Uint8Array ? packet : nflogMessage(packet),
    );
    // Nothing may depend on where the datagram begins.
    const received = Buffer.concat([Buffer.alloc(52, 0xee), ...messages]);
    const view = new DataView(received.buffer, received.byteOffset, received.length);
    const message = new MessageCursor().reset(view, 52, received.length);
    const { batch } = this;
    batch.begin(received);
    while (message.next()) this.#source.decode(batch.count++, message);
    this.#base?.fill(batch);
    batch.selectAll();
    return batch;
  }

  /** Those keys of the output's that a row has, as text. */
  row(row: number): Record<string, string> {
    const found: Record<string, string> = {};
    for (const { key, column } of this.batch.columns.entries()) {
      const shown = this.#shown?.has(key.name) ?? true;
      if (shown && column.has(row)) found[key.name] = textOf(new ValueText(key.type, column), row);
    }
    return found;
  }
}

const asKeyUse = (key: KeyUse | string): KeyUse => (typeof key === 'string' ? { name: key } : key);

const scratch = new ArrayBuffer(1 << 18);

function textOf(value: ValueText, row: number): string {
  const end = value.write(row, new DataView(scratch), 0);
  return Buffer.from(scratch).toString('latin1', 0, end);
}

/** Attributes for which FakePacket has no field of its own. */
export const attribute = {
  gid: (gid: number) => ({ type: 14, value: be32(gid) }),
  hardwareType: (type: number) => ({ type: 15, value: be32(type).subarray(2) }),
  hardwareHeader: (bytes: Uint8Array) => ({ type: 16, value: bytes }),
  linkHeader: (bytes: Uint8Array) => ({ type: 21, value: bytes }),
  physicalIndev: (index: number) => ({ type: 6, value: be32(index) }),
  physicalOutdev: (index: number) => ({ type: 7, value: be32(index) }),
  /** struct nfulnl_msg_packet_hw */
  sender: (address: Uint8Array, length = address.length) => ({
    type: 8,
    value: Buffer.concat([be32(length << 16), address], 12),
  }),
  /** Nested NFULA_VLAN_PROTO and NFULA_VLAN_TCI. */
  vlan: (proto: number, tci: number) => ({
    type: 20,
    value: Buffer.from([
      6,
      0,
      1,
      0,
      proto >> 8,
      proto & 0xff,
      0,
      0,
      6,
      0,
      2,
      0,
      tci >> 8,
      tci & 0xff,
    ]),
  }),
};

export function be32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
