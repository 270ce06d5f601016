import type { Family, Visitor } from './guarded-host.ts';

/** Sends the packets of a sequence, such as `7000:tcp`, with the client of knockd. */
export async function knock(from: Visitor, family: Family, ...ports: string[]): Promise<void> {
  const flag = family === 'IPv4' ? '-4' : '-6';
  await from.namespace.exec('knock', flag, '-d', '10', from.server[family], ...ports);
}
