/** What one caller, or one collection, has in a bulkhead. */
export interface Holder {
  readonly key: string;
  /** Calls under way. */
  underWay: number;
  /** Calls under way and waiting. */
  held: number;
}

/** Who has how much of a bulkhead, by one key: the caller, or the collection. */
export class Holdings {
  private readonly holders = new Map<string, Holder>();

  /** Keys that hold anything. */
  get size(): number {
    return this.holders.size;
  }

  /** The key's holder, kept from its `join` to its `leave`. */
  of(key: string): Holder {
    return this.holders.get(key) ?? { key, underWay: 0, held: 0 };
  }

  /** Whether anybody else holds anything. */
  isContended(holder: Holder): boolean {
    return this.holders.size > (holder.held > 0 ? 1 : 0);
  }

  join(holder: Holder): void {
    if (holder.held++ === 0) this.holders.set(holder.key, holder);
  }

  leave(holder: Holder): void {
    if (--holder.held === 0) this.holders.delete(holder.key);
  }
}
