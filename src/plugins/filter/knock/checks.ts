import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { IpProtocol } from '../../../records/protocols/ip-protocol.ts';
import type { KeyRequirement, ValueProblem } from '../../api.ts';
import { hitKeys } from './hits.ts';
import type { KnockOptions } from './options.ts';
import { parseSequenceOption, protocolOf, type Step } from './sequence.ts';
import { MAX_FILE_SIZE, parseSequenceFile } from './sequence-file.ts';
import { contradiction } from './tcp-flags.ts';

/** Everything about KNOCK's options that no single value tells. */
export function checkOptions(options: KnockOptions): ValueProblem[] {
  return [...checkSource(options), ...checkFlags(options)];
}

/** Keys beyond those that every sequence needs: ports, ICMP types, destination address. */
export function keysOf(options: KnockOptions): KeyRequirement[] {
  const { knocksequence, knockstrict, knocktarget } = options;
  const keys: KeyRequirement[] = [];
  const seen = new Set<string>();
  for (const { code, offset, length } of stepsOf(knocksequence)) {
    const key = hitKeys[protocolOf(code)];
    if (key === undefined || seen.has(key)) continue;
    seen.add(key);
    keys.push({ key, option: 'knocksequence', offset, length });
  }
  // A file may bring any protocol at any time, and in strict mode everything counts.
  if (knocksequence === undefined || knockstrict) {
    const option = knocksequence === undefined ? 'knockfile' : 'knockstrict';
    for (const key of Object.values(hitKeys)) keys.push({ key, option, optional: true });
  }
  if (knocktarget) keys.push({ key: 'ip.daddr', option: 'knocktarget' });
  return keys;
}

const stepsOf = (value: string | undefined): readonly Step[] =>
  value === undefined ? [] : parseSequenceOption(value).steps;

function checkSource({ knocksequence, knockfile, knockfamily }: KnockOptions): ValueProblem[] {
  if (knocksequence !== undefined && knockfile !== undefined) {
    const message = 'knocksequence and knockfile exclude each other; give only one of them';
    return [{ option: 'knockfile', message }];
  }
  if (knockfile !== undefined) return checkFile(knockfile);
  if (knocksequence === undefined) {
    const message = 'plugin KNOCK needs the option "knocksequence" or "knockfile"';
    return [{ option: 'knocksequence', message }];
  }
  const { steps, problems } = parseSequenceOption(knocksequence);
  if (problems.length > 0) return problems.map((p) => ({ option: 'knocksequence', ...p }));
  return checkFamilies(steps, knockfamily);
}

/** ICMP exists in IPv4 only, ICMPv6 in IPv6 only: a sequence comes from one address. */
function checkFamilies(
  steps: readonly Step[],
  family: KnockOptions['knockfamily'],
): ValueProblem[] {
  const icmp = steps.find(({ code }) => protocolOf(code) === IpProtocol.ICMP);
  const icmpv6 = steps.find(({ code }) => protocolOf(code) === IpProtocol.ICMPV6);
  const at = (step: Step, message: string): ValueProblem[] => [
    { option: 'knocksequence', offset: step.offset, length: step.length, message },
  ];
  if (icmp && icmpv6) {
    const later = icmp.offset > icmpv6.offset ? icmp : icmpv6;
    return at(later, 'icmp is IPv4 and icmpv6 is IPv6: no source can do both');
  }
  if (icmp && family === 'ip6') return at(icmp, 'icmp is IPv4, but knockfamily is ip6');
  if (icmpv6 && family === 'ip') return at(icmpv6, 'icmpv6 is IPv6, but knockfamily is ip');
  return [];
}

function checkFlags({ knockflags }: KnockOptions): ValueProblem[] {
  const item = contradiction(knockflags);
  if (item === -1) return [];
  const message = `"${knockflags[item]}" contradicts a word before it: no packet could match`;
  return [{ option: 'knockflags', item, message }];
}

function checkFile(path: string): ValueProblem[] {
  const { content, problem } = readKnockfile(path);
  if (problem !== undefined) return [{ option: 'knockfile', message: problem }];
  if (content === undefined) return [];
  const { lines, problems } = parseSequenceFile(content);
  if (problems.length > 0) {
    return problems.map(({ line, message }) => ({
      option: 'knockfile',
      message: `${path}:${line}: ${message}`,
    }));
  }
  if (lines.length > 0) return [];
  const message = `${path} has no unused sequence: the door stays shut`;
  return [{ option: 'knockfile', severity: 'warning', message }];
}

interface Knockfile {
  readonly content?: Buffer;
  /** Why it cannot be one, whatever is in it. */
  readonly problem?: string;
}

/** Neither content nor problem: that the file cannot be read is for the option's own check to say. */
function readKnockfile(path: string): Knockfile {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return { problem: `${path} is not a regular file` };
    if (stat.size > MAX_FILE_SIZE) return { problem: `${path} is longer than 1 MiB` };
    const content = readFileSync(path);
    return isWritable(path)
      ? { content }
      : { problem: `${path} cannot be written: ${WHY_WRITTEN}` };
  } catch {
    return {};
  }
}

const WHY_WRITTEN = 'used sequences have to be marked in it';

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
