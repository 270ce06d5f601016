/** What a schema is made for, besides the block's columns. */
export interface SchemaOptions {
  /** Keys to show; undefined: all. */
  readonly keys: readonly string[] | undefined;
  /** `dvc` or `observer.name`. */
  readonly device: string;
  /** This machine's name, up to the first dot. */
  readonly hostname: string;
  /** Whether records begin with their time. */
  readonly timestamp: boolean;
  /** Logstash's names: `@timestamp`, and `@version`. */
  readonly eventv1: boolean;
  /** Whether `raw.label` says what the firewall did: 0 blocked, else allowed. */
  readonly booleanLabel: boolean;
  /** Whether records have an id of their own. */
  readonly id: boolean;
}

/** The values of `raw.label`, a u8, that do not mean blocked. */
const allowedLabels = Array.from({ length: 255 }, (_, index) => index + 1);

/** Texts by `raw.label`, in ulogd2's convention. */
export const byLabel = (blocked: string, allowed: string): ReadonlyMap<number, string> =>
  new Map([[0, blocked], ...allowedLabels.map((label) => [label, allowed] as const)]);
