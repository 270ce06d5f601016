/**
 * The plugin contract. A plugin is a declaration (name, options, keys) with a function that opens
 * an instance of it in a block. Everything that config checks, `specter info` and the manual say
 * about a plugin comes from the declaration.
 *
 * Records move in batches: see `Batch` and `ColumnSet` in ../records. Per batch, in this order:
 * the source fills rows, inputs fill more columns, then filters and outputs run in the order in
 * which the config lists them, each output seeing the rows that the filters before it let pass. A
 * filter whose section has a name, as in `:KNOCK ssh`, guards only those that say `when ssh`.
 *
 * Inputs, filters and outputs are the public contract: third-party modules are written against it,
 * and what they rely on changes only together with `API_VERSION`. Sources are made here alone: what is
 * marked `@internal` may change at any time and is missing in the types that are published
 * (`specter/plugin`, ../plugin.ts).
 */
import type {
  KeyRequirement,
  OptionSchemas,
  OptionValues,
  ValueProblem,
} from '../config-grammar/index.ts';
import type { ReceiveLoop, ReceiveRing } from '../netlink/index.ts';
import type { Batch } from '../records/batch.ts';
import type { ColumnSet } from '../records/column-set.ts';
import type { Key } from '../records/key.ts';

export type {
  KeyRequirement,
  OptionSchemas,
  OptionValues,
  ValueProblem,
} from '../config-grammar/index.ts';
export { defineOptions } from '../config-grammar/index.ts';

/**
 * The version of the public contract. It grows with each change for which a module would have to be
 * written anew; additions leave it as it is. A module that declares another one is refused when it is
 * loaded, instead of failing on a packet.
 */
export const API_VERSION = 1;

/** A key that a plugin reads. */
export interface KeyUse {
  readonly name: string;
  /** Without this key the plugin makes no sense: a block that does not provide it is an error. */
  readonly required?: boolean;
  /** For an input: those of its own keys that it takes this one for. Default: all of them. */
  readonly for?: readonly string[];
}

/** Where a plugin's messages go: the daemon's log, marked with block and plugin. */
export interface PluginLog {
  debug(message: string): void;
  info(message: string): void;
  notice(message: string): void;
  error(message: string): void;
  /**
   * An event that packets can cause: at most one line a second for each `event`; `count` adds up
   * and the line tells the sum since the last one and in all.
   */
  counted(event: string, count: number): void;
}

/** Names of network interfaces in the namespace that specter runs in. */
export interface LinkNames {
  /** The interface's name as the kernel holds it: any bytes but NUL, `/` and white space. */
  bytes(index: number): Uint8Array | undefined;
  /** Changes whenever any name may have changed. */
  readonly revision: number;
}

/** What the daemon does for plugins, because it depends on who specter runs as and where. */
export interface Host {
  readonly links: LinkNames;
  /** The machine's name, up to the first dot. */
  readonly hostname: string;
  /**
   * Opens a file for appending, close-on-exec, creating it with mode 0640 if need be. A file made
   * before privileges are dropped belongs to the user that specter becomes, so that it can be
   * reopened. Throws an Error with `code` and `path`.
   */
  openAppend(path: string): number;
  /**
   * Opens a file that is there for reading and writing, close-on-exec. The user that specter becomes
   * has to have the rights to it. Throws an Error with `code` and `path`.
   */
  openUpdate(path: string): number;
  /** A path of the config made absolute: relative ones start where specter was started. */
  absolutePath(path: string): string;
  /**
   * Does something as the user that specter becomes, with no more rights than that user has: what a
   * plugin does with files itself before it is at work, and connections that it begins. Afterwards
   * specter is that user. `action` is synchronous.
   */
  asUser<Result>(action: () => Result): Result;
  /**
   * Whether specter has this capability, such as `net_admin`, once it is at work: when it changes
   * its user, only what the global option `keepcaps` names is left.
   */
  hasCapability(name: string): boolean;
  /** The user that specter is once it is at work: effective user id. */
  readonly uid: number;
}

