import { TidegateError } from '../vector/errors.js';
import { checkBackup, type CheckedBackup } from './backup-check.job.js';
import { BackupFile } from './backup-file.store.js';
import type { Section } from './backup-outline.js';
import type { BackupProgress } from './backup-progress.js';
import type { ChromaCollections } from './chroma-collections.service.js';
import {
  collectionShape,
  creationBodies,
  shapeDifferences,
  type CollectionShape,
} from './collection-shape.js';
import { replacedName, unfinishedName } from './restoration-names.js';
import { RestoredCollection } from './restored-collection.service.js';

/** ChromaDB takes bodies up to 40 MiB; beyond a few MiB they bring no more speed. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024;

const ALLOWED_NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{1,510}[a-zA-Z0-9]$/;

export interface RestoreOptions {
  /** The one collection of the backup to restore; undefined takes all. */
  readonly collection: string | undefined;
  /** The name that it is to have; undefined keeps its own. */
  readonly as: string | undefined;
  /** A collection that has the name already gives way to the restored one. */
  readonly replaces: boolean;
  /** A store that cannot give a collection all of its configuration is taken as it is. */
  readonly takesOtherConfiguration: boolean;
}

export interface RestoredReport {
  readonly name: string;
  readonly records: number;
  /** Fewer than all where an earlier run was interrupted. */
  readonly added: number;
  /** Share, 0 to 1, of the sampled queries' answers that were found again. */
  readonly overlap: number;
}

interface Target {
  readonly section: Section;
  readonly name: string;
  /** Place in the backup. */
  readonly index: number;
}

/**
 * Brings collections of a backup back. Each is filled under a name of its own, compared with the backup
 * record by record, and given its name only when all are whole: no part is ever taken for the whole.
 */
export class RestoreJob {
  constructor(
    private readonly store: ChromaCollections,
    private readonly progress: BackupProgress,
  ) {}

  /** @throws TidegateError `backup-damaged`, `backup-refused`, `backup-differs`, `not-found`, `store-...` */
  async run(path: string, options: RestoreOptions): Promise<readonly RestoredReport[]> {
    const checked = await checkBackup(path, this.progress);
    const targets = chooseTargets(checked, options);
    const file = await BackupFile.open(path);
    try {
      const open: Target[] = [];
      for (const target of targets) if (!(await this.isDone(file, target, options))) open.push(target);
      const reports: RestoredReport[] = [];
      for (const target of open) reports.push(await this.restore(file, checked, target, options));
      for (const target of open) await this.giveName(checked, target, options);
      for (const { index } of targets) await this.removeIfThere(replacedName(checked.sha256, index));
      return reports;
    } finally {
      await file.close();
    }
  }

  /** Whether an earlier run has restored the collection whole. @throws TidegateError `backup-refused` */
  private async isDone(
    file: BackupFile,
    { section, name }: Target,
    { replaces }: RestoreOptions,
  ): Promise<boolean> {
    const description = await this.store.byName(name);
    if (!description) return false;
    const { id } = collectionShape(description);
    const isWhole =
      (await this.store.count(id)) === section.records &&
      (await new RestoredCollection(this.store, file, section, id).difference(this.progress)) === undefined;
    if (isWhole) this.progress.say(`${name} is there already, with the records of the backup.`);
    if (isWhole || replaces) return isWhole;
    throw nameTaken(name);
  }

  private async restore(
    file: BackupFile,
    { sha256 }: CheckedBackup,
    { section, index, name }: Target,
    options: RestoreOptions,
  ): Promise<RestoredReport> {
    const unfinished = unfinishedName(sha256, index);
    const begun = await this.begun(unfinished, section.shape, options);
    const id = begun ?? (await this.create(unfinished, section.shape, options));
    const collection = new RestoredCollection(this.store, file, section, id);
    const limits = { maxRecords: await this.store.maxBatchRecords(), maxBytes: MAX_BATCH_BYTES };
    const added = await collection.fill(limits, this.progress);
    const overlap = await collection.verify(this.progress);
    return { name, records: section.records, added, overlap };
  }

