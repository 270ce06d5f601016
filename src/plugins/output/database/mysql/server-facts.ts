import type { MysqlSession } from './session.ts';

export interface ServerFacts {
  /** max_allowed_packet: bytes of the longest statement. */
  readonly maxPacket: number;
  /** local_infile: it takes LOAD DATA LOCAL. MariaDB does unless told otherwise, MySQL 8 does not. */
  readonly takesFiles: boolean;
}

const MEBIBYTE = 1_048_576;

export async function readServer(session: MysqlSession): Promise<ServerFacts> {
  const [row] = await session.select(
    'read the settings of the server',
    'SELECT @@max_allowed_packet, @@local_infile',
  );
  const [maxPacket, localInfile] = row ?? [];
  return {
    maxPacket: Number(maxPacket ?? MEBIBYTE),
    takesFiles: localInfile === '1',
  };
}
