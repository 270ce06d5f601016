import type { Rule } from '../rule.ts';
import { counters, details } from './accounting.ts';
import { alone, keepsNothing, passesSubset, selectedRows } from './batch-use.ts';
import { absentKeys, anyPacket, drops, emptyBatch, extremeValues, opens } from './batches.ts';
import { fullDisk, fullMemory, stuckReader } from './bounds.ts';
import {
  form,
  freeOptions,
  keys,
  optionHelp,
  optionNames,
  ownKeys,
  ownName,
  reads,
} from './declaration.ts';
import { anyDemand, leavesOthers, valueTypes } from './input.ts';
import { closesTwice, endsHolds, givesBack, refusedFile, reopens } from './lifecycle.ts';
import { oddOptions, wrongOptions } from './options.ts';

/** Whether an instance can be had at all: where it cannot, the other instance rules tell nothing. */
export const openingRule = opens;

/** All rules, in the order in which they are tried. */
export const rules: readonly Rule[] = [
  form,
  ownName,
  keys,
  ownKeys,
  reads,
  optionNames,
  freeOptions,
  optionHelp,
  wrongOptions,
  oddOptions,
  opens,
  emptyBatch,
  absentKeys,
  extremeValues,
  anyPacket,
  leavesOthers,
  valueTypes,
  anyDemand,
  passesSubset,
  selectedRows,
  keepsNothing,
  alone,
  counters,
  details,
  drops,
  reopens,
  closesTwice,
  endsHolds,
  givesBack,
  refusedFile,
  fullDisk,
  stuckReader,
  fullMemory,
];
