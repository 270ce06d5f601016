import { isIP } from 'node:net';
import { type DiagnosticList, type Range, shown } from '../../config-grammar/index.ts';
import { type Field, type Fields, fieldsOf } from './fields.ts';
import type { Section } from './ini.ts';
import { parseSequence, type Step } from './sequence.ts';
import { parseTcpFlags, type TcpFlags } from './tcp-flags.ts';

/** What opens a door. */
export type Trigger =
  | { readonly kind: 'sequence'; readonly steps: readonly Step[] }
  /** One-time sequences; `path` is absolute. */
  | { readonly kind: 'file'; readonly path: string; readonly range: Range };

/** A start command and what undoes it. */
export interface Reaction {
  readonly start: Field;
  readonly stop: Field | undefined;
}

/** A section of knockd.conf, with knockd's defaults filled in. */
export interface Door {
  readonly name: string;
  readonly nameRange: Range;
  readonly trigger: Trigger;
  /** Seconds from the first packet of a sequence to its last. */
  readonly timeout: number;
  readonly flags: TcpFlags;
  /** The address knocked at; undefined: any of ours. */
  readonly target: string | undefined;
  /** For IPv4 and IPv6 sources; undefined: nothing is done. */
  readonly ip: Reaction | undefined;
  readonly ip6: Reaction | undefined;
  /** Seconds until `stop`. */
  readonly closeAfter: number;
  readonly comments: readonly string[];
}

const SEQ_TIMEOUT = 25;
const CMD_TIMEOUT = 10;

/** The longest time that a timer of specter's takes, 2^31 − 1 ms. */
const longest = 2_147_483;

/** Reads a section that is no `[options]`; undefined when there is nothing that could open it. */
export function readDoor(
  section: Section,
  absolute: (path: string) => string,
  diagnostics: DiagnosticList,
): Door | undefined {
  const { name, nameRange } = section;
  const fields = fieldsOf(section, diagnostics);
  const trigger = readTrigger(section, fields, absolute, diagnostics);
  const timeout = readSeconds(fields.last('seq_timeout'), SEQ_TIMEOUT, 1, diagnostics);
  const closeAfter = readSeconds(fields.last('cmd_timeout'), CMD_TIMEOUT, 0, diagnostics);
  const flags = parseTcpFlags(fields.all('tcpflags'), diagnostics);
  const target = readTarget(fields.last('target'), diagnostics);
  if (!trigger) return undefined;
  const { ip, ip6 } = readReactions(fields);
  const comments = [...section.comments, ...fields.unknown.map((line) => `Not known: ${line}`)];
  return { name, nameRange, trigger, timeout, flags, target, ip, ip6, closeAfter, comments };
}

function readTrigger(
  { name, nameRange }: Section,
  fields: Fields,
  absolute: (path: string) => string,
  diagnostics: DiagnosticList,
): Trigger | undefined {
  const sequence = fields.last('sequence');
  const file = fields.last('one_time_sequences');
  const steps = sequence && parseSequence(sequence.value, sequence.valueRange, diagnostics);
  if (file?.value === '') {
    diagnostics.error(file.keyRange, 'one_time_sequences needs the path of a file');
    return undefined;
  }
  if (file) {
    if (sequence) {
      const message = 'sequence is left out: the door has one_time_sequences';
      diagnostics.warning(sequence.keyRange, message);
    }
    return { kind: 'file', path: absolute(file.value), range: file.valueRange };
  }
  if (steps) return { kind: 'sequence', steps };
  diagnostics.error(nameRange, `door ${shown(name)} has no sequence`);
  return undefined;
}

/** Commands for IPv4, and those for IPv6 where they are not the same; empty ones do nothing. */
function readReactions(fields: Fields): Pick<Door, 'ip' | 'ip6'> {
  const start = fields.last('start_command');
  const stop = fields.last('stop_command');
  return {
    ip: reaction(start, stop),
    ip6: reaction(fields.last('start_command_6') ?? start, fields.last('stop_command_6') ?? stop),
  };
}

/** knockd never comes to a stop command without a start command. */
function reaction(start: Field | undefined, stop: Field | undefined): Reaction | undefined {
  if (start === undefined || start.value === '') return undefined;
  return { start, stop: stop?.value === '' ? undefined : stop };
}

function readSeconds(
  field: Field | undefined,
  fallback: number,
  least: number,
  diagnostics: DiagnosticList,
): number {
  if (!field) return fallback;
  const [digits] = /^\d+/.exec(field.value) ?? [];
  const seconds = Number(digits);
  if (digits === undefined || seconds < least || seconds > longest) {
    const message = `${field.key} is a number of seconds from ${least} to ${longest}, not ${shown(field.value)}`;
    diagnostics.error(field.valueRange, message);
    return fallback;
  }
  if (digits !== field.value) {
    diagnostics.warning(field.valueRange, `knockd reads ${seconds} from this`);
  }
  return seconds;
}

function readTarget(field: Field | undefined, diagnostics: DiagnosticList): string | undefined {
  if (!field) return undefined;
  if (isIP(field.value) !== 0 && !field.value.includes('%')) return field.value;
  diagnostics.error(field.valueRange, `target is an IP address, not ${shown(field.value)}`);
  return undefined;
}
