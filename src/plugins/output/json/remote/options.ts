import { isIP } from 'node:net';
import { defineOptions, type OptionValues, type ValueProblem } from '../../../api.ts';

/** Options of the modes `tcp`, `udp` and `unix`. */
export const remoteOptions = defineOptions({
  jsonhost: {
    type: 'string',
    default: '127.0.0.1',
    aliases: ['host'],
    help: 'receiver, by name or address; a name is looked up at each connect (modes tcp and udp)',
  },
  jsonport: {
    type: 'integer',
    min: 1,
    max: 65_535,
    default: 12_345,
    aliases: ['port'],
    help: 'port of the receiver (modes tcp and udp)',
  },
  jsonqueue: {
    type: 'size',
    min: 1 << 20,
    max: 1 << 30,
    default: '8M',
    help: 'memory for records that wait for the receiver; further ones go to jsonspool, or are dropped',
  },
  jsonresend: {
    type: 'size',
    max: 1 << 30,
    default: '8M',
    help: 'memory for records that were sent last, to send them again after a broken connection; no less than receiver and network may hold unread (modes tcp and unix)',
  },
  jsonspool: {
    type: 'path',
    access: 'none',
    help: 'folder for records that wait while there is no receiver; it survives the end of specter (modes tcp and unix)',
  },
  jsonspoolmax: {
    type: 'size',
    min: 1 << 20,
    default: '1G',
    help: 'most bytes in jsonspool; beyond it the newest records are dropped',
  },
});

/** What the options of the network need of the others. */
interface Place {
  readonly jsonmode: 'file' | 'tcp' | 'udp' | 'unix';
  /** The socket's path, in mode unix. */
  readonly jsonfile: string;
}

export type RemoteValues = OptionValues<typeof remoteOptions> & Place;

/** As getaddrinfo(3) takes them. */
const namePattern = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/;
/** Bytes of `sun_path`, <linux/un.h>, with the NUL at its end. */
const UNIX_PATH_MAX = 108;

/** Problems of the options of the modes `tcp`, `udp` and `unix`. */
export function checkRemote(values: RemoteValues): ValueProblem[] {
  const { jsonmode, jsonhost, jsonfile, jsonspool } = values;
  const problems: ValueProblem[] = [];
  const isHost = isIP(jsonhost.replace(/%.*$/, '')) !== 0 || namePattern.test(jsonhost);
  if (jsonmode !== 'unix' && !isHost) {
    problems.push({ option: 'jsonhost', message: 'jsonhost takes a host name or an address' });
  }
  if (jsonmode === 'unix' && Buffer.byteLength(jsonfile) >= UNIX_PATH_MAX) {
    const message = `the path of a socket has at most ${UNIX_PATH_MAX - 1} bytes`;
    problems.push({ option: 'jsonfile', message });
  }
  if (jsonmode === 'udp' && jsonspool !== undefined) {
    const message =
      'jsonspool needs jsonmode tcp or unix: UDP does not tell whether anybody receives';
    problems.push({ option: 'jsonspool', message });
  }
  return problems;
}
