import type { Namespace } from '../test/support/namespace.ts';
import { scriptCommand } from '../test/support/script-command.ts';
import type { LoadReport } from './load.ts';

export interface Load {
  readonly port: number;
  readonly packets: number;
  /** Packets a second over all processes; without it as fast as possible. */
  readonly rate?: number;
  /** Bytes of each whole IP packet. Default 64. */
  readonly size?: number;
  /** How many source ports each process uses. Default 16. */
  readonly flows?: number;
  /** Generators that share the load, for machines with cores to spare. Default 1. */
  readonly processes?: number;
}

export interface LoadResult {
  readonly packets: number;
  /** Packets a second that were really sent. */
  readonly rate: number;
}

/** Runs load.ts within a namespace, in one or several processes, and adds up what they sent. */
export async function generateLoad(namespace: Namespace, load: Load): Promise<LoadResult> {
  const { processes = 1 } = load;
  const reports = await Promise.all(
    Array.from({ length: processes }, () => runGenerator(namespace, load, processes)),
  );
  const packets = reports.reduce((sum, report) => sum + report.packets, 0);
  return { packets, rate: packets / Math.max(...reports.map((report) => report.seconds)) };
}

async function runGenerator(
  namespace: Namespace,
  { port, packets, rate, size = 64, flows = 16 }: Load,
  processes: number,
): Promise<LoadReport> {
  const options = [
    `--port=${port}`,
    `--packets=${Math.ceil(packets / processes)}`,
    `--size=${size}`,
    `--flows=${flows}`,
    ...(rate === undefined ? [] : [`--rate=${rate / processes}`]),
  ];
  const [command, ...args] = scriptCommand(new URL('./load.ts', import.meta.url), ...options);
  return JSON.parse(await namespace.exec(command, ...args));
}
