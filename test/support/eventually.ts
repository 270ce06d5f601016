import { vi } from 'vitest';
import { PATIENCE } from './patience.ts';

/** Waits until nothing that is expected fails any more. */
export async function eventually(expectations: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(expectations, { timeout: PATIENCE, interval: 5 });
}
