/** Counters of an instance, by their words in the statistics. */
export interface NftsetCounts {
  /** Elements added, or whose timeout began anew. */
  added: number;
  /** Elements deleted. */
  deleted: number;
  /** Elements to delete that were not there. */
  absent: number;
  /** Elements to add that lie in a longer interval of the set: nothing to do. */
  covered: number;
  /** Rows whose element another row of the same batch has. */
  duplicates: number;
  /** Rows for whose element the set had no room. */
  'set full': number;
  /** Rows that came while their set was not there. */
  'set gone': number;
  /** Rows whose address is of another family than the sets'. */
  'other family': number;
  /** Rows that lack a key of the element. */
  'without key': number;
}

export const newCounts = (): NftsetCounts => ({
  added: 0,
  deleted: 0,
  absent: 0,
  covered: 0,
  duplicates: 0,
  'set full': 0,
  'set gone': 0,
  'other family': 0,
  'without key': 0,
});
