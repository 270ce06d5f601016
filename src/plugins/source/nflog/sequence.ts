/**
 * Turns gaps in a group's sequence numbers into an exact count of lost packets. The kernel numbers
 * the packets of a group from 0 since it was bound (32 bits, wrapping around), before it tries to
 * hand them over.
 */
export class SequenceGaps {
  #expected = 0;

  /** Takes the next packet's number; returns how many packets before it never came. */
  take(sequence: number): number {
    const missing = (sequence - this.#expected) >>> 0;
    // Numbers never go backwards within a group; should one do so, it is no loss of four billion.
    const lost = missing < 0x8000_0000 ? missing : 0;
    this.#expected = (sequence + 1) >>> 0;
    return lost;
  }
}
