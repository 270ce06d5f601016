/** How long a connection may take to end in order. */
const END_MS = 1000;

/** Ends a connection in order, or at once where that takes long. */
export async function endInTime(connection: {
  close(): Promise<void>;
  destroy(): void;
}): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      connection.destroy();
      resolve();
    }, END_MS);
  });
  await Promise.race([connection.close(), late]);
  clearTimeout(timer);
}
