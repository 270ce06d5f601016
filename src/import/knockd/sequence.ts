import { type DiagnosticList, type Range, shown } from '../../config-grammar/index.ts';

/** One packet of a sequence. */
export interface Step {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

/** The longest sequence that knockd takes. */
const maxSteps = 32;

/** Reads `7000,8000:udp,9000:tcp`. `range`: where the text stands in the file. */
export function parseSequence(text: string, range: Range, diagnostics: DiagnosticList): Step[] {
  const steps: Step[] = [];
  let offset = range.offset;
  for (const item of text.split(',')) {
    const step = parseStep(item);
    if (typeof step === 'string') {
      const start = offset + (item.length - item.trimStart().length);
      diagnostics.error({ offset: start, length: item.trim().length }, step);
    } else {
      steps.push(step);
    }
    offset += item.length + 1;
  }
  if (steps.length > maxSteps) {
    diagnostics.error(range, `a sequence has up to ${maxSteps} steps, not ${steps.length}`);
  }
  return steps;
}

/** What the text of a file of one-time sequences holds. */
export interface SequenceFile {
  /** Those that can still be used. */
  readonly sequences: readonly (readonly Step[])[];
  /** Numbers of the lines, from 1, that knockd passes over and KNOCK refuses. */
  readonly badLines: readonly number[];
}

export function parseSequenceFile(text: string): SequenceFile {
  const sequences: Step[][] = [];
  const badLines: number[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const parsed = trimmed.split(',').map(parseStep);
    const steps = parsed.filter((step) => typeof step !== 'string');
    // KNOCK takes blanks for the end of a step.
    if (steps.length < parsed.length || /\s:|:\s/.test(trimmed)) badLines.push(index + 1);
    else sequences.push(steps);
  }
  return { sequences, badLines };
}

/** `7000/tcp 8000/udp` */
export const formatSequence = (steps: readonly Step[]): string =>
  steps.map(({ port, protocol }) => `${port}/${protocol}`).join(' ');

/** The step, or what is wrong with it. */
function parseStep(text: string): Step | string {
  const [port = '', protocol = 'tcp', ...more] = text.split(':').map((part) => part.trim());
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
    return `a step is a port from 1 to 65535, perhaps with ":tcp" or ":udp", not ${shown(text.trim())}`;
  }
  const lower = protocol.toLowerCase();
  if ((lower !== 'tcp' && lower !== 'udp') || more.length > 0) {
    return `the protocol of a step is tcp or udp, not ${shown([protocol, ...more].join(':'))}`;
  }
  return { port: Number(port), protocol: lower };
}
