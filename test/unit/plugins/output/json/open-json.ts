import { json } from '../../../../../src/plugins/output/json/index.ts';
import type { JsonValues } from '../../../../../src/plugins/output/json/options.ts';
import type { Batch } from '../../../../../src/records/batch.ts';
import { fakeContext, fakeHost } from '../../fake-context.ts';
import { disk } from '../fake-disk.ts';

/** What the options are when a config gives none. */
export const defaults: JsonValues = {
  jsonfile: '/log',
  jsonsync: false,
  jsonmode: 'file',
  jsonhost: '127.0.0.1',
  jsonport: 12_345,
  jsonqueue: 8 << 20,
  jsonresend: 8 << 20,
  jsonspool: undefined,
  jsonspoolmax: 1 << 30,
  jsonschema: 'ulogd',
  jsonkeys: undefined,
  jsontimestamp: true,
  jsoneventv1: false,
  jsondevice: 'Netfilter',
  jsonbooleanlabel: false,
  jsonid: false,
};

/** The lines that JSON writes about a batch, at a machine named `gate`. Needs the fake disk. */
export async function jsonLines(
  batch: Batch,
  options: Partial<JsonValues> = {},
): Promise<readonly string[]> {
  disk.reset();
  const host = fakeHost({ openAppend: disk.open });
  const output = json.open(fakeContext(batch.columns, { ...defaults, ...options }, { host }));
  output.write(batch);
  await output.close();
  const [text = ''] = disk.files;
  const lines = Buffer.from(text, 'latin1').toString().split('\n');
  if (lines.pop() !== '') throw new Error('the last line does not end');
  return lines;
}
