import type { Column } from '../records/column.ts';
import { BranchKeys } from './branch-keys.ts';
import type { Stage, StageSpec } from './stage.ts';

/**
 * The way of a batch through a block's plugins, in order. At a branch a named filter decides which
 * rows go down the route behind it; then the batch goes on with the rows that reached the branch.
 */
export type Route = readonly Step[];

export type Step =
  | { readonly stage: Stage; readonly branch?: never }
  | { readonly stage: Stage; readonly branch: Branch };

export interface Branch {
  readonly route: Route;
  /** Where the rows that reached the branch are kept meanwhile. */
  readonly kept: Uint32Array;
  /** What its filters fill. */
  readonly keys: BranchKeys;
}

/**
 * Plans the way through a block. Plugins without `when` follow each other as listed, which is how
 * a filter without a name guards those behind it. Plugins with `when ssh` follow the filter of that
 * name, at whose place all of them run: so the keys that a filter sets are those of the branch.
 *
 * @param specs in the order of orderStages; `when` names filters listed before (config-grammar
 *   checks it), so that routes cannot run in a circle
 * @param open makes the stage of a spec; called once for each, in order
 * @param capacity most rows of a batch
 */
export function planRoute(
  specs: readonly StageSpec[],
  open: (spec: StageSpec) => Stage,
  capacity: number,
): Route {
  const stages = new Map(specs.map((spec) => [spec, open(spec)]));
  const branches = new Map<StageSpec, Branch>();

  function routeOf(members: readonly StageSpec[]): Route {
    return [...stages].flatMap(([spec, stage]) => {
      if (!members.includes(spec)) return [];
      return isNamed(spec) ? [{ stage, branch: branchOf(spec, stage) }] : [{ stage }];
    });
  }

  function branchOf(filter: StageSpec, stage: Stage): Branch {
    const known = branches.get(filter);
    if (known) return known;
    const members = specs.filter(({ when }) => when.includes(filter.instance));
    const route = routeOf(members);
    // Branches within this one see to theirs themselves.
    const own = route.filter(({ branch }) => !branch).map((step) => step.stage);
    const keys = new BranchKeys([stage, ...own].flatMap(columnsOf));
    const branch = { route, kept: new Uint32Array(capacity), keys };
    branches.set(filter, branch);
    return branch;
  }

  return routeOf(specs.filter(({ when }) => when.length === 0));
}

const isNamed = ({ plugin, instance }: StageSpec): boolean =>
  plugin.kind === 'filter' && instance !== '';

const columnsOf = (stage: Stage): readonly Column[] =>
  stage.kind === 'filter' ? stage.columns : [];
