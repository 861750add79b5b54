import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MirrorHandle } from '../modules/hot/mirrors.service.js';
import { CompiledMirrors, MIRROR_SPEC } from './support/compiled-mirrors.js';
import { ProofLog } from './support/proof-log.js';
import { seededRandom } from './support/seeded-random.js';
import { CORRUPTIONS, type SnapshotFolder } from './support/snapshot-corruptions.js';

/** TEST_CORRUPTIONS=2000 makes the long run. */
const COUNT = Number(process.env['TEST_CORRUPTIONS'] ?? 130);
const RECORDS = 300;
const MIB = 1024 * 1024;

const random = seededRandom('snapshot-corruption');
const proof = new ProofLog('damaged snapshots are refused', 'corruptions', random.seed);
const kinds = Object.entries(CORRUPTIONS);
const countOfEach = Math.ceil(COUNT / kinds.length);

let compiled: CompiledMirrors;
let bystander: MirrorHandle;
let folder: string;
let whole: SnapshotFolder;
let other: SnapshotFolder;
let contents: string;

async function takeFiles(path: string): Promise<SnapshotFolder> {
  const files = new Map<string, Buffer>();
  for (const name of await readdir(path)) files.set(name, await readFile(join(path, name)));
  return files;
}

async function putFiles(files: SnapshotFolder): Promise<void> {
  await rm(folder, { recursive: true });
  await mkdir(folder);
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
}

async function load(): Promise<MirrorHandle> {
  const { mirrors } = compiled;
  const manifest = await mirrors.snapshotIn(folder);
  if (manifest === undefined) throw new Error('there is no snapshot');
  return mirrors.load(folder, manifest, MIRROR_SPEC);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-corruption-'));
  compiled = await CompiledMirrors.launch(3 * MIB);
  const { mirrors } = compiled;
  bystander = await mirrors.create(MIRROR_SPEC);
  await compiled.put(bystander, 0, RECORDS);
  await compiled.drop(bystander, ['r7', 'r8']);
  await mirrors.save(bystander, folder, { other: true });
  other = await takeFiles(folder);
  await compiled.put(bystander, RECORDS, RECORDS + 9);
  await mirrors.save(bystander, folder, { other: false });
  whole = await takeFiles(folder);
  contents = await compiled.contents(bystander);
});

afterAll(async () => {
  proof.report();
  await compiled.stop();
  await rm(folder, { recursive: true });
});

describe('a damaged snapshot', () => {
  it.each(kinds)('is refused, and nothing else comes to harm: %s', async (_, corrupt) => {
    const held = compiled.mirrors.heldBytes();
    for (let number = 0; number < countOfEach; number++) {
      await putFiles(corrupt(whole, other, random));
      await proof.run(() => expect(load()).rejects.toMatchObject({ code: 'snapshot-refused' }));
    }
    expect(compiled.worker.generation).toBe(1);
    expect(compiled.mirrors.heldBytes()).toBe(held);
    expect(await compiled.contents(bystander)).toBe(contents);
  });

  it('does not keep a whole one from being loaded afterwards', async () => {
    await putFiles(whole);
    const loaded = await load();
    expect(await compiled.contents(loaded)).toBe(contents);
    expect(await compiled.nearest(loaded)).toBe(await compiled.nearest(bystander));
    await putFiles(new Map());
    expect(await compiled.mirrors.snapshotIn(folder)).toBeUndefined();
  });
});
