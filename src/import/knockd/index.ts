import { resolve } from 'node:path';
import { type Diagnostic, DiagnosticList, SourceText, shown } from '../../config-grammar/index.ts';
import { type Door, readDoor, type Trigger } from './door.ts';
import { isOptions } from './fields.ts';
import { readSections, type Section } from './ini.ts';
import type { Machine } from './machine.ts';
import { nftTable, type WatchedDoor } from './nft-rules.ts';
import { readOptions } from './options.ts';
import { printImport } from './print.ts';
import { printDoor } from './print-door.ts';
import { branchesOf } from './reactions.ts';
import { SectionNames } from './section-names.ts';
import { parseSequenceFile, type Step } from './sequence.ts';

export type { Machine } from './machine.ts';

export interface ImportOptions {
  /** The netlink group that the rules shall log to, 0–65535. */
  readonly group: number;
  readonly machine: Machine;
}

export interface ImportResult {
  /** The text of a specter.conf; undefined when there are errors. */
  readonly config: string | undefined;
  /** Errors and warnings, with their places in the file that was read. */
  readonly diagnostics: readonly Diagnostic[];
  /** How many more there are. */
  readonly suppressed: number;
  readonly source: SourceText;
}

/**
 * Translates the config of knockd 0.8 into one that makes specter do the same, with comments where it
 * cannot be quite the same.
 *
 * @param input the file's content, UTF-8
 * @param file its name, for messages
 */
export function importKnockd(
  input: string | Uint8Array,
  file: string,
  options: ImportOptions,
): ImportResult {
  const source = new SourceText(input, file);
  const diagnostics = new DiagnosticList(source);
  const config = translate(source, diagnostics, options);
  return {
    config: diagnostics.errors === 0 ? config : undefined,
    diagnostics: diagnostics.kept,
    suppressed: diagnostics.suppressed,
    source,
  };
}

function translate(
  source: SourceText,
  diagnostics: DiagnosticList,
  { group, machine }: ImportOptions,
): string {
  const absolute = (path: string): string => resolve(machine.folder, path);
  const sections = readSections(source, diagnostics);
  const settings = readOptions(sections, absolute, diagnostics);
  const doors = readDoors(sections, absolute, diagnostics);
  const translated = doors.map((door) => ({
    door,
    branches: branchesOf(door, machine, diagnostics),
  }));
  const open = translated.filter(({ door, branches }) => {
    if (branches.length > 0) return true;
    diagnostics.warning(door.nameRange, `door ${shown(door.name)} runs no command; left out`);
    return false;
  });
  if (open.length === 0 && diagnostics.errors === 0) {
    diagnostics.error({ offset: 0, length: 0 }, 'there is no door with a command');
  }
  const unreadable: string[] = [];
  const watched = open.map(({ door }): WatchedDoor => {
    if (door.trigger.kind === 'sequence') return { ...door, steps: door.trigger.steps };
    const steps = stepsInFile(door.trigger, machine, diagnostics);
    if (steps === undefined) unreadable.push(door.trigger.path);
    return { ...door, steps: steps ?? [] };
  });
  const names = new SectionNames();
  return printImport({
    file: source.file,
    group,
    options: settings,
    nftTable: nftTable(watched, { group, interface: settings.interface }),
    unreadable,
    hasSequenceFiles: open.some(({ door }) => door.trigger.kind === 'file'),
    hasStopCommands: open.some(({ branches }) => branches.some(({ stop }) => stop)),
    hasMixedTargets: new Set(watched.map(({ target }) => target === undefined)).size > 1,
    doors: translated.map(({ door, branches }) =>
      printDoor(door, branches, { names, strict: open.length > 1 }),
    ),
  });
}

function readDoors(
  sections: readonly Section[],
  absolute: (path: string) => string,
  diagnostics: DiagnosticList,
): Door[] {
  const doors: Door[] = [];
  const named = new Map<string, Section>();
  for (const section of sections) {
    if (isOptions(section)) continue;
    const { name, nameRange } = section;
    const first = named.get(name);
    if (first) {
      const related = { message: 'the first one is here', range: first.nameRange };
      diagnostics.error(nameRange, `there are two doors called ${shown(name)}`, { related });
    }
    named.set(name, section);
    const door = readDoor(section, absolute, diagnostics);
    if (door) doors.push(door);
  }
  return doors;
}

/** All steps that the sequences of a file have; undefined when it cannot be read. */
function stepsInFile(
  { path, range }: Extract<Trigger, { kind: 'file' }>,
  machine: Machine,
  diagnostics: DiagnosticList,
): Step[] | undefined {
  const text = machine.readText(path);
  if (text === undefined) {
    diagnostics.warning(range, `${path} cannot be read: its ports are missing in the rules`);
    return undefined;
  }
  const { sequences, badLines } = parseSequenceFile(text);
  for (const line of badLines) {
    diagnostics.warning(range, `${path}:${line} is no sequence; specter will not start with it`);
  }
  return sequences.flat();
}
