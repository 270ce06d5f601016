import { BytesColumn, NumberColumn } from '../../../records/column.ts';
import type { ColumnSet, KeyColumn } from '../../../records/column-set.ts';
import { ValueText } from '../../../records/value-text.ts';
import { type EcsPlace, ecsPlaces } from './ecs-places.ts';
import { HyphenMac } from './hyphen-mac.ts';
import { keyStep, keysOfRecord } from './key-values.ts';
import { ObjectTree } from './object-tree.ts';
import { RecordIds } from './record-ids.ts';
import { Choice, NamedText, RowTime, Sum } from './row-texts.ts';
import { byLabel, type SchemaOptions } from './schema.ts';
import type { Step } from './step.ts';

/** The version of the Elastic Common Schema whose field names these are. */
const ECS_VERSION = '8.17.0';

/** What ECS has no field for stands in this object, under the key's own name. */
const OTHERS = 'netfilter';

const booleans = new Map([
  [0, 'false'],
  [1, 'true'],
]);

/** Records with the field names of the Elastic Common Schema, as nested objects. */
export function ecsSteps(columns: ColumnSet, options: SchemaOptions): readonly Step[] {
  const tree = new ObjectTree();
  if (options.timestamp) {
    const value = new RowTime(columns, 'utc');
    tree.add('@timestamp', (text) => ({ kind: 'string', text, value }));
  }
  tree.addText('ecs.version', JSON.stringify(ECS_VERSION));
  const ids = new RecordIds();
  tree.add('event.id', (text) => ({ kind: 'string', text, value: ids }));
  tree.addText('event.kind', '"event"');
  tree.addText('event.category', '["network"]');
  tree.addText('event.module', JSON.stringify(OTHERS));
  tree.addText('event.dataset', JSON.stringify(`${OTHERS}.log`));
  tree.addText('event.provider', '"specter"');
  if (options.booleanLabel) addVerdict(tree, columns.readNumbers('raw.label'));
  else tree.addText('event.type', '["connection"]');
  tree.addText('observer.type', '"firewall"');
  tree.addText('observer.name', JSON.stringify(options.device));
  tree.addText('observer.hostname', JSON.stringify(options.hostname));
  for (const chosen of keysOfRecord(columns, options.keys)) {
    const { name } = chosen.key;
    if (options.booleanLabel && name === 'raw.label') continue;
    for (const place of ecsPlaces.get(name) ?? [{ path: `${OTHERS}.${name}` }]) {
      tree.add(place.path, (text) => ecsStep(columns, chosen, place, text));
    }
  }
  return tree.steps();
}

/** What the firewall did. As in ECS's own example, blocking is a success: it was meant to. */
function addVerdict(tree: ObjectTree, label: NumberColumn): void {
  const choice = (blocked: string, allowed: string): Step => {
    const value = new Choice(label, byLabel(blocked, allowed));
    return { kind: 'value', text: '', column: label, value };
  };
  tree.add(
    'event.type',
    (text) => ({ kind: 'text', text: `${text}["connection"` }),
    () => choice(',"denied"', ',"allowed"'),
    () => ({ kind: 'text', text: ']' }),
  );
  tree.add('event.action', (text) => choice(`${text}"blocked"`, `${text}"allowed"`));
  tree.add('event.outcome', (text) => ({
    kind: 'text',
    text: `${text}"success"`,
    column: label,
  }));
}

function ecsStep(columns: ColumnSet, chosen: KeyColumn, place: EcsPlace, text: string): Step {
  const { key, column } = chosen;
  if (place.constant !== undefined) {
    return { kind: 'text', text: text + JSON.stringify(place.constant), column };
  }
  if (column instanceof NumberColumn) return numberStep(columns, chosen, column, place, text);
  if (column instanceof BytesColumn) {
    if (place.form === 'mac') return { kind: 'string', text, column, value: new HyphenMac(column) };
    if (place.form === 'name') {
      return { kind: 'value', text: '', column, value: new NamedText(`${text}"`, column) };
    }
  }
  return keyStep({ key, column }, text);
}

function numberStep(
  columns: ColumnSet,
  { key }: KeyColumn,
  column: NumberColumn,
  { form, texts, selector, plus }: EcsPlace,
  text: string,
): Step {
  if (form === 'text') {
    return { kind: 'string', text, column, value: new ValueText(key.type, column) };
  }
  if (plus !== undefined) return { kind: 'value', text, column, value: new Sum(column, plus) };
  if (texts) {
    const named = new Map([...texts].map(([value, name]) => [value, text + JSON.stringify(name)]));
    const second = selector === undefined ? undefined : columns.readNumbers(selector);
    return { kind: 'value', text: '', column, value: new Choice(column, named, second) };
  }
  if (key.type === 'bool') {
    return { kind: 'value', text, column, value: new Choice(column, booleans) };
  }
  return { kind: 'number', text, column };
}
