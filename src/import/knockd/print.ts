import { quoteValue } from '../../config-grammar/index.ts';
import { comment, commentItem } from './comment.ts';
import type { GlobalSettings } from './options.ts';

/** All that the text of a specter.conf is made from. */
export interface PrintedConfig {
  /** The file that was read, as the user called it. */
  readonly file: string;
  readonly group: number;
  readonly options: GlobalSettings;
  /** Lines for `nft -f`. */
  readonly nftTable: readonly string[];
  /** Files of one-time sequences whose ports are not in the rules. */
  readonly unreadable: readonly string[];
  readonly hasSequenceFiles: boolean;
  readonly hasStopCommands: boolean;
  /** Whether some doors have a target and others none. */
  readonly hasMixedTargets: boolean;
  /** The lines of each door. */
  readonly doors: readonly (readonly string[])[];
}

/** The whole specter.conf. */
export function printImport(config: PrintedConfig): string {
  const lines = [
    ...header(config),
    '',
    ...globalBlock(config.options),
    'knock {',
    `    group ${config.group}`,
    '    snaplen 128',
    '    :BASE',
    ...config.doors.flatMap((door) => ['', ...door]),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function header(config: PrintedConfig): string[] {
  const { file, nftTable } = config;
  return [
    `# Made from ${printable(file)} by \`specter import\`. To check it:`,
    '#',
    '# specter -t -c THIS_FILE',
    '#',
    '# It works on what these rules log. To load them:',
    '#',
    "# sed -n 's/^#     //p' THIS_FILE | nft -f -",
    '#',
    ...nftTable.map((line) => `#     ${line}`),
    '#',
    ...rulesNotes(config).flatMap((text) => comment(text)),
    '#',
    '# What differs from knockd:',
    ...differences(config).flatMap(commentItem),
  ];
}

function rulesNotes({ options, unreadable, hasSequenceFiles }: PrintedConfig): string[] {
  const notes = [
    'They only log, as knockd only listens; what becomes of the packets is up to your other rules.',
  ];
  if (options.interface === undefined) {
    const like = 'put `iifname "eth0"` before `fib` or the address for one of them';
    notes.push(`They hold for all interfaces, where knockd listens on one: ${like}.`);
  }
  if (hasSequenceFiles) {
    notes.push(
      'They name the ports that the files of one-time sequences have now: keep them in step.',
    );
  }
  for (const path of unreadable) {
    notes.push(`The ports of ${path}, which could not be read, are missing: add them.`);
  }
  return notes;
}

function differences({ hasStopCommands, hasMixedTargets, doors }: PrintedConfig): string[] {
  const list = [
    'A retransmitted packet, and one that repeats the step before, spoil nothing; for knockd they do.',
    'A packet that spoils an attempt may begin the next one; for knockd only the one after it may.',
  ];
  if (doors.length > 1) {
    list.push(
      'Each door watches by itself: whoever is at one of them can begin at another. knockd lets a ' +
        'source begin only while it has no attempt at any door.',
    );
  }
  if (hasMixedTargets) {
    list.push(
      'A door without knocktarget is also knocked at by packets for the targets of the others, as ' +
        'far as they have its ports; in knockd only by those for the addresses of the interface.',
    );
  }
  list.push(
    'Commands run without a shell where they need none, in a clean environment, at most four at a ' +
      'time for each EXEC, each for at most 30 s: see execmax, execqueue and exectimeout.',
  );
  if (hasStopCommands) {
    list.push('What is still to be closed when specter ends is closed at once.');
  }
  return list;
}

function globalBlock({ logfile, pidfile, comments }: GlobalSettings): string[] {
  const lines = [
    ...comments.flatMap((text) => comment(text, 4)),
    ...(logfile === undefined ? [] : [`    logfile ${quoteValue(logfile)}`]),
    ...(pidfile === undefined ? [] : [`    pidfile ${quoteValue(pidfile)}`]),
  ];
  return lines.length === 0 ? [] : ['global {', ...lines, '}', ''];
}

const printable = (text: string): string => text.replace(/[\x00-\x1f\x7f-\x9f]/g, '?');
