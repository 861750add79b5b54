import { setTimeout as sleep } from 'node:timers/promises';
import { send, tierOf, DEFAULT_DATABASE, FROM_CHROMA, type Reply } from './http.js';
import type { Records } from './records.js';
import { SeededRandom } from './seeded-random.js';

const ABORT_AFTER_MS = 10_000;
const DIFFERENT_QUERIES = 40;
const LIMIT = 5;

/** A plain query that comes again, one that never does, one with a filter, one that wants ChromaDB itself. */
type QueryKind = 'repeated' | 'fresh' | 'filtered' | 'forced';

export interface LoadReply {
  readonly kind: QueryKind;
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly tier: string;
  readonly reply: Reply;
}

/** Loops that query one collection without a pause. Each request has 10 s; no answer by then is a failure. */
export class QueryLoad {
  readonly replies: LoadReply[] = [];
  readonly failures: string[] = [];
  /** Queries that were answered with different ids at different times. */
  readonly changedAnswers: object[] = [];
  private readonly repeated: readonly object[];
  private readonly filtered: readonly object[];
  private readonly random = new SeededRandom(5);
  private readonly firstIds = new Map<string, string>();
  private readonly loops: Promise<unknown>;
  private isOver = false;

  constructor(
    private readonly records: Records,
    private readonly dimension: number,
    loops: number,
  ) {
    this.repeated = Array.from({ length: DIFFERENT_QUERIES }, () => this.newQuery());
    this.filtered = this.repeated.map((query) => ({ ...query, where: { number: { $gte: 0 } } }));
    this.loops = Promise.all(Array.from({ length: loops }, (_, loop) => this.loop(loop)));
  }

  newQuery(): object {
    return { query_embeddings: [this.random.vector(this.dimension)], n_results: LIMIT };
  }

  /** Lets the loops go on; they run until `stop`. */
  async runFor(milliseconds: number): Promise<void> {
    await sleep(milliseconds);
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.loops;
  }

  private async loop(start: number): Promise<void> {
    for (let turn = start; !this.isOver; turn++) {
      const index = turn % DIFFERENT_QUERIES;
      await this.ask('repeated', this.repeated[index]);
      await this.ask('fresh', this.newQuery());
      await this.ask('filtered', this.filtered[index]);
      await this.ask('forced', this.repeated[index]);
    }
  }

  private async ask(kind: QueryKind, query: object | undefined): Promise<void> {
    const path = `${DEFAULT_DATABASE}/collections/${this.records.id}/query`;
    const body = JSON.stringify(query);
    const headers = { 'content-type': 'application/json', ...(kind === 'forced' && FROM_CHROMA) };
    const sentAt = Date.now();
    try {
      const call = { method: 'POST', path, headers, body, limitMs: ABORT_AFTER_MS };
      const reply = await send(this.records.url, call);
      this.replies.push({ kind, sentAt, receivedAt: Date.now(), tier: tierOf(reply), reply });
      if (reply.status === 200) this.compare(body, reply);
    } catch (error) {
      this.failures.push(`a ${kind} query after ${Date.now() - sentAt} ms: ${String(error)}`);
    }
  }

  private compare(query: string, reply: Reply): void {
    const ids = JSON.stringify((reply.json as { ids: unknown }).ids);
    const first = this.firstIds.get(query);
    if (first === undefined) this.firstIds.set(query, ids);
    else if (first !== ids) this.changedAnswers.push({ query, first, now: ids, tier: tierOf(reply) });
  }
}
