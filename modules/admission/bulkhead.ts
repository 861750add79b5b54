import { Holdings, type Holder } from './holdings.js';

/** For whom a call is made. What is undefined counts for nobody. */
export interface Claim {
  readonly caller: string | undefined;
  readonly collection: string | undefined;
}

/** How much there is at the moment: calls that may be under way, and that may wait. */
export interface Room {
  readonly limit: number;
  readonly queue: number;
}

/** `share`: its caller or its collection has its share already. `full`: there is no room for anybody. */
export type Refusal = 'share' | 'full';

/** A call in the bulkhead. */
export class Place {
  /** Told when a waiting call may go, or is refused after all; whoever waits sets it. */
  decided: (refusal: Refusal | undefined) => void = ignore;
  isWaiting = false;

  constructor(
    readonly caller: Holder | undefined,
    readonly collection: Holder | undefined,
  ) {}

  /** What its caller and its collection hold together. */
  get held(): number {
    return (this.caller?.held ?? 0) + (this.collection?.held ?? 0);
  }

  get underWay(): number {
    return (this.caller?.underWay ?? 0) + (this.collection?.underWay ?? 0);
  }
}

/**
 * Keeps the calls under way within a limit and those that wait within a queue, fairly. Fair means: while
 * others hold something, a caller or a collection may hold at most a share of limit and queue together; of
 * those who wait, who has least under way goes first, the oldest among equals; and in a full queue, a call of
 * somebody who holds less takes the place of the newest call of who holds most (as in McKenney's stochastic
 * fairness queueing, 1990).
 */
export class Bulkhead {
  private readonly callers = new Holdings();
  private readonly collections = new Holdings();
  private readonly queue: Place[] = [];
  private running = 0;

  /** @param share from 0 to 1, of limit and queue together */
  constructor(private readonly share: number) {}

  /** Calls under way. */
  get underWay(): number {
    return this.running;
  }

  get waiting(): number {
    return this.queue.length;
  }

  /**
   * Takes a call in: it is under way at once, or waits, or is refused.
   * @param mayWait false for a call that goes at once or not at all
   */
  enter(claim: Claim, room: Room, mayWait: boolean): Place | Refusal {
    const caller = claim.caller === undefined ? undefined : this.callers.of(claim.caller);
    const collection = claim.collection === undefined ? undefined : this.collections.of(claim.collection);
    const place = new Place(caller, collection);
    if (this.hasItsShare(place, room)) return 'share';
    if (this.running < room.limit && this.queue.length === 0) {
      this.join(place);
      this.start(place);
      return place;
    }
    if (!mayWait) return 'full';
    if (this.queue.length >= room.queue && !this.makeRoom(place)) return 'full';
    this.join(place);
    this.queue.push(place);
    place.isWaiting = true;
    return place;
  }

  /** A call that waited goes away. */
  withdraw(place: Place): void {
    const at = this.queue.indexOf(place);
    if (at < 0) return;
    this.queue.splice(at, 1);
    place.isWaiting = false;
    this.part(place);
  }

  /** A call that was under way has ended. */
  end(place: Place): void {
    this.running--;
    if (place.caller) place.caller.underWay--;
    if (place.collection) place.collection.underWay--;
    this.part(place);
  }

  /** Lets calls that wait go, as far as there is room. */
  proceed(limit: number): void {
    while (this.running < limit && this.queue.length > 0) {
      const [next] = this.queue.splice(this.nextInLine(), 1);
      if (next === undefined) return;
      this.start(next);
      next.decided(undefined);
    }
  }

  private hasItsShare({ caller, collection }: Place, { limit, queue }: Room): boolean {
    const most = Math.max(1, Math.ceil(this.share * (limit + queue)));
    const hasIt = (holder: Holder | undefined, among: Holdings) =>
      holder !== undefined && holder.held >= most && among.isContended(holder);
    return hasIt(caller, this.callers) || hasIt(collection, this.collections);
  }

  /** Refuses the newest waiting call of who holds most, where that is more than who comes would hold. */
  private makeRoom(coming: Place): boolean {
    let victim: Place | undefined;
    for (const place of this.queue) if (victim === undefined || place.held >= victim.held) victim = place;
    // Joined, the coming call counts for its caller and its collection.
    if (victim === undefined || victim.held <= coming.held + 2) return false;
    this.withdraw(victim);
    victim.decided('share');
    return true;
  }

  private nextInLine(): number {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (const [at, { underWay }] of this.queue.entries()) {
      if (underWay >= least) continue;
      least = underWay;
      best = at;
    }
    return best;
  }

  private join({ caller, collection }: Place): void {
    if (caller) this.callers.join(caller);
    if (collection) this.collections.join(collection);
  }

  private part({ caller, collection }: Place): void {
    if (caller) this.callers.leave(caller);
    if (collection) this.collections.leave(collection);
  }

  private start(place: Place): void {
    const { caller, collection } = place;
    place.isWaiting = false;
    this.running++;
    if (caller) caller.underWay++;
    if (collection) collection.underWay++;
  }
}

function ignore(): void {
  // Nobody waits yet.
}
