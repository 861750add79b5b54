import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { MirrorHandle } from '../modules/hot/mirrors.service.js';
import { CompiledMirrors, MIRROR_SPEC } from './support/compiled-mirrors.js';
import { ProofLog } from './support/proof-log.js';
import { limitFileSize, smallTmpfs, type SmallDisk } from './support/small-disk.js';

const MIB = 1024 * 1024;
const DISK_BYTES = 3 * MIB;
const SPEC = { ...MIRROR_SPEC, dimension: 64 };
const FIRST = 500;

const proof = new ProofLog('a full disk costs the new snapshot only', 'full disks');
let compiled: CompiledMirrors;
let scratch: string;
let mirror: MirrorHandle;

beforeAll(async () => {
  compiled = await CompiledMirrors.launch(1024 * MIB);
});

afterAll(() => {
  proof.report();
  return compiled.stop();
});

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tidegate-full-disk-'));
  mirror = await compiled.mirrors.create(SPEC);
  await compiled.put(mirror, 0, FIRST);
});

afterEach(async () => {
  compiled.mirrors.close(mirror);
  await rm(scratch, { recursive: true });
});

/** What does not fit any more: the graph, which hnswlib writes, or the records. */
const GROWTHS: Readonly<Record<string, () => Promise<void>>> = {
  graph: () => compiled.put(mirror, FIRST, 12_000),
  records: () => compiled.put(mirror, FIRST, FIRST + 50, 100_000),
};

/** The first snapshot fits, the next does not. */
async function outgrow(disk: SmallDisk, grow: () => Promise<void>): Promise<void> {
  const { mirrors } = compiled;
  const folder = join(disk.folder, 'collection');
  await mirrors.save(mirror, folder, { number: 1 });
  const saved = await compiled.contents(mirror);
  const files = await readdir(folder);
  expect(files).toHaveLength(3);

  await grow();
  const grown = await compiled.contents(mirror);
  const refused = mirrors.save(mirror, folder, { number: 2 });
  await expect(refused).rejects.toMatchObject({ code: 'snapshot-not-written' });
  await expect(refused).rejects.toThrow(/ENOSPC|EFBIG|cut off/);
  expect(await readdir(folder)).toEqual(files);
  expect(await compiled.contents(mirror)).toBe(grown);

  const manifest = await mirrors.snapshotIn(folder);
  if (manifest === undefined) throw new Error('there is no snapshot');
  expect(manifest.identity).toEqual({ number: 1 });
  const loaded = await mirrors.load(folder, manifest, SPEC);
  expect(await compiled.contents(loaded)).toBe(saved);
  mirrors.close(loaded);
}

describe.each(Object.entries(GROWTHS))('a snapshot whose %s does not fit on the disk', (_, grow) => {
  it('is given up where no file may be so large, and the one before stays', async () => {
    const disk = await limitFileSize(scratch, DISK_BYTES);
    try {
      await proof.run(() => outgrow(disk, grow));
    } finally {
      await disk.end();
    }
    await compiled.mirrors.save(mirror, join(scratch, 'collection'), { number: 3 });
    const manifest = await compiled.mirrors.snapshotIn(join(scratch, 'collection'));
    expect(manifest?.identity).toEqual({ number: 3 });
  });

  it('is given up on a small tmpfs, and the one before stays', async () => {
    const disk = await smallTmpfs(DISK_BYTES);
    if (disk === undefined) {
      process.stdout.write(
        'snapshot-full-disk: no tmpfs can be mounted here, only file sizes were limited\n',
      );
      return;
    }
    try {
      await proof.run(() => outgrow(disk, grow));
    } finally {
      await disk.end();
    }
  });
});
