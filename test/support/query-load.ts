import { setTimeout as sleep } from 'node:timers/promises';
import { send, tierOf, DEFAULT_DATABASE, type Reply } from './http.js';
import type { Records } from './records.js';
import { SeededRandom } from './seeded-random.js';

const ABORT_AFTER_MS = 10_000;
const DIFFERENT_QUERIES = 40;
const LIMIT = 5;

export interface LoadReply {
  readonly kind: 'plain' | 'filtered';
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
  private readonly queries: readonly object[];
  private readonly firstIds = new Map<number, string>();
  private readonly loops: Promise<unknown>;
  private isOver = false;

  constructor(
    private readonly records: Records,
    dimension: number,
    loops: number,
  ) {
    const random = new SeededRandom(5);
    this.queries = Array.from({ length: DIFFERENT_QUERIES }, (_, index) => ({
      query_embeddings: [random.vector(dimension)],
      n_results: LIMIT,
      ...(index % 4 === 0 && { where: { number: { $gte: 0 } } }),
    }));
    this.loops = Promise.all(Array.from({ length: loops }, (_, loop) => this.loop(loop)));
  }

  /** One of the queries that mirrors do not answer. */
  filteredQuery(): object {
    return this.queries[0] ?? {};
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
    for (let turn = start; !this.isOver; turn++) await this.ask(turn % DIFFERENT_QUERIES);
  }

  private async ask(index: number): Promise<void> {
    const path = `${DEFAULT_DATABASE}/collections/${this.records.id}/query`;
    const body = JSON.stringify(this.queries[index]);
    const headers = { 'content-type': 'application/json' };
    const sentAt = Date.now();
    try {
      const call = { method: 'POST', path, headers, body, limitMs: ABORT_AFTER_MS };
      const reply = await send(this.records.url, call);
      const kind = index % 4 === 0 ? 'filtered' : 'plain';
      this.replies.push({ kind, sentAt, receivedAt: Date.now(), tier: tierOf(reply), reply });
      if (reply.status === 200) this.compare(index, reply);
    } catch (error) {
      this.failures.push(`query ${index} after ${Date.now() - sentAt} ms: ${String(error)}`);
    }
  }

  private compare(index: number, reply: Reply): void {
    const ids = JSON.stringify((reply.json as { ids: unknown }).ids);
    const first = this.firstIds.get(index);
    if (first === undefined) this.firstIds.set(index, ids);
    else if (first !== ids) this.changedAnswers.push({ index, first, now: ids, tier: tierOf(reply) });
  }
}
