import { TidegateError } from '../vector/errors.js';
import { BackupDraft } from './backup-draft.store.js';
import { checkDraft, type CheckedBackup } from './backup-check.job.js';
import { collectionLine, FORMAT_VERSION, idsLine, textLine } from './backup-lines.js';
import { lastIdOf, type Section } from './backup-outline.js';
import type { BackupProgress } from './backup-progress.js';
import type { ChromaCollections } from './chroma-collections.service.js';
import { collectionShape, type CollectionShape } from './collection-shape.js';
import { PageReader } from './page-reader.service.js';
import { PageSize } from './page-size.js';
import { recordLine, type RawRecord } from './raw-record.js';
import { isUnderRestoration } from './restoration-names.js';
import { samplePlaces } from './sampling.js';

const LISTING_PART_IDS = 5_000;
const SAMPLED_QUERIES = 5;
const QUERY_RESULTS = 10;
const LINE_FEED = Buffer.from('\n');

/**
 * Writes collections into one file. Of each, the ids are listed once, as one reading; then the records are
 * read by id, page by page. What is written meanwhile may be in the file or not; what is deleted is left out
 * and counted. Memory: one listing of ids and three pages.
 */
export class BackupJob {
  constructor(
    private readonly store: ChromaCollections,
    private readonly progress: BackupProgress,
  ) {}

  /**
   * @param name one collection; undefined takes all of the database
   * @param file must not exist; a draft of it is continued
   * @throws TidegateError `backup-refused`, `backup-not-written`, `backup-differs`, `not-found`, `store-...`
   */
  async run(name: string | undefined, file: string): Promise<CheckedBackup> {
    const draft = await BackupDraft.open(file);
    try {
      if (draft.outline.head) this.expectAlike(draft, name);
      if (!draft.outline.isSealed) await this.fill(draft, name);
      await draft.seal();
      const checked = await checkDraft(draft.path, this.store, this.progress);
      await draft.publish();
      return checked;
    } finally {
      await draft.close();
    }
  }

  private async fill(draft: BackupDraft, name: string | undefined): Promise<void> {
    if (draft.outline.head) await this.resume(draft);
    else await this.begin(draft, name);
    const leftOut: string[] = [];
    const ended = new Set(draft.outline.sections.flatMap(({ shape, end }) => (end ? [shape.id] : [])));
    for (const each of draft.outline.head?.collections ?? []) {
      if (ended.has(each.id)) continue;
      const description = await this.store.byId(each.id);
      if (description) await this.backUp(draft, description);
      else leftOut.push(each.name);
    }
    if (draft.outline.trailer) return;
    const { sections } = draft.outline;
    const records = sections.reduce((sum, section) => sum + section.records, 0);
    const counts = { collections: sections.length, records, left_out: leftOut };
    await draft.append(textLine({ trailer: { finished_at: now(), ...counts } }));
  }

  private async begin(draft: BackupDraft, name: string | undefined): Promise<void> {
    const started = now();
    const { url, tenant, database } = this.store.address;
    const source = { url: new URL(url).origin, version: await this.store.version(), tenant, database };
    const shapes = await this.selected(name);
    const collections = shapes.map((shape) => ({ id: shape.id, name: shape.name }));
    const head = {
      format: FORMAT_VERSION,
      started_at: started,
      source,
      all: name === undefined,
      collections,
    };
    await draft.append(textLine({ backup: head }));
  }

  private async selected(name: string | undefined): Promise<readonly CollectionShape[]> {
    if (name === undefined) {
      const shapes = (await this.store.list()).map(collectionShape);
      return shapes.filter((shape) => !isUnderRestoration(shape.name));
    }
    const description = await this.store.byName(name);
    if (description) return [collectionShape(description)];
    const { tenant, database } = this.store.address;
    throw new TidegateError(
      'not-found',
      `there is no collection ${JSON.stringify(name)} in database ${database} of tenant ${tenant}`,
      'check the name, --tenant and --database',
    );
  }

  /** @throws TidegateError `backup-refused` when the draft is not of what is to be backed up */
  private expectAlike({ outline, path }: BackupDraft, name: string | undefined): void {
    const { head } = outline;
    const { tenant, database } = this.store.address;
    const isAlike =
      head?.source.tenant === tenant &&
      head.source.database === database &&
      head.all === (name === undefined) &&
      (name === undefined || head.collections[0]?.name === name);
    if (isAlike) return;
    throw new TidegateError(
      'backup-refused',
      `${path} is the draft of another backup`,
      'remove it, or name another file',
    );
  }

