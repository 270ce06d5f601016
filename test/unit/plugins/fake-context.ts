import { resolve } from 'node:path';
import type { Host, LinkNames, OutputContext, PluginLog } from '../../../src/plugins/api.ts';
import type { ColumnSet } from '../../../src/records/column-set.ts';

/** A plugin's log that can be asked what was logged. */
export class LoggedLines implements PluginLog {
  /** `level: message`, or `counted: event: count`, in order. */
  readonly lines: string[] = [];

  debug(message: string): void {
    this.lines.push(`debug: ${message}`);
  }

  info(message: string): void {
    this.lines.push(`info: ${message}`);
  }

  notice(message: string): void {
    this.lines.push(`notice: ${message}`);
  }

  error(message: string): void {
    this.lines.push(`error: ${message}`);
  }

  counted(event: string, count: number): void {
    this.lines.push(`counted: ${event}: ${count}`);
  }
}

/** Interfaces by index, renamed at will. */
export class FakeLinks implements LinkNames {
  revision = 0;
  /** Indexes that were looked up, in order. */
  readonly asked: number[] = [];
  readonly #names = new Map<number, Uint8Array>();

  constructor(names: Readonly<Record<number, string | Uint8Array>> = {}) {
    for (const [index, name] of Object.entries(names))
      this.#names.set(Number(index), bytesOf(name));
  }

  rename(index: number, name: string | Uint8Array): void {
    this.#names.set(index, bytesOf(name));
    this.revision++;
  }

  bytes(index: number): Uint8Array | undefined {
    this.asked.push(index);
    return this.#names.get(index);
  }
}

const bytesOf = (name: string | Uint8Array): Uint8Array =>
  typeof name === 'string' ? Buffer.from(name) : name;

export interface FakeHostOptions {
  readonly links?: LinkNames;
  readonly openAppend?: (path: string) => number;
  readonly openUpdate?: (path: string) => number;
  /** Default: all. */
  readonly capabilities?: readonly string[];
  /** Default 0. */
  readonly uid?: number;
}

/** A host named `gate`. */
export function fakeHost(options: FakeHostOptions = {}): Host {
  const { links = new FakeLinks(), openAppend, openUpdate, capabilities, uid = 0 } = options;
  const noFiles = (path: string): number => {
    throw new Error(`${path}: this test opens no files`);
  };
  return {
    links,
    hostname: 'gate',
    openAppend: openAppend ?? noFiles,
    openUpdate: openUpdate ?? noFiles,
    absolutePath: (path) => resolve('/', path),
    asUser: (action) => action(),
    hasCapability: (name) => capabilities?.includes(name) ?? true,
    uid,
  };
}

/** A context with the log of what was logged. Errors that a plugin reports are thrown. */
export interface FakeContext<Values> extends OutputContext<Values> {
  readonly log: LoggedLines;
}

/** What a plugin in block 5 is opened with, at `gate`. */
export function fakeContext<Values>(
  columns: ColumnSet,
  options: Values,
  others: Partial<FakeContext<Values>> = {},
): FakeContext<Values> {
  return {
    block: '5',
    group: 5,
    instance: '',
    options,
    columns,
    log: new LoggedLines(),
    host: fakeHost(),
    fail: (error) => {
      throw error;
    },
    surveyed: [],
    hold: () => () => {},
    ...others,
  };
}
