import { atMost } from '../at-most.ts';

/** How long a connection may take to end in order. */
const END_MS = 1000;

/** Ends a connection in order, or at once where that takes long. */
export async function endInTime(connection: {
  close(): Promise<void>;
  destroy(): void;
}): Promise<void> {
  if (!(await atMost(END_MS, connection.close()))) connection.destroy();
}
