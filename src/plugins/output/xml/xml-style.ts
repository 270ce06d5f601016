import { EscapeStyle } from '../../../records/escape.ts';

/**
 * Text of an element. XML has no way to write most control characters, not even as a reference, so
 * what is not printable becomes `\xNN`, and with `\` escaped as well that means one thing only.
 * `>` may not follow `]]` (XML 1.0, section 2.4).
 */
export const xmlStyle = new EscapeStyle({
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\\': undefined,
});
