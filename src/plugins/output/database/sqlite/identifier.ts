/** A name in SQL, whatever it holds: https://www.sqlite.org/lang_keywords.html. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A text in SQL. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
