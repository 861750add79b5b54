import { TidegateError } from '../vector/errors.js';
import type { BackupFile } from './backup-file.store.js';
import type { Section } from './backup-outline.js';
import type { BackupProgress } from './backup-progress.js';
import type { ChromaCollections } from './chroma-collections.service.js';
import { collectionShape } from './collection-shape.js';
import { PageReader } from './page-reader.service.js';
import { idOf } from './raw-record.js';
import { differingField } from './same-record.js';
import { overlap } from './sampling.js';
import { recordPages } from './section-reader.js';
import { addBodies, type BatchLimits } from './record-batches.js';

/** HNSW is approximate, and built anew: what it finds may differ, but not by so much. */
const MIN_OVERLAP = 0.5;
const TOLD_BYTES = 200;

/** One collection of a backup, and the collection that it is restored into. */
export class RestoredCollection {
  constructor(
    private readonly store: ChromaCollections,
    private readonly file: BackupFile,
    private readonly section: Section,
    readonly id: string,
  ) {}

  /**
   * Adds what is missing. Records are added in order, one batch at a time, so what is there is where an
   * earlier run stopped; a batch that is added twice changes nothing.
   * @returns how many were added
   */
  async fill(limits: BatchLimits, progress: BackupProgress): Promise<number> {
    const there = await this.store.count(this.id);
    const { shape, records } = this.section;
    const done = progress.begin(`Restoring ${shape.name}`, records);
    let adding = Promise.resolve();
    for await (const page of recordPages(this.file, this.section)) {
      const missing = page.records.slice(Math.max(0, there - page.before));
      await adding;
      done(page.before);
      adding = this.addAll([...addBodies(missing, limits)]);
      // Told when it is awaited, after the next page was read.
      adding.catch(() => undefined);
    }
    await adding;
    done(records);
    await this.fixDimension();
    return records - there;
  }

  /**
   * Compares every record, their order, and what sampled queries find.
   * @returns the share, 0 to 1, of the sampled queries' answers that are found again
   * @throws TidegateError `backup-differs`
   */
  async verify(progress: BackupProgress): Promise<number> {
    const difference = await this.difference(progress);
    if (difference !== undefined) throw this.differing(difference);
    const share = await this.queryOverlap();
    if (share >= MIN_OVERLAP) return share;
    const percent = Math.round(share * 100);
    throw this.differing(`sampled queries find ${percent} % of what they found when it was backed up`);
  }

  /** What is not as in the backup: the first difference; undefined where there is none. */
  async difference(progress: BackupProgress): Promise<string | undefined> {
    const { shape, records } = this.section;
    const ids = await this.store.listIds(this.id);
    if (ids.length !== records) return `it has ${ids.length} records, the backup ${records}`;
    const done = progress.begin(`Comparing ${shape.name}`, records);
    const reader = new PageReader(this.store, this.id);
    for await (const page of recordPages(this.file, this.section)) {
      const found = await reader.read(page.records.map(idOf));
      for (const [index, record] of page.records.entries()) {
        const id = JSON.stringify(idOf(record));
        const listed = ids[page.before + index];
        if (!listed || JSON.stringify(JSON.parse(listed.toString())) !== id) return `${id} has another place`;
        const match = found[index];
        const field = match ? differingField(record, match, shape.isCosine) : 'id';
        if (field)
          return `record ${id} has ${told(match?.[field])} as its ${field}, not ${told(record[field])}`;
      }
      done(page.before + page.records.length);
    }
    return undefined;
  }

  private async addAll(bodies: readonly Buffer[]): Promise<void> {
    for (const body of bodies) await this.store.add(this.id, body);
  }

  /** A collection whose records were all deleted keeps the length of their vectors. */
  private async fixDimension(): Promise<void> {
    const { dimension } = this.section.shape;
    const description = await this.store.byId(this.id);
    if (dimension === undefined || !description) return;
    if (collectionShape(description).dimension !== undefined) return;
    const id = 'fixes-the-dimension';
    const vector = Array<number>(dimension).fill(1);
    await this.store.add(this.id, Buffer.from(JSON.stringify({ ids: [id], embeddings: [vector] })));
    await this.store.delete(this.id, [id]);
  }

  private async queryOverlap(): Promise<number> {
    const stored = this.section.end?.queries ?? [];
    if (stored.length === 0) return 1;
    const ids = [...new Set(stored.flatMap((query) => query.ids))];
    const limit = Math.max(1, ...stored.map((query) => query.ids.length));
    const vectors = stored.map(({ embedding }) => embedding);
    const restored = await this.store.query(this.id, vectors, limit);
    return overlap(stored, restored, new Set(await this.store.existing(this.id, ids)));
  }

  private differing(what: string): TidegateError {
    return new TidegateError(
      'backup-differs',
      `what was restored of ${this.section.shape.name} is not what was backed up: ${what}`,
      `it is left as collection ${this.id} for you to look at; delete it and restore again`,
    );
  }
}

function told(value: Buffer | undefined): string {
  return value === undefined ? 'nothing' : value.subarray(0, TOLD_BYTES).toString();
}
