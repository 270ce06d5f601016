import { expect, test } from 'vitest';
import type { NftSet, Refusal, Transaction } from '../../../../src/netlink/nftables/index.ts';
import { SetWriter } from '../../../../src/netlink/nftables/index.ts';

const EAGAIN = 11;
const EEXIST = 17;
const ERESTART = 85;
const ENOBUFS = 105;

const set: NftSet = {
  name: { family: 'inet', table: 't', set: 's' },
  fields: [{ name: 'inet_service', length: 2, order: 'network' }],
  keyLength: 2,
  isMap: false,
  isConstant: false,
  isInterval: false,
  hasTimeout: false,
  timeoutMs: 0,
  size: 0,
};

/**
 * A transaction that the kernel answers as it is told: all that a SetWriter calls. Private members
 * keep an object from being a Transaction to the compiler.
 */
function answering(...answers: (readonly Refusal[])[]) {
  const sent: number[] = [];
  const fake = {
    epoch: 0,
    begin: () => sent.push(0),
    fits: () => true,
    append: () => sent.push((sent.pop() ?? 0) + 1),
    commit: () => answers.shift() ?? [],
    catchUp() {
      this.epoch++;
    },
    find: () => set,
  };
  return { sent, transaction: fake as unknown as Transaction };
}

const refusal = (element: number, errno: number): Refusal => ({
  element,
  errno,
  kernelMessage: undefined,
});

const write = (transaction: Transaction, count: number): number[] => {
  const writer = new SetWriter(transaction, set, {
    action: 'add',
    refresh: 'update',
    capacity: count,
  });
  writer.write(new Uint8Array(count * 2), count);
  return [...writer.errnos];
};

test('sends what is left without those that were refused', () => {
  const { sent, transaction } = answering([refusal(1, EEXIST)]);
  expect(write(transaction, 3)).toEqual([0, EEXIST, 0]);
  expect(sent).toEqual([3, 2]);
});

test('does not take what it gave up for what the kernel refused', () => {
  const { transaction } = answering(
    [refusal(0, EEXIST)],
    [refusal(0, EEXIST)],
    [refusal(0, EEXIST)],
  );
  expect(write(transaction, 4)).toEqual([EEXIST, EEXIST, EEXIST, EAGAIN]);
});

test('gives all others up for the reason that is about the transaction itself', () => {
  const { transaction } = answering([refusal(0, EEXIST), refusal(-1, ENOBUFS)]);
  expect(write(transaction, 3)).toEqual([EEXIST, ENOBUFS, ENOBUFS]);
});

test('sends a transaction again that was for another generation of the ruleset', () => {
  const restart = [refusal(-1, ERESTART)];
  const { sent, transaction } = answering(restart, restart, [refusal(0, EEXIST)]);
  expect(write(transaction, 2)).toEqual([EEXIST, 0]);
  expect(sent).toEqual([2, 1]);
});

test('gives up where the generation never stays', () => {
  const { transaction } = answering(...Array.from({ length: 20 }, () => [refusal(-1, ERESTART)]));
  expect(write(transaction, 2)).toEqual([ERESTART, ERESTART]);
});
