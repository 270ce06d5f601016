import type { Prefix } from '../../../config-grammar/index.ts';
import type { Span } from './expression-text.ts';
import type { Problem } from './parse-expression.ts';

/** Numbers from `low` to `high`, both included. */
export interface NumberRange {
  readonly low: bigint;
  readonly high: bigint;
}

/** How bytes are compared. */
export type BytesOperator = 'equal' | 'contains' | 'startswith' | 'endswith';

/** What a test asks of the values of a key whose type is known; its negation is not in it. */
export type Predicate =
  | { readonly kind: 'present' }
  | {
      readonly kind: 'numbers';
      /** Laid over the value before it is compared. */
      readonly mask: bigint;
      readonly ranges: readonly NumberRange[];
    }
  | { readonly kind: 'addresses'; readonly prefixes: readonly Prefix[] }
  | {
      readonly kind: 'bytes';
      readonly operator: BytesOperator;
      readonly values: readonly Uint8Array[];
    };

/** Takes note of what is wrong with a test for a key of its type. */
export type Report = (
  place: Span,
  message: string,
  details?: Pick<Problem, 'severity' | 'suggestion'>,
) => void;
