import type { Prefix } from './prefix.ts';

/** What every option declares. */
interface Declaration {
  /** One line for `info` and the manual. */
  readonly help: string;
  /** Other spellings, of older dialects. */
  readonly aliases?: readonly string[];
  /** The option must be given. Makes no sense together with a default. */
  readonly required?: boolean;
}

/** A single word, or text in quotes. */
export interface StringOption extends Declaration {
  readonly type: 'string';
  readonly default?: string;
  /** The value is the rest of the line as written, quotes included. For command lines. */
  readonly rest?: boolean;
  /** A password, or something with one: never shown. */
  readonly secret?: boolean;
}

/** The path of a file. */
export interface PathOption extends Declaration {
  readonly type: 'path';
  /**
   * What will be done with the file, to be checked before anything starts: `write` appends to it
   * or creates it, `read` needs it to exist, `none` checks nothing.
   */
  readonly access: 'write' | 'read' | 'none';
  /** Values that are no paths, such as `stdout`. */
  readonly words?: readonly string[];
  readonly default?: string;
}

/** An integer, decimal or hexadecimal with `0x`. */
export interface IntegerOption extends Declaration {
  readonly type: 'integer';
  /** Inclusive; default −(2^53 − 1). */
  readonly min?: number;
  /** Inclusive; default 2^53 − 1. */
  readonly max?: number;
  readonly default?: number;
}

/** A number of bytes, perhaps with `K`, `M` or `G` (powers of 1024). */
export interface SizeOption extends Declaration {
  readonly type: 'size';
  /** Bytes, inclusive; default 0. */
  readonly min?: number;
  /** Bytes, inclusive; default 2^53 − 1. */
  readonly max?: number;
  /** As written in a config: `64K`. */
  readonly default?: string;
}

export type DurationUnit = 'ms' | 's' | 'm' | 'h' | 'd';

/** A time span with a unit; the value is in milliseconds. */
export interface DurationOption extends Declaration {
  readonly type: 'duration';
  /** The unit of a bare number. Default `s`. */
  readonly unit?: DurationUnit;
  /** Milliseconds, inclusive; default 0. */
  readonly min?: number;
  /** Milliseconds, inclusive; default 2^31 − 1, the longest that a timer takes. */
  readonly max?: number;
  /** As written in a config: `30s`. */
  readonly default?: string;
}

/** One of a few words, in any case. */
export interface EnumOption<Word extends string = string> extends Declaration {
  readonly type: 'enum';
  readonly values: readonly Word[];
  /** Old spellings of values, in lower case, and what they stand for. */
  readonly valueAliases?: Readonly<Record<string, Word>>;
  readonly default?: Word;
}

/** An IPv4 or IPv6 address, perhaps with `/length`. */
export interface PrefixOption extends Declaration {
  readonly type: 'prefix';
  /** As written in a config: `10.0.0.0/8`. */
  readonly default?: string;
}

/** True when present; also takes yes/no, on/off, true/false, 1/0. False when absent. */
export interface FlagOption extends Declaration {
  readonly type: 'flag';
  readonly default?: boolean;
}

export type ScalarOption =
  | StringOption
  | PathOption
  | IntegerOption
  | SizeOption
  | DurationOption
  | EnumOption
  | PrefixOption;

/** What the items of a list are; the list itself has the help and the default. */
export type ItemType =
  | { readonly type: 'string' }
  | Pick<PathOption, 'type' | 'access' | 'words'>
  | Pick<IntegerOption, 'type' | 'min' | 'max'>
  | Pick<SizeOption, 'type' | 'min' | 'max'>
  | Pick<DurationOption, 'type' | 'unit' | 'min' | 'max'>
  | Pick<EnumOption, 'type' | 'values' | 'valueAliases'>
  | Pick<PrefixOption, 'type'>;

/** Values of one type, with commas or blanks between them. */
export interface ListOption extends Declaration {
  readonly type: 'list';
  readonly of: ItemType;
  /** Most items allowed. Default: no limit. */
  readonly maxItems?: number;
  /** Items as written in a config. */
  readonly default?: readonly string[];
}

export type OptionSchema = FlagOption | ScalarOption | ListOption;
export type OptionSchemas = Readonly<Record<string, OptionSchema>>;

/** The value of one word, for each scalar type. */
type ItemValue<Item> = Item extends { type: 'integer' | 'size' | 'duration' }
  ? number
  : Item extends { type: 'enum'; values: readonly (infer Word)[] }
    ? Word
    : Item extends { type: 'prefix' }
      ? Prefix
      : string;

/** The value of an option that is given or has a default. */
export type OptionValueOf<Schema> = Schema extends { type: 'flag' }
  ? boolean
  : Schema extends { type: 'list'; of: infer Item }
    ? readonly ItemValue<Item>[]
    : ItemValue<Schema>;

/** Any value that an option can have; undefined: not given and no default. */
export type OptionValue =
  | boolean
  | number
  | string
  | Prefix
  | readonly (number | string | Prefix)[]
  | undefined;

/** Whether a schema always has a value: a flag, a required option, or one with a default. */
type AlwaysSet = { type: 'flag' } | { required: true } | { default: NonNullable<unknown> };

/**
 * The values of a set of options: each key is there, and is undefined only where the declaration
 * has neither a default nor `required`.
 */
export type OptionValues<Schemas> = {
  readonly [Name in keyof Schemas]: Schemas[Name] extends AlwaysSet
    ? OptionValueOf<Schemas[Name]>
    : OptionValueOf<Schemas[Name]> | undefined;
};
