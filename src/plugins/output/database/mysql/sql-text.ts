/** A name of a table, column or routine, as SQL has it under every sql_mode. */
export const quoteName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/**
 * A text as a literal that holds nothing but hexadecimal digits: no sql_mode changes what it means,
 * and nothing in it can end it. (MySQL Reference Manual, "Hexadecimal Literals".)
 */
export const textLiteral = (text: string): string =>
  `_utf8mb4 x'${Buffer.from(text).toString('hex')}'`;
