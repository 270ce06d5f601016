import { tryLockExclusive } from '../../../src/libc/flock.ts';
import {
  type Damage,
  type NewFrame,
  Spool,
  type SpoolError,
  type SpoolOptions,
} from '../../../src/spool/index.ts';

/** What a spool told that nobody waited for. */
export class Told {
  readonly damages: Damage[] = [];
  readonly errors: SpoolError[] = [];

  /** Records that were left out, as far as it is known. */
  get lostRecords(): number {
    return this.damages.reduce((sum, { records }) => sum + records, 0);
  }
}

/** A spool in `folder`, not yet started. */
export function newSpool(
  folder: string,
  others: Partial<SpoolOptions> = {},
  told: Told = new Told(),
): Spool {
  return new Spool({
    folder,
    maxBytes: 64 << 20,
    owner: 'block 5 JSON',
    uid: process.getuid?.() ?? 0,
    asUser: (action) => action(),
    tryLock: tryLockExclusive,
    damaged: (damage) => told.damages.push(damage),
    failed: (error) => told.errors.push(error),
    ...others,
  });
}

export async function openSpool(
  folder: string,
  others: Partial<SpoolOptions> = {},
  told: Told = new Told(),
): Promise<Spool> {
  const spool = newSpool(folder, others, told);
  await spool.start();
  return spool;
}

/** A frame of one record, or as many as it is said to have. */
export const frame = (text: string, records = 1): NewFrame => ({
  payload: Buffer.from(text, 'latin1'),
  records,
});

/** Appends each text as a frame of one record; returns how many were taken. */
export async function appendAll(spool: Spool, texts: readonly string[]): Promise<number> {
  let taken = 0;
  for (const text of texts) taken += (await spool.append([frame(text)])).length;
  return taken;
}

/** Reads and releases everything there is. */
export async function drain(spool: Spool): Promise<string[]> {
  const texts: string[] = [];
  for (let frame = await spool.next(); frame; frame = await spool.next()) {
    texts.push(Buffer.from(frame.payload).toString('latin1'));
    spool.release(frame.mark);
  }
  return texts;
}
