import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finish } from './finish.js';
import type { MirrorSpec } from './hot-protocol.js';
import { Mirror } from './mirror.store.js';
import { SnapshotFiles } from './snapshot-files.store.js';
import { loadSnapshot, saveSnapshot, type Run } from './snapshot.store.js';

export const temporaryFolder = () => mkdtemp(join(tmpdir(), 'tidegate-snapshot-'));

const atOnce: Run = (work) => Promise.resolve(finish(work));

/** Saves the mirror as it is now, and does the work while that is under way. */
export async function saveAnd(mirror: Mirror, folder: string, work: () => void): Promise<void> {
  const begin = (graphPath: string) => {
    const moment = mirror.moment(graphPath);
    work();
    return Promise.resolve(moment);
  };
  await saveSnapshot(folder, {}, begin, atOnce);
}

export async function loadFrom(folder: string, spec: MirrorSpec): Promise<Mirror> {
  const manifest = await new SnapshotFiles(folder).manifest();
  if (manifest === undefined) throw new Error(`${folder} has no snapshot`);
  return loadSnapshot(folder, manifest, spec, () => undefined, atOnce);
}
