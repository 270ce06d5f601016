/** A value, or what is wrong with the text it was to be read from. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      /** Continues the sentence “option "x" …”. */
      readonly problem: string;
      readonly suggestion?: string | undefined;
    };

export const good = <T>(value: T): Parsed<T> => ({ ok: true, value });

export const bad = (problem: string, suggestion?: string): Parsed<never> => ({
  ok: false,
  problem,
  suggestion,
});