export interface PluginContext<Values> {
  /** The block's name: `5`, `web`. */
  readonly block: string;
  /** The source's option `group`, where it has one. */
  readonly group: number | undefined;
  /** The words after the plugin's name in its section: `ssh` in `:KNOCK ssh`. Empty without. */
  readonly instance: string;
  readonly options: Values;
  readonly columns: ColumnSet;
  readonly log: PluginLog;
  readonly host: Host;
  /**
   * Reports an error that the plugin cannot mend. Without the global option `errignore` the daemon
   * ends, in order; with it, the error is logged and the plugin goes on as best it can.
   */
  fail(error: Error): void;
}

interface Declaration<Schemas extends OptionSchemas> {
  /** The version of this contract that it was written for: `API_VERSION`. Default: 1. */
  readonly apiVersion?: number;
  /** Upper case, unique: `LOGEMU`. */
  readonly name: string;
  /** One line for lists. */
  readonly summary: string;
  readonly options: Schemas;
  /**
   * Capabilities that it has to have at work, such as `net_admin`. A config that gives them up by its
   * global options is an error.
   */
  readonly capabilities?: readonly string[];
  /**
   * Checks that go beyond single values, made when the config is read; a problem points at an
   * option, or at a part of its text. Looks at nothing but the values and, at most, the file system.
   */
  check?(options: OptionValues<Schemas>): readonly ValueProblem[];
}

/**
 * Counters of a source since it was opened.
 *
 * @internal
 */
export interface SourceCounters {
  /** Records taken from the kernel. */
  received: number;
  /** Records that the kernel or the socket lost on the way: an exact number. */
  lost: number;
  /** Times that the socket's receive buffer overflowed (ENOBUFS). */
  overruns: number;
  /** Messages that did not have the form that their kernel header promises. */
  malformed: number;
}

/** @internal */
export interface SourceContext<Values>
  extends Omit<PluginContext<Values>, 'columns' | 'group' | 'instance'> {
  readonly loop: ReceiveLoop;
  /** The receive ring that all sources with slots of this size share. */
  ring(slotSize: number): ReceiveRing;
  /** Bytes of receive buffer to ask of the kernel for the socket: the global option `rmem`. */
  readonly receiveBuffer: number;
}

/** @internal */
export interface SourceInstance<Values> {
  readonly counters: SourceCounters;
  /**
   * From now on fills `batch` and calls `deliver` when it is full or nothing more is waiting.
   * Called once before `start`, and again whenever the block's plugins are exchanged.
   */
  attach(batch: Batch, deliver: () => void): void;
  start(): void;
  /** Applies changed options without losing records, or throws and goes on as before. */
  reconfigure(options: Values): void;
  /**
   * Delivers nothing more, from the next record on, until `release`; also called within `deliver`.
   * Meanwhile the kernel queues what comes. `close` ends it as well.
   */
  hold(): void;
  release(): void;
  /** Ends receiving, delivers what the kernel has already queued, and gives the source back. */
  close(): Promise<void>;
}

/**
 * Feeds a block. Chosen with the block's option `source`.
 *
 * @internal
 */
export interface SourcePlugin<Schemas extends OptionSchemas = OptionSchemas>
  extends Declaration<Schemas> {
  readonly kind: 'source';
  readonly provides: readonly Key[];
  open(context: SourceContext<OptionValues<Schemas>>): SourceInstance<OptionValues<Schemas>>;
}

export interface InputInstance {
  /** Fills the plugin's columns for rows 0 … `batch.count` − 1. Never throws on any packet. */
  fill(batch: Batch): void;
  close?(): void;
}

/** Turns keys into more keys. Opened only in blocks where something reads what it provides. */
export interface InputPlugin<Schemas extends OptionSchemas = OptionSchemas>
  extends Declaration<Schemas> {
  readonly kind: 'input';
  readonly reads: readonly KeyUse[];
  readonly provides: readonly Key[];
  open(context: PluginContext<OptionValues<Schemas>>): InputInstance;
}

export interface FilterInstance {
  /** Shortens `batch.rows` to the rows that go on; `batch.selected` is their number. */
  select(batch: Batch): void;
  /** Counters of its own for the statistics, by the words that name them there, always the same. */
  details?(): Counts;
  /** SIGHUP; as {@link OutputInstance.reopen}. */
  reopen?(): void;
  close?(): void;
}

