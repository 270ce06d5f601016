/** Longer words are no typing mistakes of ours. */
const maxWordLength = 64;

/**
 * Comparisons allowed for one file. A real file needs a few hundred; the bound keeps
 * “unknown words × known words” from turning quadratic.
 */
const maxComparisons = 100_000;

/** Finds the known word that a mistyped one most likely stands for. */
export class Suggester {
  #comparisons = 0;

  /**
   * The nearest candidate, ignoring case, or undefined when none is near enough: one mistake in a
   * word of up to four characters, two up to eight, three in longer ones.
   */
  nearest(word: string, candidates: Iterable<string>): string | undefined {
    if (word.length > maxWordLength || word.length < 2) return undefined;
    const lower = word.toLowerCase();
    let limit = word.length <= 4 ? 1 : word.length <= 8 ? 2 : 3;
    let best: string | undefined;
    for (const candidate of candidates) {
      if (Math.abs(candidate.length - word.length) > limit) continue;
      if (++this.#comparisons > maxComparisons) break;
      const distance = editDistance(lower, candidate.toLowerCase());
      if (distance > limit || (best !== undefined && distance === limit)) continue;
      if (candidate === word) continue;
      best = candidate;
      limit = distance;
    }
    return best;
  }
}

/**
 * Damerau-Levenshtein distance, restricted form (optimal string alignment): insertions, deletions,
 * substitutions and swaps of neighbours each count one.
 */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        at(previous, j) + 1,
        at(current, j - 1) + 1,
        at(previous, j - 1) + (same ? 0 : 1),
      );
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, at(beforePrevious, j - 2) + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.MAX_SAFE_INTEGER;
