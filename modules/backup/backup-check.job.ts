import { TidegateError } from '../vector/errors.js';
import { BackupFile } from './backup-file.store.js';
import type { BackupOutline, Section } from './backup-outline.js';
import type { BackupProgress } from './backup-progress.js';
import type { ChromaCollections } from './chroma-collections.service.js';
import { PageReader } from './page-reader.service.js';
import { idOf, type RawRecord } from './raw-record.js';
import { differingField } from './same-record.js';
import { samplePlaces } from './sampling.js';
import { recordPages } from './section-reader.js';

const SAMPLED_RECORDS = 20;
/** Where fewer samples are as the store has them, writers alone do not explain it. */
const MIN_SAME_SHARE = 0.5;

/** A backup that was read from end to end, every byte verified. */
export interface CheckedBackup {
  readonly outline: BackupOutline;
  /** As the seal has it. */
  readonly sha256: string;
  readonly bytes: number;
  /** Sampled records that were compared with the store's, and those of them that are the same. */
  readonly samples: { readonly compared: number; readonly same: number };
}

/** Reads a backup from end to end. @throws TidegateError `backup-damaged`, `backup-refused`, `not-found` */
export async function checkBackup(path: string, progress: BackupProgress): Promise<CheckedBackup> {
  const file = await BackupFile.open(path);
  try {
    const done = progress.begin(`Checking ${path}`, file.bytes);
    const { outline, sha256 } = await file.check(done);
    return { outline, sha256, bytes: file.bytes, samples: { compared: 0, same: 0 } };
  } finally {
    await file.close();
  }
}

/**
 * As `checkBackup`, and compares sampled records of each collection with the store's.
 * @throws TidegateError `backup-differs`
 */
export async function checkDraft(
  path: string,
  store: ChromaCollections,
  progress: BackupProgress,
): Promise<CheckedBackup> {
  const checked = await checkBackup(path, progress);
  const file = await BackupFile.open(path);
  let [compared, same] = [0, 0];
  try {
    for (const section of checked.outline.sections) {
      const samples = await sampledRecords(file, section);
      const equal = await countSame(samples, section, store);
      if (equal < samples.length * MIN_SAME_SHARE) throw differing(section, samples.length - equal);
      compared += samples.length;
      same += equal;
    }
  } finally {
    await file.close();
  }
  return { ...checked, samples: { compared, same } };
}

async function sampledRecords(file: BackupFile, section: Section): Promise<readonly RawRecord[]> {
  const places = samplePlaces(section.records, SAMPLED_RECORDS);
  const samples: RawRecord[] = [];
  for await (const { records, before } of recordPages(file, section)) {
    samples.push(...records.filter((_, index) => places.has(before + index)));
  }
  return samples;
}

/** Where the collection is gone by now, nothing is left to compare with. */
async function countSame(
  samples: readonly RawRecord[],
  { shape }: Section,
  store: ChromaCollections,
): Promise<number> {
  if (samples.length === 0 || !(await store.byId(shape.id))) return samples.length;
  const stored = await new PageReader(store, shape.id).read(samples.map(idOf));
  const byId = new Map(stored.map((record) => [idOf(record), record]));
  return samples.filter((sample) => {
    const found = byId.get(idOf(sample));
    return found !== undefined && differingField(sample, found, false) === undefined;
  }).length;
}

function differing({ shape }: Section, count: number): TidegateError {
  return new TidegateError(
    'backup-differs',
    `${count} sampled records of ${shape.name} are not, or no longer, what the store has`,
    'run it again while less is written; where nothing is written, report this',
  );
}
