import type { RecordCase } from './filter-cases.js';
import type { SeededRandom } from './seeded-random.js';

/** One write of records: ChromaDB's call and its body. */
export interface WriteCase {
  readonly call: 'add' | 'upsert' | 'update' | 'delete';
  readonly body: string;
}

const DIMENSION = 4;
const MOST_RECORDS = 6;
const CALLS = ['add', 'add', 'upsert', 'upsert', 'update', 'delete', 'delete'] as const;

/** Makes random writes to the same few ids, so that they meet: repeated ones, deleted and added again. */
export class WriteCases {
  constructor(
    private readonly random: SeededRandom,
    private readonly pool: readonly string[],
    private readonly records: readonly RecordCase[],
    private readonly filters: readonly string[],
  ) {}

  next(): WriteCase {
    const call = this.random.pick(CALLS);
    const ids = this.ids();
    if (call === 'delete') return { call, body: this.deletion(ids) };
    return { call, body: this.recordsOf(ids, call !== 'update') };
  }

  /** The same ids deleted, and added again in another order. */
  comeback(): readonly WriteCase[] {
    const ids = [...new Set(this.ids())];
    return [
      { call: 'delete', body: JSON.stringify({ ids }) },
      { call: 'add', body: this.recordsOf(ids.reverse()) },
    ];
  }

  /**
   * @param withVectors not for updates: ChromaDB may apply what it logged lately a second time, and give a
   * record the vector of an update that was ignored because the record was added only later
   */
  recordsOf(ids: readonly string[], withVectors = true): string {
    const records = ids.map(() => this.random.pick(this.records));
    const column = (name: string, text: (record: RecordCase) => string) =>
      `"${name}":[${records.map(text).join(',')}]`;
    const uriOf = (id: string) => (this.random.below(4) === 0 ? `file:///${id}` : null);
    const uris = `"uris":${JSON.stringify(ids.map(uriOf))}`;
    const vectors = withVectors ? ids.map(() => this.random.vector(DIMENSION)) : null;
    const embeddings = `"embeddings":${JSON.stringify(vectors)}`;
    const metadatas = column('metadatas', ({ metadata }) => metadata);
    const documents = column('documents', ({ document }) => document);
    return `{"ids":${JSON.stringify(ids)},${embeddings},${metadatas},${documents},${uris}}`;
  }

  private deletion(ids: readonly string[]): string {
    const where = `"where":${this.random.pick(this.filters)}`;
    const named = `"ids":${JSON.stringify(ids)}`;
    return this.random.pick([`{${named}}`, `{${named}}`, `{${named},${where}}`, `{${where}}`]);
  }

  private ids(): string[] {
    return Array.from({ length: 1 + this.random.below(MOST_RECORDS) }, () => this.random.pick(this.pool));
  }
}
