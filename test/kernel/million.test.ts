import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { startSpecter } from '../support/daemon.ts';
import { Namespace } from '../support/namespace.ts';
import { numberedPort, numberingRules, sendNumbered } from '../support/numbered-packets.ts';
import { requireKernel, title } from '../support/requirements.ts';
import { type BlockCounts, countedNow, lastStatistics } from '../support/statistics.ts';
import { until } from '../support/until.ts';

const missing = requireKernel('tcpdump', 'tshark', 'jq', 'xmllint');

const PACKETS = 1_000_000;
/** Packets a second that seven outputs of one block hold on two cores, with the generator beside. */
const RATE = 25_000;
/**
 * After so many packets the outputs catch up. None of them has memory for a disk that is away for
 * seconds, as disks of machines with many tenants are.
 */
const PART = 50_000;

/** Few keys, so that a million records are no gigabytes; `oob.mark` is the packet's number. */
const KEYS = 'oob.mark ip.saddr udp.dport';

const config = (folder: string): string => `global {
  rmem 16M
}
5 {
  snaplen 64
  :BASE
  :LOGEMU
  logemufile ${folder}/logemu
  :GPRINT
  gprintfile ${folder}/gprint
  gprintkeys ${KEYS}
  :OPRINT
  dumpfile ${folder}/oprint
  dumpkeys ${KEYS}
  :JSON
  jsonfile ${folder}/json
  jsonkeys ${KEYS}
  :XML
  xmldirectory ${folder}
  :PCAP
  pcapfile ${folder}/raw.pcap
  :PCAP next
  pcapfile ${folder}/ethernet.pcapng
  pcapformat pcapng
  pcaplinktype ethernet
}
`;

/** Runs a program on a file; `take` is given each line that it prints. Resolves to its stderr. */
async function eachLine(
  command: readonly [string, ...string[]],
  take: (line: string) => void,
): Promise<string> {
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) take(line);
  const [code] = await ended;
  if (code !== 0) throw new Error(`${command.join(' ')}: exit code ${code}: ${stderr}`);
  return stderr;
}

/** The number of lines that a program prints. */
async function countLinesOf(...command: [string, ...string[]]): Promise<number> {
  let count = 0;
  await eachLine(command, () => {
    count++;
  });
  return count;
}

/** How many lines are numbered 0, 1, 2 … in this order, up to the first that is not. */
class Numbering {
  count = 0;
  #broken = false;

  take(number: string | undefined): void {
    this.#broken ||= Number(number) !== this.count;
    if (!this.#broken) this.count++;
  }
}

/** For a program that prints a number for each record. */
async function numberedBy(...command: [string, ...string[]]): Promise<number> {
  const numbering = new Numbering();
  await eachLine(command, (line) => numbering.take(line));
  return numbering.count;
}

/** For a file with a number in each line that matches. */
async function numberedIn(file: string, pattern: RegExp): Promise<number> {
  const numbering = new Numbering();
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const match = pattern.exec(line);
    if (match) numbering.take(match[1]);
  }
  return numbering.count;
}

describe.skipIf(missing)(title('a million packets', missing), () => {
  test('are a million records of each output, and other programs find them all', async () => {
    await using namespace = await Namespace.create();
    await namespace.nft(numberingRules({ [numberedPort]: 'log group 5 queue-threshold 64' }));
    await using specter = await startSpecter({ namespace, config });
    for (let sent = 0; sent < PACKETS; sent += PART) {
      await sendNumbered(namespace, PART, { rate: RATE });
      const done = ({ stages }: BlockCounts) =>
        Object.values(stages).every(({ written }) => written === sent + PART);
      const areDone = async () => done(await countedNow(specter, '5', 'PCAP next'));
      await until(areDone, `${sent + PART} records of each output`);
    }
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    const all = { written: PACKETS, dropped: 0, errors: 0 };
    expect(lastStatistics(stderr)[5]).toMatchObject({
      ...{ received: PACKETS, decoded: PACKETS, lost: 0, malformed: 0 },
      stages: Object.fromEntries(
        ['LOGEMU', 'GPRINT', 'OPRINT', 'JSON', 'XML', 'PCAP', 'PCAP next'].map((output) => [
          output,
          expect.objectContaining(all),
        ]),
      ),
    });
    const file = (name: string) => specter.folder.join(name);
    const [xml = ''] = (await readdir(specter.folder.path)).filter((name) => name.endsWith('.xml'));
    expect({
      LOGEMU: await numberedIn(file('logemu'), / MARK=(0x[0-9a-f]+) $/),
      GPRINT: await numberedIn(file('gprint'), /^oob\.mark=(\d+),/),
      OPRINT: await numberedIn(file('oprint'), /^oob\.mark=(\d+)$/),
      JSON: await numberedBy('jq', '."oob.mark"', file('json')),
      PCAP: await countLinesOf('tcpdump', '-nnqr', file('raw.pcap')),
      'PCAP next': await countLinesOf('tshark', '-nr', file('ethernet.pcapng')),
      XML: await countLinesOf('grep', '^<log>', file(xml)),
    }).toEqual({
      LOGEMU: PACKETS,
      GPRINT: PACKETS,
      OPRINT: PACKETS,
      JSON: PACKETS,
      PCAP: PACKETS,
      'PCAP next': PACKETS,
      XML: PACKETS,
    });
    await eachLine(['xmllint', '--stream', '--noout', file(xml)], (line) => {
      throw new Error(line);
    });
  }, 600_000);
});
