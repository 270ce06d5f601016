/** A bounded queue on disk. Imports nothing of src. */
export type { NewFrame } from './frame.ts';
export type { Damage, SpooledFrame } from './queue-reader.ts';
export { Spool, type SpoolMark } from './spool.ts';
export { SpoolError } from './spool-error.ts';
export type { SpoolOptions } from './spool-options.ts';
