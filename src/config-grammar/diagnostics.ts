import type { Range, SourceText, Span } from './source-text.ts';

/** One thing to tell the user about the config file. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly span: Span;
  /** A known word near to the one written, to be shown as “did you mean”. */
  readonly suggestion?: string;
  /** Another place that explains the error, such as the first of two definitions. */
  readonly related?: { readonly message: string; readonly span: Span };
}

/** What may accompany a message. */
export interface DiagnosticDetails {
  readonly suggestion?: string | undefined;
  readonly related?: { readonly message: string; readonly range: Range } | undefined;
}

/**
 * Diagnostics kept in full by one phase. A file with more mistakes than this is no config file;
 * the rest is only counted, so that hostile input costs neither memory nor time.
 */
const maxKept = 1000;

/** Collects the diagnostics of one phase over one source text. */
export class DiagnosticList {
  readonly #source: SourceText;
  readonly #kept: Diagnostic[] = [];
  readonly #seen = new Set<string>();
  #errors = 0;
  #suppressed = 0;

  constructor(source: SourceText) {
    this.#source = source;
  }

  /** Errors so far, including those beyond the number that is kept. */
  get errors(): number {
    return this.#errors;
  }

  /** Diagnostics that were counted but not kept. */
  get suppressed(): number {
    return this.#suppressed;
  }

  /** Whether another diagnostic would be kept; lets callers skip costly wording. */
  get full(): boolean {
    return this.#kept.length >= maxKept;
  }

  error(range: Range, message: string, details: DiagnosticDetails = {}): void {
    if (this.#add('error', range, message, details)) this.#errors++;
  }

  warning(range: Range, message: string, details: DiagnosticDetails = {}): void {
    this.#add('warning', range, message, details);
  }

  /** All kept diagnostics, as they were found. */
  get kept(): readonly Diagnostic[] {
    return this.#kept;
  }

  /** False for a repetition: a template's mistake is told once, however often it is included. */
  #add(
    severity: Diagnostic['severity'],
    range: Range,
    message: string,
    { suggestion, related }: DiagnosticDetails,
  ): boolean {
    if (this.full) {
      this.#suppressed++;
      return true;
    }
    const key = `${range.offset}:${range.length}:${message}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    this.#kept.push({
      severity,
      message,
      span: this.#source.span(range),
      ...(suggestion !== undefined && { suggestion }),
      ...(related && {
        related: { message: related.message, span: this.#source.span(related.range) },
      }),
    });
    return true;
  }
}
