import type { Step } from './step.ts';

/** Makes the step that writes a member, given the text before its value. */
export type MemberStep = (text: string) => Step;

interface Node {
  /** The member's own value: in several steps, or alternatives of which each row has one. */
  readonly values: MemberStep[];
  readonly members: Map<string, Node>;
}

const newNode = (): Node => ({ values: [], members: new Map() });

/** Nested objects put together from dotted paths: `source.ip` is the member `ip` of `source`. */
export class ObjectTree {
  readonly #root = newNode();

  /** Several values of one path are written one after the other. */
  add(path: string, ...values: readonly MemberStep[]): void {
    let node = this.#root;
    for (const name of path.split('.')) {
      const member = node.members.get(name) ?? newNode();
      node.members.set(name, member);
      node = member;
    }
    node.values.push(...values);
  }

  /** A text that every record has. */
  addText(path: string, value: string): void {
    this.add(path, (text) => ({ kind: 'text', text: `${text}${value}` }));
  }

  /** The steps that write the tree, without spaces, from the outermost brace on. */
  steps(): readonly Step[] {
    return [...this.#root.members].flatMap(([name, node], index) =>
      stepsOf(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`, node),
    );
  }
}

/** A path that has a value and goes on as well keeps the value as the object's member `value`. */
function stepsOf(text: string, { values, members }: Node): readonly Step[] {
  if (members.size === 0) return values.map((value) => value(text));
  return [
    { kind: 'open', text },
    ...values.map((value) => value(',"value":')),
    ...[...members].flatMap(([name, node]) => stepsOf(`,${JSON.stringify(name)}:`, node)),
    { kind: 'close' },
  ];
}
