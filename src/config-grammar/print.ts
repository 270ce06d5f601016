import type { Block, ConfigDocument, Statement } from './document.ts';

/**
 * The canonical text of a document: one blank line between blocks, two spaces of indentation,
 * curly brackets, no comments. Parsed again, it gives an equal document save for positions.
 */
export function printConfig(document: Pick<ConfigDocument, 'blocks'>): string {
  return document.blocks.map(printBlock).join('\n');
}

/**
 * `text` as a value of a config line: in quotes where it needs them.
 *
 * @throws {RangeError} when it holds a control character other than a tab, which no config can
 */
export function quoteValue(text: string): string {
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(text)) {
    throw new RangeError('a config value cannot hold control characters');
  }
  const plain = text !== '' && !/[ \t"#]|\\$|^[{}<>]+$/.test(text);
  return plain ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function printBlock({ name, statements, sections }: Block): string {
  const lines = [
    ...statements.map((statement) => `  ${printStatement(statement)}`),
    ...sections.flatMap((section) => [
      `  :${section.name}${section.instance && ` ${quoteWords(section.instance)}`}`,
      ...section.statements.map((statement) => `    ${printStatement(statement)}`),
    ]),
  ];
  return `${name} {\n${lines.map((line) => `${line}\n`).join('')}}\n`;
}

const printStatement = ({ name, rest }: Statement): string => (rest ? `${name} ${rest}` : name);

/** An instance is words joined by blanks; quoting it as a whole gives the same words' text. */
const quoteWords = (instance: string): string =>
  /^[A-Za-z0-9_.-]+( [A-Za-z0-9_.-]+)*$/.test(instance) ? instance : quoteValue(instance);
