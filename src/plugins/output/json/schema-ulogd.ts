import { NumberColumn } from '../../../records/column.ts';
import type { ColumnSet, KeyColumn } from '../../../records/column-set.ts';
import { keyStep, keysOfRecord } from './key-values.ts';
import { RecordIds } from './record-ids.ts';
import { Choice, RowTime } from './row-texts.ts';
import { byLabel, type SchemaOptions } from './schema.ts';
import type { Step } from './step.ts';

/** The keys that ulogd2 writes under other names, its `cim_name`. */
const fieldNames: ReadonlyMap<string, string> = new Map([
  ['ip.saddr', 'src_ip'],
  ['ip.saddr.str', 'src_ip'],
  ['ip.daddr', 'dest_ip'],
  ['ip.daddr.str', 'dest_ip'],
  ['orig.ip.saddr', 'src_ip'],
  ['orig.ip.saddr.str', 'src_ip'],
  ['orig.ip.daddr', 'dest_ip'],
  ['orig.ip.daddr.str', 'dest_ip'],
  ['tcp.sport', 'src_port'],
  ['tcp.dport', 'dest_port'],
  ['udp.sport', 'src_port'],
  ['udp.dport', 'dest_port'],
  ['sctp.sport', 'src_port'],
  ['sctp.dport', 'dest_port'],
  // What ulogd2 has texts of under names of their own.
  ['raw.mac', 'mac.str'],
  ['arp.saddr', 'arp.saddr.str'],
  ['arp.daddr', 'arp.daddr.str'],
]);

/**
 * ulogd2's records: a flat object with a member for each key, in the spacing of its JSON library,
 * so that what reads ulogd2's files reads these.
 */
export function ulogdSteps(columns: ColumnSet, options: SchemaOptions): readonly Step[] {
  return [
    ...heads(columns, options).map((head, index) => head(index === 0 ? '{' : ', ')),
    ...keysOfRecord(columns, options.keys).map((key) => member(key, options.booleanLabel)),
  ];
}

/** What every record begins with, each by what stands in front of it. */
function heads(
  columns: ColumnSet,
  { eventv1, timestamp, device, id }: SchemaOptions,
): ((comma: string) => Step)[] {
  const steps: ((comma: string) => Step)[] = [];
  if (eventv1) steps.push((comma) => ({ kind: 'text', text: `${comma}"@version": 1` }));
  if (timestamp) {
    const name = eventv1 ? '@timestamp' : 'timestamp';
    const value = new RowTime(columns, 'local');
    steps.push((comma) => ({ kind: 'string', text: `${comma}"${name}": `, value }));
  }
  steps.push((comma) => ({ kind: 'text', text: `${comma}"dvc": ${JSON.stringify(device)}` }));
  if (id) {
    const value = new RecordIds();
    steps.push((comma) => ({ kind: 'string', text: `${comma}"id": `, value }));
  }
  return steps;
}

function member({ key, column }: KeyColumn, booleanLabel: boolean): Step {
  if (booleanLabel && key.name === 'raw.label' && column instanceof NumberColumn) {
    const actions = byLabel(', "action": "blocked"', ', "action": "allowed"');
    return { kind: 'value', text: '', column, value: new Choice(column, actions) };
  }
  const name = fieldNames.get(key.name) ?? key.name;
  return keyStep({ key, column }, `, ${JSON.stringify(name)}: `);
}
