import { foundBy, keyOf, without, written, type Contents, type Write } from './chroma-rules.js';

/** A change that is under way: at any moment it may be applied, whole. */
export interface Change {
  /** Unique; changes with its stage. */
  readonly key: string;
  readonly number: number;
  /** Whether it has not begun. */
  readonly untouched: boolean;
  readonly apply: (contents: Contents) => { readonly contents: Contents; readonly rest?: Change };
}

/** One way in which all may have happened: what is there, and what is still to be applied. */
interface World {
  readonly contents: Contents;
  readonly pending: readonly Change[];
}

/** A time during which an answer was made: all that the collection may have held meanwhile. */
export class Window {
  readonly contents = new Map<string, Contents>();
  /** Whether a change was under way. */
  changing = false;
}

/**
 * All that a collection may hold, by what callers know: a change is applied at some moment between its
 * sending and its end, in any order with those that overlap it, and whole. A delete with a filter first finds
 * records and then removes these, as ChromaDB does. So an answer is right exactly if one of the contents that
 * were possible at a moment between its request and its response gives it: no more is known of ChromaDB by
 * anybody who only calls it, and moments are noted so that these times are never too short.
 *
 * It is lenient in two ways: each answer is looked at for itself, so that of two readers one after the other
 * the first may see a write under way and the second not; and where two writes overlapped, both orders stay
 * possible until ChromaDB is looked at.
 */
export class PossibleContents {
  private worlds = new Map<string, World>();
  private readonly windows = new Set<Window>();

  constructor(contents: Contents) {
    this.include({ contents, pending: [] });
  }

  get size(): number {
    return this.worlds.size;
  }

  /** Changes under way. */
  get changing(): number {
    return Math.max(...[...this.worlds.values()].map(({ pending }) => pending.length));
  }

  /** Whether it has no records, or may have none. */
  get isEmpty(): boolean {
    return [...this.worlds.values()].some(({ contents }) => contents === 'gone' || contents.size === 0);
  }

  /** Whether the collection may be deleted. */
  get mayBeGone(): boolean {
    return [...this.worlds.values()].some(({ contents }) => contents === 'gone');
  }

  begin(change: Change): void {
    const before = [...this.worlds.values()];
    this.worlds.clear();
    for (const { contents, pending } of before) this.include({ contents, pending: [...pending, change] });
    for (const window of this.windows) window.changing = true;
  }

  /** From now on it is applied, or never will be. */
  end({ number }: Change, applied: boolean): void {
    const isPossible = this.keep(({ pending }) => {
      const rest = pending.find((change) => change.number === number);
      return applied ? rest === undefined : rest?.untouched === true;
    });
    if (!isPossible) throw new Error(`change ${number} cannot have ended so`);
    const after = [...this.worlds.values()];
    this.worlds.clear();
    for (const { contents, pending } of after)
      this.include({ contents, pending: pending.filter((change) => change.number !== number) });
  }

  /** Opens a window; it grows until it is closed. */
  open(): Window {
    const window = new Window();
    for (const { contents } of this.worlds.values()) window.contents.set(keyOf(contents), contents);
    window.changing = this.changing > 0;
    this.windows.add(window);
    return window;
  }

  close(window: Window): void {
    this.windows.delete(window);
  }

  /**
   * Nothing else is possible: ChromaDB was looked at while nothing was under way.
   * @returns false, and changes nothing, where it was not possible either
   */
  narrow(isSo: (contents: Contents) => boolean): boolean {
    return this.keep(({ contents }) => isSo(contents));
  }

  private keep(isPossible: (world: World) => boolean): boolean {
    const left = [...this.worlds].filter(([, world]) => isPossible(world));
    if (left.length === 0) return false;
    this.worlds = new Map(left);
    return true;
  }

  /** Adds a world, and all that it may become. */
  private include(world: World): void {
    const key = `${world.pending.map((change) => change.key).join(' ')}|${keyOf(world.contents)}`;
    if (this.worlds.has(key)) return;
    this.worlds.set(key, world);
    for (const window of this.windows) window.contents.set(keyOf(world.contents), world.contents);
    for (const change of world.pending) {
      const others = world.pending.filter((each) => each !== change);
      const { contents, rest } = change.apply(world.contents);
      this.include({ contents, pending: rest ? [...others, rest] : others });
    }
  }
}

let lastNumber = 0;

export function changeOf(write: Write): Change {
  const number = ++lastNumber;
  const key = String(number);
  if (write.call !== 'delete')
    return { key, number, untouched: true, apply: (contents) => ({ contents: written(write, contents) }) };
  if (write.where === undefined) return { ...removal(number, write.ids ?? []), key, untouched: true };
  const apply = (contents: Contents) => ({ contents, rest: removal(number, foundBy(write, contents)) });
  return { key, number, untouched: true, apply };
}

/** The collection is deleted. */
export function deletion(): Change {
  const number = ++lastNumber;
  return { key: String(number), number, untouched: true, apply: () => ({ contents: 'gone' }) };
}

function removal(number: number, ids: readonly string[]): Change {
  const key = `${number}:${ids.join()}`;
  return { key, number, untouched: false, apply: (contents) => ({ contents: without(contents, ids) }) };
}