/** Decides which rows the plugins listed after it see. */
export interface FilterPlugin<Schemas extends OptionSchemas = OptionSchemas>
  extends Declaration<Schemas> {
  readonly kind: 'filter';
  readonly reads: readonly KeyUse[];
  /** Keys that these options name, beyond `reads`. */
  readsOf?(options: OptionValues<Schemas>): readonly KeyRequirement[];
  readonly provides: readonly Key[];
  open(context: PluginContext<OptionValues<Schemas>>): FilterInstance;
}

/** Counters of an output since it was opened. written + dropped + pending = rows handed to it. */
export interface OutputCounters {
  /** Rows that have arrived where they should: in the file, the database, the kernel. */
  written: number;
  /** Rows given up, each with a reason in the log. */
  dropped: number;
  /** Failed attempts: writes, connections, commands. */
  errors: number;
}

/** Numbers with names: `started`, `timed out`. */
export type Counts = Readonly<Record<string, number>>;

export interface OutputInstance {
  readonly counters: OutputCounters;
  /** Counters of its own for the statistics, by the words that name them there, always the same. */
  details?(): Counts;
  /** Consumes the selected rows. Must not block; keeps nothing of the batch after it returns. */
  write(batch: Batch): void;
  /**
   * SIGHUP: opens again what a log rotation may have moved. Loses nothing. Where that fails it
   * throws and goes on with what it has.
   */
  reopen?(): void;
  /** Writes out what can be written, then gives everything back. Called again, it does no more. */
  close(): Promise<void>;
  /**
   * Milliseconds that `close` may take before the plugin is left behind: an end must come. Default
   * 10 s.
   */
  readonly closeTimeout?: number;
}

export interface OutputContext<Values> extends PluginContext<Values> {
  /** What the plugin's `survey` has found; empty without. Read as keys that options name are. */
  readonly surveyed: readonly string[];
  /**
   * Keeps the block's later records waiting, in the kernel, until the function that it returns is
   * called. Only for plugins that declare `holds`; while the block is being closed nothing waits.
   */
  hold(): () => void;
}

/** What a plugin may look at before its block is opened. */
export interface SurveyContext<Values>
  extends Pick<PluginContext<Values>, 'block' | 'group' | 'instance' | 'options' | 'log' | 'host'> {
  /** The keys that the block provides. */
  readonly keys: readonly Key[];
}

/** Logs, stores, exports or reacts. */
export interface OutputPlugin<Schemas extends OptionSchemas = OptionSchemas>
  extends Declaration<Schemas> {
  readonly kind: 'output';
  /**
   * The keys it reads, or `all` that the block provides: then `readsOf`, where it names any, says
   * which of them alone.
   */
  readonly reads: readonly KeyUse[] | 'all';
  /** Keys that these options name, beyond `reads`. */
  readsOf?(options: OptionValues<Schemas>): readonly KeyRequirement[];
  /**
   * Whether with these options it may `hold` the block. Its block then handles one record at a time,
   * so that those behind the one that caused it can wait.
   */
  holds?(options: OptionValues<Schemas>): boolean;
  /**
   * Finds out, before the block is opened, which keys it reads beyond the others, where only the
   * outside can tell: a table's columns, say. A rejection keeps the block from being opened, and so
   * does no answer within 30 s. Files are read, and connections begun, within `host.asUser`.
   *
   * The keys are added to `reads` as those that options name are. With `reads: 'all'` they add
   * nothing: the output gets what it would without a survey.
   */
  survey?(context: SurveyContext<OptionValues<Schemas>>): Promise<readonly string[]>;
  open(context: OutputContext<OptionValues<Schemas>>): OutputInstance;
}

export type StagePlugin = InputPlugin | FilterPlugin | OutputPlugin;
/** @internal */
export type Plugin = SourcePlugin | StagePlugin;

/**
 * Identity functions that infer a declaration's option types.
 *
 * @internal
 */
export const defineSource = <S extends OptionSchemas>(plugin: SourcePlugin<S>): SourcePlugin<S> =>
  plugin;
export const defineInput = <S extends OptionSchemas>(plugin: InputPlugin<S>): InputPlugin<S> =>
  plugin;
export const defineFilter = <S extends OptionSchemas>(plugin: FilterPlugin<S>): FilterPlugin<S> =>
  plugin;
export const defineOutput = <S extends OptionSchemas>(plugin: OutputPlugin<S>): OutputPlugin<S> =>
  plugin;
