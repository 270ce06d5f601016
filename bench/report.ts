import type { Measurement } from './measure.ts';

/** One line of the table: a figure of the measurement, how it is written and which way is better. */
interface Figure {
  readonly label: string;
  readonly value: (measurement: Measurement) => number | undefined;
  readonly digits: number;
}

const megabyte = 1 << 20;

const figures: readonly Figure[] = [
  { label: 'CPU, µs/packet', value: (m) => m.cpuPerPacket, digits: 2 },
  { label: 'lost at the fixed rate, packets', value: (m) => m.lost, digits: 0 },
  { label: 'highest loss-free rate, 1000/s', value: (m) => m.lossFree.rate / 1000, digits: 0 },
  { label: 'resident memory, MiB', value: (m) => m.rss / megabyte, digits: 1 },
  { label: 'start until ready, ms', value: (m) => m.startup, digits: 0 },
  { label: 'idle CPU, % of a core', value: (m) => m.idle, digits: 3 },
  { label: 'RSS after 1 M packets, MiB', value: (m) => mebibytes(m.growth?.after1M), digits: 1 },
  { label: 'RSS after 10 M packets, MiB', value: (m) => mebibytes(m.growth?.after10M), digits: 1 },
];

export interface Turns {
  readonly specter: readonly Measurement[];
  readonly ulogd2: readonly Measurement[];
}

/**
 * The medians of all turns with the ratio specter : ulogd2, which is the median of the ratios of
 * each pair: what disturbed the machine in one pair disturbed both.
 */
export function table(name: string, { specter, ulogd2 }: Turns): string {
  const rows = figures.flatMap(({ label, value, digits }) => {
    const ours = specter.map(value).filter(isNumber);
    const theirs = ulogd2.map(value).filter(isNumber);
    if (ours.length === 0 && theirs.length === 0) return [];
    const ratios = ours.flatMap((our, pair) => {
      const their = theirs[pair];
      return their ? [our / their] : [];
    });
    return [[label, text(ours, digits), text(theirs, digits), text(ratios, 2)]];
  });
  const head = [name, 'specter', 'ulogd2', 'ratio'];
  return [head, ...rows].map(line).join('\n');
}

/** What a reader has to know before trusting a figure of the table. */
export function remarks({ specter, ulogd2 }: Turns): string[] {
  return [
    ...Object.entries({ specter, ulogd2 }).flatMap(([name, turns]) =>
      turns.some((turn) => turn.lossFree.generatorBound)
        ? [`${name}: its loss-free rate is a lower bound, the generator could send no faster`]
        : [],
    ),
  ];
}

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2;
}

const isNumber = (value: number | undefined): value is number => value !== undefined;

const mebibytes = (bytes: number | undefined) =>
  bytes === undefined ? undefined : bytes / megabyte;

const text = (values: readonly number[], digits: number): string =>
  median(values)?.toFixed(digits) ?? '–';

const line = ([label = '', ...cells]: readonly string[]): string =>
  label.padEnd(34) + cells.map((cell) => cell.padStart(10)).join('');
