import { ReceiveLoop, ReceiveRing } from '../netlink/index.ts';

/** More datagrams than this in one system call gain nothing. */
const MAX_SLOTS = 64;
/** Fewer would cost a system call for nearly every datagram. */
const MIN_SLOTS = 4;

/** The one receive loop of the daemon and the memory that its sources receive into. */
export class Receiving {
  readonly loop: ReceiveLoop;
  readonly #bufsize: number;
  readonly #rings = new Map<number, ReceiveRing>();

  /**
   * @param bufsize bytes of memory for each ring, the global option; there is one ring for each
   *   slot size that sources ask for. A ring takes more where that holds fewer than four slots, and
   *   less where it would hold more than 64.
   */
  constructor(bufsize: number, onError: (error: unknown, fd: number | undefined) => void) {
    this.loop = new ReceiveLoop({ onError });
    this.#bufsize = bufsize;
  }

  /**
   * The ring with slots of this size. Sources receive one after the other, so they share it; slot
   * sizes are powers of two, so there are never more than a few rings.
   */
  ring(slotSize: number): ReceiveRing {
    let ring = this.#rings.get(slotSize);
    if (!ring) {
      const slots = Math.max(MIN_SLOTS, Math.min(MAX_SLOTS, Math.floor(this.#bufsize / slotSize)));
      ring = new ReceiveRing({ slots, slotSize });
      this.#rings.set(slotSize, ring);
    }
    return ring;
  }
}