  /** The collection of an interrupted run. One whose configuration was not looked at yet is removed. */
  private async begun(
    name: string,
    shape: CollectionShape,
    { takesOtherConfiguration }: RestoreOptions,
  ): Promise<string | undefined> {
    const description = await this.store.byName(name);
    if (!description) return undefined;
    const found = collectionShape(description);
    if (takesOtherConfiguration || shapeDifferences(shape, found).length === 0) {
      this.progress.say(`Continuing the restoration of ${shape.name}.`);
      return found.id;
    }
    await this.store.remove(name);
    return undefined;
  }

  /** Creates an empty collection that is configured like the one that was backed up. @returns its id */
  private async create(name: string, shape: CollectionShape, options: RestoreOptions): Promise<string> {
    const refusals: string[] = [];
    for (const body of creationBodies(name, shape)) {
      const refusal = await this.tryCreate(body).catch((error: unknown) => {
        if (error instanceof TidegateError && error.code === 'bad-request') return error.message;
        throw error;
      });
      const created = await this.store.byName(name);
      if (!created) {
        refusals.push(refusal ?? '');
        continue;
      }
      const found = collectionShape(created);
      const differences = shapeDifferences(shape, found);
      if (differences.length === 0) return found.id;
      if (options.takesOtherConfiguration) {
        this.progress.say(`${shape.name} gets another ${differences.join(' and ')} here.`);
        return found.id;
      }
      refusals.push(`another ${differences.join(' and ')} came of it`);
      await this.store.remove(name);
    }
    throw new TidegateError(
      'backup-refused',
      `this store cannot give ${shape.name} its configuration: ${refusals.join('; ')}`,
      'restore into the version that it was backed up from, or accept with --other-configuration',
    );
  }

  private async tryCreate(body: Buffer): Promise<undefined> {
    await this.store.create(body);
    return undefined;
  }

  private async giveName(
    { sha256 }: CheckedBackup,
    { index, name }: Target,
    { replaces }: RestoreOptions,
  ): Promise<void> {
    const restored = await this.store.byName(unfinishedName(sha256, index));
    const existing = await this.store.byName(name);
    if (existing && !replaces) throw nameTaken(name);
    if (existing) await this.store.rename(collectionShape(existing).id, replacedName(sha256, index));
    if (restored) await this.store.rename(collectionShape(restored).id, name);
  }

  private async removeIfThere(name: string): Promise<void> {
    if (await this.store.byName(name)) await this.store.remove(name);
  }
}

function nameTaken(name: string): TidegateError {
  return new TidegateError(
    'backup-refused',
    `there is a collection ${name} already, with other records`,
    'give another name with --as, or --replace it',
  );
}

function chooseTargets({ outline }: CheckedBackup, { collection, as }: RestoreOptions): readonly Target[] {
  const all = outline.sections.map((section, index) => ({ section, index, name: section.shape.name }));
  const chosen = all.filter(({ name }) => collection === undefined || name === collection);
  if (collection !== undefined && chosen.length === 0) {
    const names = all.map(({ name }) => name).join(', ');
    throw new TidegateError('not-found', `the backup has no collection ${collection}`, `it has ${names}`);
  }
  if (as === undefined) return chosen;
  if (!ALLOWED_NAME.test(as)) {
    throw new TidegateError(
      'backup-refused',
      `ChromaDB takes no collection named ${JSON.stringify(as)}`,
      'use 3 to 512 characters of a-z, A-Z, 0-9, dots, underscores and hyphens',
    );
  }
  const [only, ...others] = chosen;
  if (only && others.length === 0) return [{ ...only, name: as }];
  throw new TidegateError(
    'backup-refused',
    `--as names one collection, the backup has ${chosen.length}`,
    'choose one with --collection',
  );
}
