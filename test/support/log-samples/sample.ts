/** A packet and what a LOG-style line says of it between `MAC=… ` and `MARK=0x0 `. */
export interface LogSample {
  readonly name: string;
  /** The packet from its IP header on. */
  readonly packet: Buffer;
  readonly body: string;
}

/** Ports of all samples that have any. */
export const ports = { sourcePort: 40000, destinationPort: 443 };

/** TCP fields of a connection's first segment, with a sequence number that takes all 32 bits. */
export const syn = { ...ports, flags: ['syn'], sequence: 0xfffffffe } as const;

/** The line behind its `Nov 22 02:05:43 host `. */
export const withoutStamp = (line: string): string =>
  line.replace(/^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ /, '');
