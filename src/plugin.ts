/**
 * `specter/plugin`: the types that a plugin is written against. There is nothing here to import at run
 * time: a module that a config names by its path need not find specter.
 */
export type {
  Counts,
  FilterInstance,
  FilterPlugin,
  Host,
  InputInstance,
  InputPlugin,
  KeyRequirement,
  KeyUse,
  LinkNames,
  OptionSchemas,
  OptionValues,
  OutputContext,
  OutputCounters,
  OutputInstance,
  OutputPlugin,
  PluginContext,
  PluginLog,
  StagePlugin,
  ValueProblem,
} from './plugins/api.ts';
export type { Batch } from './records/batch.ts';
export type { BytesColumn, Column, NumberColumn, WideColumn } from './records/column.ts';
export type { ColumnSet, KeyColumn } from './records/column-set.ts';
export type { Key, KeyType } from './records/key.ts';
