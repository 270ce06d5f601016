import { generateLoad, type LoadResult } from '../../bench/load-generator.ts';
import type { Namespace } from './namespace.ts';

/** UDP port on 127.0.0.1 that {@link sendNumbered} sends to by default. */
export const numberedPort = 9;

/**
 * Rules that count the packets to UDP ports and number them from 0 in their mark before they are
 * logged, so that each log line tells which packet it is: `MARK=0x0`, `MARK=0x1` …
 *
 * The packets are dropped after that; on the way in, so that their sender notices nothing.
 * @param statements what logs them, such as `log group 5`; for each port
 */
export function numberingRules(statements: Readonly<Record<number, string>>): string {
  const ports = Object.keys(statements);
  const counters = ports.map((port) => `  counter ${counterOf(port)} {\n  }\n`).join('');
  const rules = Object.entries(statements).map(
    ([port, statement]) =>
      `    udp dport ${port} meta mark set numgen inc mod 16777216` +
      ` counter name ${counterOf(port)} ${statement} drop\n`,
  );
  return `table inet numbering {
${counters}  chain input {
    type filter hook input priority 0
${rules.join('')}  }
}
`;
}

/** How many packets to `port` the rules have seen. */
export async function numbered(namespace: Namespace, port = numberedPort): Promise<number> {
  const counter = await namespace.exec(
    ...(['nft', 'list', 'counter', 'inet', 'numbering', counterOf(port)] as const),
  );
  return Number(/packets (\d+)/.exec(counter)?.[1]);
}

const counterOf = (port: number | string): string => `port${port}`;

/** Sends packets for {@link numberingRules} from one socket, in order. */
export async function sendNumbered(
  namespace: Namespace,
  packets: number,
  { rate, port = numberedPort }: { rate?: number; port?: number } = {},
): Promise<LoadResult> {
  const pace = rate === undefined ? {} : { rate };
  return await generateLoad(namespace, { port, packets, flows: 1, ...pace });
}

/** A LOG-style line about a packet of {@link sendNumbered}, complete from the month to the mark. */
const wholeLine =
  /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ (.*) IN=lo OUT= MAC=(?:00:){12}08:00 SRC=127\.0\.0\.1 DST=127\.0\.0\.1 LEN=64 TOS=00 PREC=0x00 TTL=64 ID=\d+ DF PROTO=UDP SPT=\d+ DPT=\d+ LEN=44 MARK=0x([0-9a-f]+) $/;

/**
 * The packets' numbers in the order of the lines.
 * @param prefix the log prefix that each line has to have
 * @throws Error with the first line that is not whole
 */
export function numbersOf(lines: readonly string[], prefix = ''): number[] {
  return lines.map((line, index) => {
    const match = wholeLine.exec(line);
    if (!match || match[1] !== prefix) throw new Error(`line ${index + 1} is not whole: ${line}`);
    return Number.parseInt(match[2] ?? '', 16);
  });
}

/** `from`, `from` + 1 … `to` − 1. */
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);
