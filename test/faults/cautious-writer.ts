import { DEFAULT_DATABASE } from '../support/http.js';
import type { SeededRandom } from '../support/seeded-random.js';
import type { LoadGroup } from './load-record.js';
import type { TimedAnswer, TimedCall } from './timed-call.js';

const DIMENSION = 8;
const FEWEST_HELD = 5;
const MOST_HELD = 40;
const MOST_UNCERTAIN = 30;

/** What a record of a writer holds; `undefined` stands for a record that is not there. */
type Step = number | undefined;

interface Held {
  readonly step: number;
  readonly vector: readonly number[];
}

interface GetAnswer {
  readonly ids?: readonly string[];
  readonly metadatas?: readonly ({ readonly step?: number } | null)[] | null;
}

/** Makes a call of a group; `judge` tells what is wrong with an answer of 200, of which tier. */
export type Ask = (
  group: LoadGroup,
  call: TimedCall,
  judge?: (json: unknown, tier: string) => string | undefined,
) => Promise<TimedAnswer>;

/**
 * Writes records of its own, one call at a time, and after each acknowledged one looks for what it wrote. A
 * record with a write of unknown outcome is never written again, as that write may still arrive: either of
 * its two contents is right from then on.
 */
export class CautiousWriter {
  private readonly held = new Map<string, Held>();
  private readonly deleted: string[] = [];
  private readonly uncertain = new Map<string, readonly Step[]>();
  private step = 0;

  constructor(
    private readonly name: string,
    private readonly collection: string,
    private readonly random: SeededRandom,
    private readonly ask: Ask,
  ) {}

  /** One write and, where it was acknowledged, the read that has to show it. */
  async takeStep(): Promise<void> {
    this.step++;
    const wantsMore =
      this.held.size < FEWEST_HELD || (this.held.size < MOST_HELD && this.random.next() < 0.5);
    if (wantsMore) await this.store(`${this.name}-${this.step}`, this.random.pick(['add', 'upsert']));
    else if (this.uncertain.size > MOST_UNCERTAIN) await this.abandon();
    else if (this.random.next() < 0.5)
      await this.store(this.anyHeld(), this.random.pick(['update', 'upsert']));
    else await this.delete(this.anyHeld());
  }

  private async store(id: string, call: string): Promise<void> {
    const record = { step: this.step, vector: this.random.vector(DIMENSION) };
    const body = {
      ids: [id],
      embeddings: [record.vector],
      documents: [`step ${record.step}`],
      metadatas: [{ step: record.step }],
    };
    const before = this.held.get(id)?.step;
    this.held.delete(id);
    if (await this.write(call, body)) {
      this.held.set(id, record);
      await this.look(id, record);
    } else this.uncertain.set(id, [before, record.step]);
  }

  private async delete(id: string): Promise<void> {
    const before = this.held.get(id)?.step;
    this.held.delete(id);
    if (await this.write('delete', { ids: [id] })) {
      this.deleted.push(id);
      if (this.deleted.length > MOST_HELD) this.deleted.shift();
      await this.look(id);
    } else this.uncertain.set(id, [before, undefined]);
  }

  /** Keeps the collection small; nobody asks for the record any more. */
  private async abandon(): Promise<void> {
    const [id] = this.uncertain.keys();
    if (id === undefined) return;
    this.uncertain.delete(id);
    await this.write('delete', { ids: [id] });
  }

  private async write(call: string, body: object): Promise<boolean> {
    const { status } = await this.ask('write', { method: 'POST', path: this.path(call), body });
    return status >= 200 && status < 300;
  }

  private async look(id: string, record?: Held): Promise<void> {
    if (record && this.random.next() < 0.5) await this.lookNear(id, record);
    else await this.lookAt([id, ...this.others()]);
  }

  private async lookNear(id: string, { step, vector }: Held): Promise<void> {
    const body = { query_embeddings: [vector], n_results: 1, include: ['distances', 'metadatas'] };
    const missed: unknown[] = [];
    await this.ask('written', { method: 'POST', path: this.path('query'), body }, (json, tier) => {
      const { ids, metadatas } = json as {
        readonly ids?: string[][];
        readonly metadatas?: GetAnswer['metadatas'][];
      };
      const seen = { id: ids?.[0]?.[0], step: metadatas?.[0]?.[0]?.step };
      if (seen.id === id && seen.step === step) return undefined;
      if (tier === 'chroma' && seen.id !== id) {
        missed.push(seen);
        return undefined;
      }
      return `${id} holds step ${step}, a query at its vector shows ${JSON.stringify(seen)}`;
    });
    // ChromaDB's own graph does not find each record, which is nobody's fault here: but it has to be there.
    if (missed.length > 0) await this.lookAt([id]);
  }

  /** Ids of several fates, to be asked for together. */
  private others(): readonly string[] {
    const lists = [[...this.held.keys()], [...this.uncertain.keys()], this.deleted];
    return lists.filter((list) => list.length > 0).map((list) => this.random.pick(list));
  }

  private async lookAt(asked: readonly string[]): Promise<void> {
    const ids = [...new Set(asked)];
    const allowed = ids.map((id) => this.allowed(id));
    const body = { ids, include: ['metadatas'] };
    await this.ask('written', { method: 'POST', path: this.path('get'), body }, (json) => {
      const answer = json as GetAnswer;
      const seen = new Map(answer.ids?.map((id, place) => [id, answer.metadatas?.[place]?.step]));
      const wrong = ids.find((id, place) => !allowed[place]?.includes(seen.get(id)));
      if (wrong === undefined) return undefined;
      const may = JSON.stringify(this.allowed(wrong).map((step) => step ?? null));
      return `${wrong} may be one of ${may}, is ${JSON.stringify(seen.get(wrong) ?? null)}`;
    });
  }

  private allowed(id: string): readonly Step[] {
    return this.uncertain.get(id) ?? [this.held.get(id)?.step];
  }

  private anyHeld(): string {
    return this.random.pick([...this.held.keys()]);
  }

  private path(call: string): string {
    return `${DEFAULT_DATABASE}/collections/${this.collection}/${call}`;
  }
}
