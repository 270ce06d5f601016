import { formatPrefix, type Prefix, parsePrefix, shown } from '../../../config-grammar/index.ts';
import type { Predicate, Report } from './predicate.ts';
import type { Test, Value } from './syntax-tree.ts';

/** What a test asks of an address. IPv4 addresses are never equal to IPv6 ones, mapped or not. */
export function bindAddresses(test: Test, report: Report): Predicate {
  const prefixes = test.values.flatMap((value) => prefixOf(test, value, report) ?? []);
  return { kind: 'addresses', prefixes };
}

function prefixOf({ key, operator }: Test, value: Value, report: Report): Prefix | undefined {
  const { text, bytes } = value;
  const title = shown(key.text);
  if (bytes !== undefined) {
    report(value, `${title} takes addresses such as 192.0.2.1, written without quotes`);
    return undefined;
  }
  const parsed = parsePrefix(text);
  if (!parsed.ok) {
    report(value, `${title} ${parsed.problem}`);
    return undefined;
  }
  const prefix = parsed.value;
  const isWhole = prefix.prefixLength === prefix.bytes.length * 8;
  if (operator !== 'in' && !isWhole) {
    report(value, `"==" and "!=" take an address; for a prefix, write "in ${text}"`);
  }
  if (hasHostBits(text, prefix)) {
    report(value, `${shown(text)} has bits set behind its prefix`, {
      severity: 'warning',
      suggestion: formatPrefix(prefix),
    });
  }
  return prefix;
}

function hasHostBits(text: string, prefix: Prefix): boolean {
  const [address = ''] = text.split('/');
  const whole = parsePrefix(address);
  return whole.ok && whole.value.bytes.some((byte, index) => byte !== prefix.bytes[index]);
}
