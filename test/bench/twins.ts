import { postJson, send } from '../support/http.js';
import { withSortedMetadata } from '../support/metadata-order.js';
import { createCollection } from '../support/records.js';
import { SeededRandom } from '../support/seeded-random.js';
import type { BenchWorld } from './bench-world.js';
import { countAt, pathOf, warmMirror } from './collections.js';
import { VectorSource } from './dataset.js';
import { batchBodies, writtenId } from './write-sources.js';

const SEED_RECORDS = 1_000;
const CHECKED_RECORDS = 200;
const WRITTEN_VECTORS = 2;

/**
 * Two collections that are written alike, one through Tidegate, with its mirror warm, and one at ChromaDB
 * itself, so that both grow equally.
 */
export class Twins {
  private constructor(
    readonly world: BenchWorld,
    readonly tidegate: string,
    readonly chroma: string,
    readonly vectors: VectorSource,
    private records: number,
  ) {}

  static async create(world: BenchWorld): Promise<Twins> {
    const vectors = new VectorSource(world.seed, WRITTEN_VECTORS);
    const [body = Buffer.alloc(0)] = batchBodies(vectors, 0, SEED_RECORDS, 1, 'base64');
    const ids: string[] = [];
    for (const name of ['twin-tidegate', 'twin-chroma']) {
      const { id } = await createCollection(world.chroma.url, name, 'cosine');
      const headers = { 'content-type': 'application/json' };
      await send(world.chroma.url, { method: 'POST', path: pathOf(id, 'add'), headers, body });
      ids.push(id);
    }
    const [tidegate = '', chroma = ''] = ids;
    await warmMirror(world.tidegate, tidegate);
    return new Twins(world, tidegate, chroma, vectors, SEED_RECORDS);
  }

  /** Records in each of them; the next new one has this place. */
  get count(): number {
    return this.records;
  }

  grow(records: number): void {
    this.records += records;
  }

  /** What is wrong with what Tidegate answers about its twin now. */
  async faults(): Promise<readonly string[]> {
    const { world, tidegate, chroma, records } = this;
    const counts = {
      'through Tidegate': await countAt(world.tidegate, tidegate),
      'of the same at ChromaDB': await countAt(world.chroma, tidegate),
      'of the twin at ChromaDB': await countAt(world.chroma, chroma),
    };
    const wrong = Object.entries(counts).filter(([, count]) => count !== records);
    const faults = wrong.map(([where, count]) => `${count} records ${where} instead of ${records}`);
    const random = new SeededRandom(records);
    const ids = new Set(Array.from({ length: CHECKED_RECORDS }, () => writtenId(random.below(records))));
    const body = { ids: [...ids], include: ['embeddings', 'documents', 'metadatas'] };
    const [ours, theirs] = await Promise.all([
      postJson(world.tidegate.url, pathOf(tidegate, 'get'), body),
      postJson(world.chroma.url, pathOf(tidegate, 'get'), body),
    ]);
    if (withSortedMetadata(ours.text) !== withSortedMetadata(theirs.text)) {
      faults.push('records are not those of ChromaDB');
    }
    return faults;
  }
}
