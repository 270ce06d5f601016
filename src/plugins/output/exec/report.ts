import { MAX_ESCAPED, writeEscaped } from '../../../records/escape.ts';
import type { PluginLog } from '../../api.ts';
import { LineBudget } from '../../line-budget.ts';
import type { Invocation } from './invocation.ts';
import type { CommandEnd } from './process.ts';

/** Failed commands that are logged in full within a second; the others are counted. */
const FULL_REPORTS = 5;
/** Bytes of the command line in a message. */
const SHOWN_COMMAND = 200;

/** Tells the log how commands ended. */
export class CommandReports {
  readonly #log: PluginLog;
  readonly #budget = new LineBudget(FULL_REPORTS);

  constructor(log: PluginLog) {
    this.#log = log;
  }

  succeeded(invocation: Invocation, end: CommandEnd): void {
    this.#log.info(describe(invocation, end));
  }

  failed(invocation: Invocation, end: CommandEnd): void {
    if (this.#budget.take()) this.#log.error(describe(invocation, end));
    else this.#log.counted('commands that failed, beyond those logged', 1);
  }
}

/** `/usr/sbin/nft add element …: exit code 1 after 12 ms; output: Error: …` */
function describe(invocation: Invocation, end: CommandEnd): string {
  const outcome =
    end.signal === undefined ? `exit code ${end.code}` : `ended by signal ${end.signal}`;
  const limit = end.timedOut ? 'ran for longer than exectimeout, ' : '';
  const after = `after ${Math.round(end.duration)} ms`;
  return `${commandText(invocation)}: ${limit}${outcome} ${after}${outputText(end)}`;
}

/** The program without its arguments, for messages. */
export const programText = ({ argv: [program = ''], encoding }: Invocation): string =>
  escaped(Buffer.from(program, encoding));

/** The command line for messages; not meant to be typed. */
export function commandText({ argv, encoding }: Invocation): string {
  const words = Buffer.from(argv.join(' '), encoding);
  const shown = escaped(words.subarray(0, SHOWN_COMMAND));
  return words.length > SHOWN_COMMAND ? `${shown}…` : shown;
}

function outputText({ output, more }: CommandEnd): string {
  const lines = Buffer.from(output).toString('latin1').trimEnd().split('\n');
  // The log shows a line end as \n, which is easier to read than \x0a.
  const text = lines.map((line) => escaped(Buffer.from(line, 'latin1'))).join('\n');
  const rest = more > 0 ? `… ${more} bytes more` : '';
  return text === '' && rest === '' ? '' : `; output: ${text}${rest}`;
}

function escaped(bytes: Uint8Array): string {
  const out = Buffer.alloc(bytes.length * MAX_ESCAPED);
  const view = new DataView(out.buffer, out.byteOffset, out.length);
  return out.toString('utf8', 0, writeEscaped(view, 0, bytes, 0, bytes.length));
}