  /** Says in the draft that it was continued. */
  private async resume(draft: BackupDraft): Promise<void> {
    const open = draft.outline.open();
    if (open && !(await this.store.byId(open.shape.id))) {
      throw new TidegateError(
        'backup-refused',
        `collection ${open.shape.name}, which ${draft.path} holds in part, is gone`,
        'remove the draft to begin again',
      );
    }
    this.progress.say(`Continuing ${draft.path}.`);
    if (!draft.outline.trailer) await draft.append(textLine({ resumed: { at: now() } }));
  }

  private async backUp(draft: BackupDraft, description: Buffer): Promise<void> {
    const begun = draft.outline.open();
    if (begun && begun.listedIds < begun.listed) await draft.cutOff(begun.start);
    const shape = collectionShape(description);
    const section = draft.outline.open() ?? (await this.list(draft, description, shape.id));
    await this.writeRecords(draft, section);
    const queries = await this.sampleQueries(draft, section);
    const { records, listed } = section;
    const end = { records, missing: listed - records, read_until: now(), queries };
    await draft.append(textLine({ end }));
  }

  private async list(draft: BackupDraft, description: Buffer, id: string): Promise<Section> {
    const listedAt = now();
    const ids = await this.store.listIds(id);
    await draft.append(collectionLine(description, listedAt, ids.length));
    for (let start = 0; start < ids.length; start += LISTING_PART_IDS) {
      await draft.append(idsLine(ids.slice(start, start + LISTING_PART_IDS)));
    }
    const section = draft.outline.open();
    if (!section) throw new Error('the draft has no open collection');
    return section;
  }

  /** While a page is compressed and written, the next one is read. */
  private async writeRecords(draft: BackupDraft, section: Section): Promise<void> {
    const done = this.progress.begin(`Backing up ${section.shape.name}`, section.listed);
    const reader = new PageReader(this.store, section.shape.id);
    const size = new PageSize();
    let listed = 0;
    let writing = Promise.resolve();
    for await (const { ids, before } of pagesBehind(draft.listing(), lastIdOf(section), size)) {
      const records = await reader.read(ids);
      const text = linesFor(records);
      size.learn(records.length, text.length);
      await writing;
      listed = before + ids.length;
      done(listed);
      writing = records.length === 0 ? Promise.resolve() : draft.append(text);
      // Told when it is awaited, after the next page was read.
      writing.catch(() => undefined);
    }
    await writing;
  }

  private async sampleQueries(draft: BackupDraft, { shape, listed }: Section) {
    const places = samplePlaces(listed, SAMPLED_QUERIES);
    const ids: string[] = [];
    let place = 0;
    for await (const id of draft.listing()) if (places.has(place++)) ids.push(id);
    const records = ids.length === 0 ? [] : await new PageReader(this.store, shape.id).read(ids);
    const vectors = records.map(({ embedding }) => JSON.parse(embedding.toString()) as (number | null)[]);
    const whole = vectors.filter((vector): vector is number[] => !vector.includes(null));
    return whole.length === 0 ? [] : this.store.query(shape.id, whole, QUERY_RESULTS);
  }
}

interface IdPage {
  readonly ids: readonly string[];
  /** How many ids of the listing come before. */
  readonly before: number;
}

/** Pages of what is listed behind an id; of all where there is none. */
async function* pagesBehind(
  listing: AsyncIterable<string>,
  last: string | undefined,
  size: PageSize,
): AsyncGenerator<IdPage, void> {
  let ids: string[] = [];
  let place = 0;
  let isBehind = last === undefined;
  for await (const id of listing) {
    place++;
    if (isBehind) ids.push(id);
    else isBehind = id === last;
    if (ids.length < size.records) continue;
    yield { ids, before: place - ids.length };
    ids = [];
  }
  if (ids.length > 0) yield { ids, before: place - ids.length };
}

function linesFor(records: readonly RawRecord[]): Buffer {
  return Buffer.concat(records.flatMap((record) => [recordLine(record), LINE_FEED]));
}

function now(): string {
  return new Date().toISOString();
}
