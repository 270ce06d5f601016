import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach } from 'vitest';
import type { OutputInstance } from '../../../../../src/plugins/api.ts';
import { pcap } from '../../../../../src/plugins/output/pcap/index.ts';
import type { PcapValues } from '../../../../../src/plugins/output/pcap/options.ts';
import type { FakePacket } from '../../../../support/fake-socket.ts';
import { ScratchFolder } from '../../../../support/scratch-folder.ts';
import { FakeLinks, fakeContext, fakeHost, LoggedLines } from '../../fake-context.ts';
import { PacketPath } from '../../packet-path.ts';

export type { PcapValues } from '../../../../../src/plugins/output/pcap/options.ts';

/** Of the current test. */
export let folder: ScratchFolder;
export let log: LoggedLines;
export const links = new FakeLinks({ 2: 'eth0', 3: 'wlan0' });

/** To be called by a test file: each test has a folder and a log of its own. */
export function useScratchFolder(): void {
  beforeEach(async () => {
    folder = await ScratchFolder.create();
    log = new LoggedLines();
  });
  afterEach(async () => await folder[Symbol.asyncDispose]());
}

const defaults: Omit<PcapValues, 'pcapfile'> = {
  pcapsync: true,
  pcapformat: 'pcap',
  pcaplinktype: undefined,
  pcapprecision: 'micro',
  pcaprotate: undefined,
  pcapkeep: 10,
};

export const fileName = 'x.pcap';

/** PCAP in block 5, writing to the scratch folder. */
export class PcapBench {
  readonly output: OutputInstance;
  readonly #path: PacketPath;

  constructor(values: Partial<PcapValues> = {}, block = '5') {
    const options: PcapValues = { pcapfile: folder.join(fileName), ...defaults, ...values };
    const named = pcap.readsOf?.(options) ?? [];
    const reads = pcap.reads === 'all' ? [] : pcap.reads;
    this.#path = new PacketPath([...reads, ...named.map(({ key }) => ({ name: key }))], { links });
    const openAppend = (path: string) => openSync(path, 'a', 0o640);
    const host = fakeHost({ links, openAppend });
    this.output = pcap.open(fakeContext(this.#path.batch.columns, options, { host, log, block }));
  }

  /** One batch of packets. */
  write(...packets: FakePacket[]): void {
    this.output.write(this.#path.take(...packets));
  }

  async close(): Promise<void> {
    await this.output.close();
  }
}

let files = 0;

/** Opens PCAP on a file of its own, writes one batch, closes it, and returns the file. */
export async function written(
  values: Partial<PcapValues>,
  ...packets: FakePacket[]
): Promise<Buffer> {
  const name = `${files++}.pcap`;
  const bench = new PcapBench({ pcapfile: folder.join(name), ...values });
  bench.write(...packets);
  await bench.close();
  return await contents(name);
}

export const contents = (name = fileName): Promise<Buffer> => readFile(folder.join(name));

export const at = (seconds: number, microseconds = 0) => ({
  sec: BigInt(seconds),
  usec: BigInt(microseconds),
});
