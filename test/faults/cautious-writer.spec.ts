import { describe, expect, it } from '@jest/globals';
import { SeededRandom, seededRandom } from '../support/seeded-random.js';
import { CautiousWriter, type Ask } from './cautious-writer.js';

const STEPS = 400;
const { seed } = seededRandom('cautious-writer');

interface WriteBody {
  readonly ids: readonly string[];
  readonly embeddings?: readonly (readonly number[])[];
  readonly metadatas?: readonly { readonly step: number }[];
  readonly query_embeddings?: readonly (readonly number[])[];
}

/** What a store does with a write: `lost` and `unheard` were applied or not, and nobody is told. */
type Fate = 'done' | 'lost' | 'unheard';

/** A store of one writer, whose writes meet the fates. */
class FakeStore {
  readonly wrong: string[] = [];
  private readonly records = new Map<string, { readonly step: number; readonly vector: readonly number[] }>();

  constructor(
    private readonly fate: () => Fate,
    /** Acknowledged, and not done. */
    private readonly forgets: () => boolean = () => false,
  ) {}

  readonly ask: Ask = (group, { path, body }, judge) => {
    const call = path.split('/').at(-1) ?? '';
    const fate = group === 'write' ? this.fate() : 'done';
    if (group === 'write' && fate !== 'lost' && !this.forgets()) this.apply(call, body as WriteBody);
    const wrong = judge?.(this.read(call, body as WriteBody), 'chroma');
    if (wrong !== undefined) this.wrong.push(wrong);
    const status = fate === 'done' ? 200 : 0;
    return Promise.resolve({ startMs: 0, endMs: 0, status, tier: 'chroma', json: undefined });
  };

  private apply(call: string, { ids, embeddings, metadatas }: WriteBody): void {
    for (const [place, id] of ids.entries()) {
      if (call === 'delete') this.records.delete(id);
      else this.records.set(id, { step: metadatas?.[place]?.step ?? 0, vector: embeddings?.[place] ?? [] });
    }
  }

  private read(call: string, { ids, query_embeddings }: WriteBody): unknown {
    if (call === 'get') {
      const found = ids.filter((id) => this.records.has(id));
      return { ids: found, metadatas: found.map((id) => ({ step: this.records.get(id)?.step })) };
    }
    const wanted = JSON.stringify(query_embeddings?.[0]);
    const near = [...this.records].find(([, { vector }]) => JSON.stringify(vector) === wanted);
    return { ids: [[near?.[0]]], metadatas: [[{ step: near?.[1].step }]] };
  }
}

async function write(store: FakeStore): Promise<void> {
  const writer = new CautiousWriter('w', 'c', new SeededRandom(seed), store.ask);
  for (let step = 0; step < STEPS; step++) await writer.takeStep();
}

describe('a cautious writer', () => {
  it('finds nothing wrong with a store that does as it says, and often says nothing', async () => {
    const random = new SeededRandom(seed);
    const store = new FakeStore(() => random.pick(['done', 'done', 'lost', 'unheard']));
    await write(store);
    expect(store.wrong).toEqual([]);
  });

  it('finds writes that were acknowledged and not done', async () => {
    const random = new SeededRandom(seed);
    const store = new FakeStore(
      () => 'done',
      () => random.next() < 0.1,
    );
    await write(store);
    expect(store.wrong.length).toBeGreaterThan(STEPS / 40);
  });
});
