import type { StageSpec } from './stage.ts';

/**
 * The way of a batch through a block's plugins, in order. At a branch a named filter decides which
 * rows go down the route behind it; then the batch goes on with the rows that reached the branch.
 */
export type Route<Stage> = readonly Step<Stage>[];

export type Step<Stage> =
  | { readonly stage: Stage; readonly branch?: never }
  | { readonly stage: Stage; readonly branch: Branch<Stage> };

export interface Branch<Stage> {
  readonly route: Route<Stage>;
  /** Where the rows that reached the branch are kept meanwhile. */
  readonly kept: Uint32Array;
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
export function planRoute<Spec extends StageSpec, Stage>(
  specs: readonly Spec[],
  open: (spec: Spec) => Stage,
  capacity: number,
): Route<Stage> {
  const stages = new Map(specs.map((spec) => [spec, open(spec)]));
  const branches = new Map<Spec, Branch<Stage>>();

  function routeOf(members: readonly Spec[]): Route<Stage> {
    return [...stages].flatMap(([spec, stage]) => {
      if (!members.includes(spec)) return [];
      return isNamed(spec) ? [{ stage, branch: branchOf(spec) }] : [{ stage }];
    });
  }

  function branchOf(filter: Spec): Branch<Stage> {
    const known = branches.get(filter);
    if (known) return known;
    const members = specs.filter(({ when }) => when.includes(filter.instance));
    const branch = { route: routeOf(members), kept: new Uint32Array(capacity) };
    branches.set(filter, branch);
    return branch;
  }

  return routeOf(specs.filter(({ when }) => when.length === 0));
}

const isNamed = ({ plugin, instance }: StageSpec): boolean =>
  plugin.kind === 'filter' && instance !== '';
