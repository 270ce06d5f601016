/** Milliseconds that one receive with all that follows from it should take at most. */
const GOAL_MS = 2;
/** Milliseconds after which a turn leaves the rest to the next one. */
const TURN_MS = 5;
/** Most datagrams at once: beyond it, a system call costs nothing beside its packets. */
const MOST = 64;

/**
 * Finds how many datagrams can be taken at once without keeping the event loop for long: other
 * blocks, files and processes wait meanwhile. How long one takes depends on what its packets are
 * put through, and on how warm that code is: the first packets take twenty times as long, so it
 * begins with one.
 */
export class Pace {
  /** Datagrams that the next receive may take. */
  limit = 1;
  #turnBegan = 0;
  #began = 0;

  beginTurn(): void {
    this.#turnBegan = performance.now();
    this.#began = this.#turnBegan;
  }

  /** To be called after each receive, with the datagrams it took. */
  received(datagrams: number): void {
    const now = performance.now();
    const elapsed = now - this.#began;
    this.#began = now;
    if (elapsed > GOAL_MS) this.limit = Math.max(1, this.limit >> 1);
    else if (datagrams === this.limit) this.limit = Math.min(MOST, this.limit * 2);
  }

  /** Whether the others should have their turn. */
  get isTurnOver(): boolean {
    return this.#began - this.#turnBegan > TURN_MS;
  }
}
