/** Lines on their way to the log daemon, and how far they have got. */
export interface Lines {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each line ends in `bytes`. */
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly rows: number;
  /** Lines that are dealt with: the next one to send. */
  readonly next: number;
}

/** Why the next line was not taken. */
export interface Failure {
  /** Name of the errno, such as `ENOENT`; empty where it was no system call. */
  readonly code: string;
  readonly message: string;
}

/** What the thread made of lines. Without a failure and with lines left its time was up. */
export interface Answer extends Lines {
  readonly failure: Failure | undefined;
}

/** Longest time that the thread works at lines before it answers: it can then be told to end. */
const TURN_MS = 100;

/** Says lines until one is not taken, or time is up. */
export function sendLines(
  { bytes, ends, rows, next: first }: Lines,
  say: (line: string) => void,
  clock: () => number = performance.now.bind(performance),
): Answer {
  const text = Buffer.from(bytes.buffer);
  const until = clock() + TURN_MS;
  let start = first === 0 ? 0 : (ends[first - 1] ?? 0);
  let next = first;
  let failure: Failure | undefined;
  try {
    while (next < rows && (next === first || clock() < until)) {
      const end = ends[next] ?? 0;
      say(text.toString('utf8', start, end));
      start = end;
      next++;
    }
  } catch (error) {
    failure = describe(error);
  }
  return { bytes, ends, rows, next, failure };
}

function describe(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: '', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { code, message: error.message };
}
