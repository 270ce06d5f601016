import { defineOptions, type OptionValues } from '../config-grammar/index.ts';

/** The options of the block `global`. */
export const globalOptions = defineOptions({
  errignore: {
    type: 'flag',
    help: 'go on in spite of errors of plugins; errors at start always end specter',
  },
  logfile: {
    type: 'path',
    access: 'write',
    words: ['stdout', 'stderr', 'syslog'],
    default: 'stderr',
    help: "specter's own messages: a path, stdout, stderr or syslog",
  },
  loglevel: {
    type: 'integer',
    min: 1,
    max: 8,
    default: 3,
    help: 'least important messages to log: 1 debug, 3 info, 5 notice, 7 error, 8 fatal',
  },
  rmem: {
    type: 'size',
    min: 4096,
    max: 1 << 30,
    default: '8M',
    help: "bytes that each netlink socket's receive buffer can hold",
  },
  bufsize: {
    type: 'size',
    min: 4096,
    max: 1 << 30,
    default: '4M',
    help: 'bytes of memory that packets are received into; blocks with the same slot size share it',
  },
  pidfile: {
    type: 'path',
    access: 'write',
    help: 'file to hold the process id and keep a second specter from starting',
  },
  user: {
    type: 'string',
    aliases: ['uid'],
    help: 'user, by name or number, to become for good once everything is open',
  },
  keepcaps: {
    type: 'list',
    of: { type: 'string' },
    default: [],
    help: 'capabilities to keep when becoming that user, such as net_admin',
  },
});

export type GlobalOptions = OptionValues<typeof globalOptions>;

/** Options of every block, besides those of its source. */
export const blockOptions = defineOptions({});
