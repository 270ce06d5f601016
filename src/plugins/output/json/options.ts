import { isAbsolute } from 'node:path';
import { checkWritable } from '../../../config-grammar/index.ts';
import {
  defineOptions,
  type KeyRequirement,
  type OptionValues,
  type ValueProblem,
} from '../../api.ts';
import { fileOptions } from '../file-options.ts';
import { checkRemote, remoteOptions } from './remote/index.ts';

const file = fileOptions('json', '/var/log/specter.json', 'records');

export const options = defineOptions({
  jsonfile: {
    ...file.jsonfile,
    // Only where it is a file; see check.
    access: 'none',
    help: 'file that records are appended to; with `jsonmode unix` the path of the socket',
  },
  jsonsync: file.jsonsync,
  jsonmode: {
    type: 'enum',
    values: ['file', 'tcp', 'udp', 'unix'],
    default: 'file',
    aliases: ['mode'],
    help: 'where records go: into a file, or to a receiver at the other end of a socket',
  },
  ...remoteOptions,
  jsonschema: {
    type: 'enum',
    values: ['ulogd', 'ecs'],
    default: 'ulogd',
    help: 'names and form of the fields: as ulogd2 writes them, or of the Elastic Common Schema',
  },
  jsonkeys: {
    type: 'list',
    of: { type: 'string' },
    help: 'the only keys to show, in this order; by default all but raw data, which is shown in hexadecimal where it is named',
  },
  jsontimestamp: {
    type: 'flag',
    default: true,
    aliases: ['timestamp'],
    help: "the packet's time, with its zone: `timestamp` in local time, `@timestamp` of ECS in UTC",
  },
  jsoneventv1: {
    type: 'flag',
    aliases: ['eventv1'],
    help: "Logstash's names in ulogd's schema: `@timestamp`, and `@version` 1",
  },
  jsondevice: {
    type: 'string',
    default: 'Netfilter',
    aliases: ['device'],
    help: 'name of the firewall: `dvc`, or `observer.name` of ECS',
  },
  jsonbooleanlabel: {
    type: 'flag',
    aliases: ['boolean_label'],
    help: "say by the block's `label` what the firewall did, 0 blocked, other numbers allowed: `action`, or `event.action`, `event.type` and `event.outcome` of ECS",
  },
  jsonid: {
    type: 'flag',
    help: 'give each record an `id` that no other has, by which receivers can tell those that came twice; ECS always has `event.id`',
  },
});

export type JsonValues = OptionValues<typeof options>;

/** Keys that are read because of `jsonkeys`; none: all keys of the block. */
export function readsOf(values: JsonValues): KeyRequirement[] {
  const { jsonkeys, jsontimestamp, jsonschema } = values;
  if (!jsonkeys) return [];
  const option = 'jsonkeys';
  const own = (key: string) => ({ key, option, optional: true });
  return [
    ...jsonkeys.map((key, item) => ({ key, option, item })),
    ...labelKeys(values).map(own),
    ...(jsontimestamp ? ['oob.time.sec', 'oob.time.usec'].map(own) : []),
    // What makes a direction of oob.hook.
    ...(jsonschema === 'ecs' ? ['oob.family'].map(own) : []),
  ];
}

/** The keys to show; undefined: all. */
export function keysToShow(values: JsonValues): readonly string[] | undefined {
  const { jsonkeys } = values;
  return jsonkeys && [...jsonkeys, ...labelKeys(values)];
}

const labelKeys = ({ jsonbooleanlabel }: JsonValues): string[] =>
  jsonbooleanlabel ? ['raw.label'] : [];

export function check(values: JsonValues): readonly ValueProblem[] {
  const { jsonmode, jsonfile, jsonschema, jsoneventv1 } = values;
  const problems = jsonmode === 'file' ? checkFile(jsonfile) : checkRemote(values);
  if (!jsoneventv1 || jsonschema === 'ulogd') return problems;
  const message = 'jsoneventv1 is for jsonschema ulogd: ECS has names of its own';
  return [...problems, { option: 'jsoneventv1', message }];
}

/**
 * Whether there can be a file at all. A relative path depends on where specter was started, and the
 * rights on the user that it becomes: those show when it is opened.
 */
function checkFile(path: string): ValueProblem[] {
  const problem = isAbsolute(path) ? checkWritable(path) : undefined;
  if (problem === undefined || problem.endsWith('(EACCES)')) return [];
  return [{ option: 'jsonfile', message: `option "jsonfile": ${problem}` }];
}
