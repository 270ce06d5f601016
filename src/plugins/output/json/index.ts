import { defineOutput, type OutputContext } from '../../api.ts';
import { openFile } from '../file-options.ts';
import { RecordOutput } from '../record-output.ts';
import type { RecordSink } from '../record-sink.ts';
import { JsonRecord } from './json-record.ts';
import { check, type JsonValues, keysToShow, options, readsOf } from './options.ts';
import { openRemote } from './remote/index.ts';
import { ecsSteps } from './schema-ecs.ts';
import { ulogdSteps } from './schema-ulogd.ts';

export const json = defineOutput({
  kind: 'output',
  name: 'JSON',
  summary:
    'writes each record as a JSON object in a line of its own, to a file or over the network',
  options,
  check,
  reads: 'all',
  readsOf,
  open: (context) => new RecordOutput(formatOf(context), openSink(context)),
});

function formatOf({ columns, options, host }: OutputContext<JsonValues>): JsonRecord {
  const schemaOptions = {
    keys: keysToShow(options),
    device: options.jsondevice,
    hostname: host.hostname,
    timestamp: options.jsontimestamp,
    eventv1: options.jsoneventv1,
    booleanLabel: options.jsonbooleanlabel,
    id: options.jsonid,
  };
  const stepsOf = options.jsonschema === 'ecs' ? ecsSteps : ulogdSteps;
  return new JsonRecord(stepsOf(columns, schemaOptions), columns.capacity);
}

function openSink(context: OutputContext<JsonValues>): RecordSink {
  const { jsonmode, jsonfile, jsonsync } = context.options;
  return jsonmode === 'file'
    ? openFile(context, jsonfile, jsonsync)
    : openRemote(context, context.options);
}
