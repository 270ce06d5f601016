import type { NflogOptions, ReceiveBuffer, ReceiveHandle } from '../../../../src/netlink/index.ts';
import { type Drain, ReceiveLoop, ReceiveRing } from '../../../../src/netlink/index.ts';
import { nflog } from '../../../../src/plugins/source/nflog/index.ts';
import { nflogKeys } from '../../../../src/plugins/source/nflog/keys.ts';
import { Pace } from '../../../../src/plugins/source/nflog/pace.ts';
import { type GroupSocket, NflogSource } from '../../../../src/plugins/source/nflog/source.ts';
import type { NflogValues } from '../../../../src/plugins/source/nflog/values.ts';
import { Batch } from '../../../../src/records/batch.ts';
import { ColumnSet } from '../../../../src/records/column-set.ts';
import { FakeSocket, nflogDatagram } from '../../../support/fake-socket.ts';
import { fakeHost, LoggedLines } from '../fake-context.ts';

/** A bound NFLOG group that plays a script; see FakeSocket. */
export class FakeGroup extends FakeSocket implements GroupSocket {
  receiveBuffer: ReceiveBuffer | undefined;
  /** What happens on the calls of the same name; by default nothing. */
  onUnbind: () => void = () => {};
  onReconfigure: (options: NflogOptions) => void = () => {};
  closed = false;

  unbind(): void {
    this.onUnbind();
  }

  reconfigure(options: NflogOptions): void {
    this.onReconfigure(options);
  }

  close(): void {
    this.closed = true;
  }
}

/** A loop whose turns the test takes. */
export class ManualLoop extends ReceiveLoop {
  #drain: Drain | undefined;

  constructor() {
    super({
      onError: (error) => {
        throw error;
      },
    });
  }

  override add(_fd: number, drain: Drain): ReceiveHandle {
    this.#drain = drain;
    return {
      remove: async () => {
        this.#drain = undefined;
      },
    };
  }

  /** Whether a source is in the loop. */
  get watching(): boolean {
    return this.#drain !== undefined;
  }

  /** One turn: a call of the source's drain. Returns the number of datagrams that it took. */
  turn(): number {
    if (!this.#drain) throw new Error('no source is in the loop');
    return this.#drain(32);
  }
}

/** Takes all that fits, however long that takes: so tests know what comes together. */
class AnyPace extends Pace {
  override limit = 64;
  override received(): void {}
  override get isTurnOver(): boolean {
    return false;
  }
}

export const defaultOptions: NflogValues = {
  group: 5,
  snaplen: 0,
  nlbufsiz: 32768,
  qthreshold: 64,
  qtimeout: 10,
  label: '0',
};

/** A source over a fake group, with everything around it. */
export class SourceBench {
  readonly group = new FakeGroup();
  readonly loop = new ManualLoop();
  readonly log = new LoggedLines();
  readonly slots: number;
  /** Slot sizes of the rings that the source asked for. */
  readonly ringSizes: number[] = [];

  constructor(slots = 8) {
    this.slots = slots;
  }

  open(
    options: Partial<NflogValues> = {},
    receiveBuffer = 8 << 20,
    pace: Pace = new AnyPace(),
  ): NflogSource {
    const context = {
      block: '5',
      options: { ...defaultOptions, ...options },
      log: this.log,
      host: fakeHost(),
      fail: (error: Error) => {
        throw error;
      },
      loop: this.loop,
      ring: (slotSize: number) => {
        this.ringSizes.push(slotSize);
        return new ReceiveRing({ slots: this.slots, slotSize });
      },
      receiveBuffer,
    };
    return new NflogSource(context, this.group, pace);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.loop.stop();
  }
}

/** Takes delivery of batches: the sequence numbers of each, in order. */
export class Receiver {
  readonly batches: number[][] = [];
  /** Called within each delivery, with its numbers. */
  onDeliver: (numbers: readonly number[]) => void = () => {};
  readonly batch: Batch;

  constructor(source: NflogSource, capacity = 8) {
    this.batch = new Batch(new ColumnSet(capacity, nflog.provides));
    source.attach(this.batch, () => {
      const numbers = this.batch.columns.readNumbers(nflogKeys.seqLocal.name);
      const delivered = Array.from({ length: this.batch.count }, (_, row) => numbers.get(row));
      this.batches.push(delivered);
      this.onDeliver(delivered);
    });
  }

  /** The sequence numbers of all batches. */
  get numbers(): number[] {
    return this.batches.flat();
  }

  /** The first row's value of a text key. */
  firstText(name: string): string | undefined {
    const column = this.batch.columns.readBytes(name);
    if (!column.has(0)) return undefined;
    const start = column.offset(0);
    return Buffer.from(column.data.subarray(start, start + column.length(0))).toString();
  }

  /** The first row's value of a number key. */
  first(name: string): number | undefined {
    const column = this.batch.columns.readNumbers(name);
    return column.has(0) ? column.get(0) : undefined;
  }
}

/** A datagram of packets with these numbers. */
export const datagram = (...seqs: number[]): Buffer => nflogDatagram(seqs.map((seq) => ({ seq })));
