import type { CollectionId } from '../vector/collection-id.js';
import type { Pin } from './pin.js';

/** Queries within the window that a collection needs before another one makes room for it. */
export const MIN_ASKED = 3;
export const ASKED_WINDOW_MS = 60_000;
/** How many times hotter a collection must be than what makes room for it, so that two do not take turns. */
export const HYSTERESIS = 1.5;

/** A collection that has a mirror or wants one. */
export interface Candidate {
  readonly id: CollectionId;
  readonly pin: Pin;
  /** `mirrored` also while the mirror is being filled. */
  readonly state: 'mirrored' | 'absent';
  /** Seconds spared each second, per byte. */
  readonly heat: number;
  /** Held, or expected; 0 while nothing is known. */
  readonly bytes: number;
  /** Milliseconds of the monotonic clock; looked at only where `state` is `mirrored`. */
  readonly mirroredSinceMs: number;
  /** Queries within `ASKED_WINDOW_MS`. */
  readonly asked: number;
}

export interface PlacementRules {
  /** What all mirrors together may hold. */
  readonly budgetBytes: number;
  /** Time for which a new mirror makes room for no other but a pinned one. */
  readonly minResidenceMs: number;
  /** Milliseconds of the monotonic clock. */
  readonly nowMs: number;
}

/** What should be done, hottest first. */
export interface Placement {
  readonly warm: readonly CollectionId[];
  readonly evict: readonly CollectionId[];
  /** Those that would like a mirror and do not get one for want of room. */
  readonly rejected: readonly CollectionId[];
}

/**
 * Decides which collections are mirrored: what fits is; where the budget is contested, pins decide first and
 * then heat. Deciding again after the moves were made, nothing moves. Every move adds pinned mirrors, spared
 * time or mirrors to what is held, in this order of importance, so the moves come to an end.
 */
export function decidePlacement(candidates: readonly Candidate[], rules: PlacementRules): Placement {
  const { nowMs, minResidenceMs } = rules;
  const kept = candidates.filter(({ state, pin }) => state === 'mirrored' && pin !== 'never');
  const settledMirrors = new Set(kept.filter(({ mirroredSinceMs: ms }) => nowMs - ms >= minResidenceMs));
  const board = new Board(kept, settledMirrors, rules.budgetBytes);
  board.shrink();
  const wanting = candidates.filter(({ pin }) => pin !== 'never').toSorted(byImportance);
  let moved: boolean;
  do {
    moved = false;
    for (const candidate of wanting) if (board.admit(candidate)) moved = true;
  } while (moved);
  const ranked = candidates.toSorted(byImportance);
  const idsOf = (wanted: (candidate: Candidate) => boolean) => ranked.filter(wanted).map(({ id }) => id);
  return {
    warm: idsOf((each) => each.state === 'absent' && board.holds(each)),
    evict: idsOf((each) => each.state === 'mirrored' && !board.holds(each)),
    rejected: idsOf((each) => each.state === 'absent' && each.pin !== 'never' && !board.holds(each)),
  };
}

/**
 * What must go so that a mirror may hold more than it does: mirrors that are colder, however new.
 * @param mirrored every mirror there is, the growing one among them
 * @returns undefined when that would not be enough
 */
export function roomToGrow(
  grower: Candidate,
  moreBytes: number,
  mirrored: readonly Candidate[],
  budgetBytes: number,
): readonly CollectionId[] | undefined {
  const lackingBytes = bytesOf(mirrored) + moreBytes - budgetBytes;
  const yielding = mirrored.filter((each) => each.id !== grower.id && each.pin === 'auto');
  const colder = yielding.filter((each) => grower.pin === 'always' || each.heat < grower.heat);
  return coldest(colder, lackingBytes)?.map(({ id }) => id);
}

/** As few of the coldest mirrors as hold so many bytes; all of them where that is not enough. */
export function toShed(mirrored: readonly Candidate[], bytes: number): readonly CollectionId[] {
  const victims = coldest(mirrored, bytes) ?? mirrored.toSorted(byImportance).toReversed();
  return victims.map(({ id }) => id);
}

/** What is mirrored while it is being decided. */
class Board {
  private readonly held: Set<Candidate>;
  private usedBytes: number;

  constructor(
    held: readonly Candidate[],
    /** Mirrors that are there for long enough to make room for hotter ones. */
    private readonly settled: ReadonlySet<Candidate>,
    private readonly budgetBytes: number,
  ) {
    this.held = new Set(held);
    this.usedBytes = bytesOf(held);
  }

  holds(candidate: Candidate): boolean {
    return this.held.has(candidate);
  }

  /** Lets the coldest go until the rest fits. */
  shrink(): void {
    for (const candidate of [...this.held].toSorted(byImportance).toReversed()) {
      if (this.usedBytes <= this.budgetBytes) return;
      this.remove(candidate);
    }
  }

  /** Whether the candidate was not held and now is. */
  admit(candidate: Candidate): boolean {
    if (this.held.has(candidate)) return false;
    const victims = coldest(this.yieldingTo(candidate), this.usedBytes + candidate.bytes - this.budgetBytes);
    if (victims === undefined || !mayDisplace(candidate, victims)) return false;
    for (const victim of victims) this.remove(victim);
    this.held.add(candidate);
    this.usedBytes += candidate.bytes;
    return true;
  }

  private yieldingTo(candidate: Candidate): Candidate[] {
    const unpinned = [...this.held].filter(({ pin }) => pin === 'auto');
    if (candidate.pin === 'always') return unpinned;
    return unpinned.filter((each) => this.settled.has(each) && candidate.heat > each.heat * HYSTERESIS);
  }

  private remove(candidate: Candidate): void {
    this.held.delete(candidate);
    this.usedBytes -= candidate.bytes;
  }
}

/** A scan asks once for each of many collections: none of them may push out what is asked for again. */
function mayDisplace(candidate: Candidate, victims: readonly Candidate[]): boolean {
  if (victims.length === 0 || candidate.pin === 'always') return true;
  return candidate.asked >= MIN_ASKED && sparedBy(candidate) > sparedByAll(victims) * HYSTERESIS;
}

/** As few of the coldest as hold so many bytes; undefined when all of them hold less. */
function coldest(candidates: readonly Candidate[], lackingBytes: number): Candidate[] | undefined {
  const victims: Candidate[] = [];
  let freedBytes = 0;
  for (const candidate of candidates.toSorted(byImportance).toReversed()) {
    if (freedBytes >= lackingBytes) break;
    victims.push(candidate);
    freedBytes += candidate.bytes;
  }
  if (freedBytes < lackingBytes) return undefined;
  // A large one at the end may make smaller ones before it needless: the hottest of them stay.
  return victims.toReversed().filter(({ bytes }) => {
    const needless = freedBytes - bytes >= lackingBytes;
    if (needless) freedBytes -= bytes;
    return !needless;
  });
}

/** Pinned ones first, then by heat; ids make the order certain. */
function byImportance(a: Candidate, b: Candidate): number {
  if (a.pin !== b.pin && (a.pin === 'always' || b.pin === 'always')) return a.pin === 'always' ? -1 : 1;
  if (a.heat !== b.heat) return b.heat - a.heat;
  return a.id < b.id ? -1 : 1;
}

function bytesOf(candidates: readonly Candidate[]): number {
  return candidates.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Seconds that the mirror spares each second. */
function sparedBy({ heat, bytes }: Candidate): number {
  return heat * bytes;
}

function sparedByAll(candidates: readonly Candidate[]): number {
  return candidates.reduce((sum, candidate) => sum + sparedBy(candidate), 0);
}
