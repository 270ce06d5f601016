import { Suggester, shown } from '../../../config-grammar/index.ts';
import { IpProtocol } from '../../../records/protocols/ip-protocol.ts';

/** The most steps that a sequence can have. */
export const MAX_STEPS = 32;

const protocols: Readonly<Record<string, number>> = {
  tcp: IpProtocol.TCP,
  udp: IpProtocol.UDP,
  icmpv6: IpProtocol.ICMPV6,
  icmp: IpProtocol.ICMP,
};

/**
 * What a packet has to be to match a step, as one number that is quick to compare: the IP protocol
 * above the destination port (TCP, UDP) or the message's type (ICMP, ICMPv6) in the lower 16 bits.
 */
export const stepCode = (protocol: number, portOrType: number): number =>
  (protocol << 16) | portOrType;

/** The IP protocol of a {@link stepCode}. */
export const protocolOf = (code: number): number => code >>> 16;

/** A part of a sequence's text: UTF-16 code units. */
interface Span {
  readonly offset: number;
  readonly length: number;
}

export interface Step extends Span {
  readonly code: number;
}

export interface SequenceProblem extends Span {
  readonly message: string;
  readonly suggestion?: string;
}

/** A sequence; its steps mean something only when there are no problems. */
export interface ParsedSequence {
  readonly steps: readonly Step[];
  readonly problems: readonly SequenceProblem[];
}

/**
 * Reads `7000/tcp 8000/udp 8/icmp`, or knockd's `7000,8000:udp`: steps with blanks or commas between
 * them, each a port (1–65535) or an ICMP type (0–255) with its protocol; without one it is TCP.
 */
export function parseSequence(text: string): ParsedSequence {
  const steps: Step[] = [];
  const problems: SequenceProblem[] = [];
  for (const { 0: word, index } of text.matchAll(/[^\s,]+/g)) {
    const span = { offset: index, length: word.length };
    if (steps.length === MAX_STEPS) {
      problems.push({ ...span, message: `a sequence has at most ${MAX_STEPS} steps` });
      break;
    }
    const step = parseStep(word, index);
    if ('message' in step) problems.push(step);
    else steps.push(step);
  }
  if (steps.length === 0 && problems.length === 0) {
    const message = 'a sequence needs at least one step, such as 7000/tcp';
    problems.push({ offset: 0, length: text.length, message });
  }
  return { steps, problems };
}

/** As {@link parseSequence}, of an option's rest of the line, which has any quotes with it. */
export const parseSequenceOption = (rest: string): ParsedSequence =>
  parseSequence(rest.replace(/^"(.*)"$/s, ' $1 '));

function parseStep(word: string, offset: number): Step | SequenceProblem {
  const [, digits = '', protocolName] = /^(\d+)(?:[/:](.*))?$/.exec(word) ?? [];
  if (digits === '') {
    const message = `a step is a port or ICMP type with its protocol, such as 7000/tcp, not ${shown(word)}`;
    return { offset, length: word.length, message };
  }
  const name = protocolName?.toLowerCase() ?? 'tcp';
  const protocol = Object.hasOwn(protocols, name) ? protocols[name] : undefined;
  if (protocol === undefined) {
    return unknownProtocol(name, { offset: offset + digits.length + 1, length: name.length });
  }
  const number = Number(digits);
  const isIcmp = protocol === IpProtocol.ICMP || protocol === IpProtocol.ICMPV6;
  const [what, min, max] = isIcmp ? ['an ICMP type', 0, 255] : ['a port', 1, 65535];
  if (number < min || number > max) {
    const message = `${what} is a number from ${min} to ${max}, not ${shown(digits)}`;
    return { offset, length: digits.length, message };
  }
  return { offset, length: word.length, code: stepCode(protocol, number) };
}

function unknownProtocol(name: string, span: Span): SequenceProblem {
  const message = `the protocol of a step is tcp, udp, icmp or icmpv6, not ${shown(name)}`;
  const suggestion = new Suggester().nearest(name, Object.keys(protocols));
  return suggestion === undefined ? { ...span, message } : { ...span, message, suggestion };
}
