import { answerOf, type QueryAnswer, type Records } from './records.js';
import type { SeededRandom } from './seeded-random.js';
import { tierOf, type Reply } from './http.js';

const INCLUDE = ['distances', 'documents', 'embeddings', 'metadatas'];
/** Large enough to return every record, so that a deleted one would show. */
const EVERYTHING = 2000;

const FIRST_WRITES = ['add', 'upsert'] as const;
const ALL_WRITES = [
  ...FIRST_WRITES,
  'overwrite',
  'move',
  'redescribe',
  'delete by ids',
  'delete by where',
] as const;
type WriteKind = (typeof ALL_WRITES)[number];

export interface WrittenRecord {
  readonly vector: readonly number[];
  readonly document: string;
  readonly metadata: { readonly writer: string; readonly batch: string; readonly step: number };
}

/** One writer with ids of its own: it writes, and after each acknowledged write looks for what it wrote. */
export class RecordWriter {
  /** What the collection has to hold of this writer. */
  readonly held = new Map<string, WrittenRecord>();
  readonly tiers: string[] = [];
  private step = 0;

  constructor(
    private readonly name: string,
    private readonly records: Records,
    private readonly random: SeededRandom,
    private readonly dimension: number,
  ) {}

  /** One random write, and the query that has to show it. */
  takeStep(): Promise<void> {
    this.step++;
    const choices: readonly WriteKind[] = this.held.size < 4 ? FIRST_WRITES : ALL_WRITES;
    switch (this.random.pick(choices)) {
      case 'add':
        return this.store(`${this.name}-${this.step}`, 'add');
      case 'upsert':
        return this.store(`${this.name}-${this.step}`, 'upsert');
      case 'overwrite':
        return this.store(this.anyHeldId(), 'upsert');
      case 'move':
        return this.store(this.anyHeldId(), 'update');
      case 'redescribe':
        return this.redescribe(this.anyHeldId());
      case 'delete by ids':
        return this.deleteById(this.anyHeldId());
      case 'delete by where':
        return this.deleteByWhere();
    }
  }

  private anyHeldId(): string {
    return this.random.pick([...this.held.keys()]);
  }

  /** A new document and new metadata for an old vector. */
  private async redescribe(id: string): Promise<void> {
    const before = this.held.get(id);
    if (!before) throw new Error(`${id} is not held`);
    const record = { ...this.newRecord(), vector: before.vector };
    const body = { ids: [id], documents: [record.document], metadatas: [record.metadata] };
    accepted(await this.records.update(body));
    this.held.set(id, record);
    await this.expectShown(id, record);
  }

  private async deleteById(id: string): Promise<void> {
    accepted(await this.records.delete({ ids: [id] }));
    await this.expectGone([id]);
  }

  private async deleteByWhere(): Promise<void> {
    const { batch } = this.random.pick([...this.held.values()]).metadata;
    accepted(await this.records.delete({ where: { batch } }));
    await this.expectGone(
      [...this.held].filter(([, held]) => held.metadata.batch === batch).map(([id]) => id),
    );
  }

  private async store(id: string, call: 'add' | 'upsert' | 'update'): Promise<void> {
    const record = this.newRecord();
    const body = {
      ids: [id],
      embeddings: [record.vector],
      documents: [record.document],
      metadatas: [record.metadata],
    };
    accepted(await this.records[call](body));
    this.held.set(id, record);
    await this.expectShown(id, record);
  }

  private newRecord(): WrittenRecord {
    const batch = `${this.name}-batch-${this.step % 4}`;
    return {
      vector: this.random.vector(this.dimension),
      document: `step ${this.step} of ${this.name}`,
      metadata: { writer: this.name, batch, step: this.step },
    };
  }

  private async expectShown(id: string, record: WrittenRecord): Promise<void> {
    const answer = await this.ask(record, 1);
    const shown = {
      id: answer.ids[0]?.[0],
      vector: answer.embeddings?.[0]?.[0]?.map(Math.fround),
      document: answer.documents?.[0]?.[0],
      metadata: answer.metadatas?.[0]?.[0],
    };
    if (!sameJson(sorted(shown), sorted({ id, ...record }))) {
      throw new Error(
        `step ${this.step} wrote ${id} ${told(record)}, a query at its vector shows ${told(shown)}`,
      );
    }
  }

  private async expectGone(ids: readonly string[]): Promise<void> {
    const deleted = ids.map((id) => this.held.get(id)).find((record) => record !== undefined);
    if (!deleted) throw new Error('nothing was to be deleted');
    for (const id of ids) this.held.delete(id);
    const answer = await this.ask(deleted, EVERYTHING);
    const seen = ids.filter((id) => answer.ids[0]?.includes(id));
    if (seen.length > 0)
      throw new Error(`step ${this.step} deleted ${seen.join(', ')}, a query still shows them`);
  }

  private async ask({ vector }: WrittenRecord, limit: number): Promise<QueryAnswer> {
    const reply = await this.records.query({
      query_embeddings: [vector],
      n_results: limit,
      include: INCLUDE,
    });
    this.tiers.push(tierOf(reply));
    return answerOf(reply);
  }
}

function accepted(reply: Reply): void {
  if (reply.status >= 300) throw new Error(`a write was answered ${reply.status}: ${reply.text}`);
}

/** Keys of metadata come in any order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, field]) => [key, sorted(field)] as const);
  return entries.toSorted(([one], [other]) => (one < other ? -1 : 1));
}

function sameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function told(value: unknown): string {
  return JSON.stringify(value);
}
