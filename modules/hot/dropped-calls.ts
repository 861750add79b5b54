/** More than may wait for the worker at a time: an earlier call with the same place has been answered. */
const PLACES = 65_536;

/**
 * The calls to the worker that nobody waits for any more, in memory that both threads see: a message would
 * come to the worker behind the very calls that it calls off.
 */
export class DroppedCalls {
  private readonly places: Int32Array;

  constructor(readonly shared = new SharedArrayBuffer(PLACES * Int32Array.BYTES_PER_ELEMENT)) {
    this.places = new Int32Array(shared);
  }

  add(sequence: number): void {
    Atomics.store(this.places, sequence % PLACES, sequence | 0);
  }

  has(sequence: number): boolean {
    return Atomics.load(this.places, sequence % PLACES) === (sequence | 0);
  }
}
