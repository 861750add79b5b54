import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MirrorHandle } from '../modules/hot/mirrors.service.js';
import { CompiledMirrors, MIRROR_SPEC } from './support/compiled-mirrors.js';
import { until } from './support/until.js';

const LIMIT_BYTES = 64 * 1024 * 1024;
const RECORDS = 5_000;
const RESTART_LIMIT_MS = 5_000;

let compiled: CompiledMirrors;
let folder: string;
let mirror: MirrorHandle;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-snapshots-'));
  compiled = await CompiledMirrors.launch(LIMIT_BYTES);
  mirror = await compiled.mirrors.create(MIRROR_SPEC);
  await compiled.put(mirror, 0, RECORDS);
});

afterAll(async () => {
  await compiled.stop();
  await rm(folder, { recursive: true });
});

async function load(): Promise<MirrorHandle> {
  const manifest = await compiled.mirrors.snapshotIn(folder);
  if (manifest === undefined) throw new Error('there is no snapshot');
  return compiled.mirrors.load(folder, manifest, MIRROR_SPEC);
}

describe('a snapshot of a mirror in its worker', () => {
  it('has what was there before the call, and is brought up to date by what came after', async () => {
    const ended: string[] = [];
    const note = (name: string) => () => void ended.push(name);
    const saved = compiled.mirrors.save(mirror, folder, { mark: 5 }).finally(note('save'));
    await compiled.nearest(mirror).finally(note('read'));
    const change = async (handle: MirrorHandle) => {
      await compiled.put(handle, RECORDS, RECORDS + 3_000);
      await compiled.drop(handle, ['r1', 'r4000']);
    };
    await change(mirror);
    const { records } = await saved;
    expect(records).toBeGreaterThanOrEqual(RECORDS);
    expect(ended).toEqual(['read', 'save']);
    expect((await compiled.mirrors.snapshotIn(folder))?.identity).toEqual({ mark: 5 });

    const loaded = await load();
    expect(loaded.usage.records).toBe(records);
    await change(loaded);
    const [one, other] = await Promise.all([compiled.contents(loaded), compiled.contents(mirror)]);
    expect(one).toBe(other);
    compiled.mirrors.close(loaded);
  });

  it('is made beside a compaction', async () => {
    const { mirrors } = compiled;
    const [, saved] = await Promise.all([mirrors.compact(mirror), mirrors.save(mirror, folder, {})]);
    expect(saved.records).toBe(mirror.usage.records);
    const loaded = await load();
    const [one, other] = await Promise.all([compiled.contents(loaded), compiled.contents(mirror)]);
    expect(one).toBe(other);
    mirrors.close(loaded);
  });

  it('is not loaded where there is no room, and leaves nothing behind', async () => {
    const manifest = await compiled.mirrors.snapshotIn(folder);
    if (manifest === undefined) throw new Error('there is no snapshot');
    const heldBytes = compiled.mirrors.heldBytes();
    const loaded = [await load()];
    // A loaded mirror holds less than the one that was saved, which has room for more.
    const loadedBytes = loaded[0]?.usage.bytes ?? 0;
    const count = 1 + Math.floor((LIMIT_BYTES - heldBytes - manifest.memoryBytes) / loadedBytes);
    while (loaded.length < count) loaded.push(await load());
    await expect(load()).rejects.toMatchObject({ code: 'mirror-full' });
    compiled.mirrors.close(loaded[0] ?? mirror);
    loaded[0] = await load();
    for (const handle of loaded) compiled.mirrors.close(handle);
    expect(compiled.mirrors.heldBytes()).toBe(heldBytes);
  });

  it('is given up when its mirror is closed, and the one before stays', async () => {
    const { mirrors } = compiled;
    const files = await readdir(folder);
    const other = await mirrors.create(MIRROR_SPEC);
    await compiled.put(other, 0, RECORDS);
    const saved = mirrors.save(other, folder, {});
    mirrors.close(other);
    await expect(saved).rejects.toMatchObject({ code: 'snapshot-not-written' });
    expect(await readdir(folder)).toEqual(files);
    await expect(mirrors.save(other, folder, {})).rejects.toMatchObject({ code: 'snapshot-not-written' });
  });

  it('is made to its end when the worker fails meanwhile, and loaded by the next', async () => {
    const { mirrors, worker } = compiled;
    const contents = await compiled.contents(mirror);
    await mirrors.save(mirror, folder, {});
    const { generation } = worker;
    const saved = mirrors.save(mirror, folder, { last: true });
    await until('a draft is there', RESTART_LIMIT_MS, async () => (await readdir(folder)).length > 3, 1);
    // No message that it can read.
    (Reflect.get(worker, 'worker') as Worker).postMessage(undefined);
    await expect(mirrors.create(MIRROR_SPEC)).rejects.toMatchObject({ code: 'mirror-lost' });
    await saved;
    const isNew = () => Promise.resolve(worker.isAlive() && worker.generation > generation);
    await until('a new worker is there', RESTART_LIMIT_MS, isNew);
    expect((await mirrors.snapshotIn(folder))?.identity).toEqual({ last: true });
    const loaded = await load();
    expect(await compiled.contents(loaded)).toBe(contents);
    expect(await readdir(folder)).toHaveLength(3);
    await mirrors.removeSnapshot(folder);
    expect(await mirrors.snapshotIn(folder)).toBeUndefined();
    await mirrors.save(loaded, folder, {});
  });

  it('is whole before a shutdown ends the worker', async () => {
    const { mirrors } = compiled;
    const loaded = await load();
    const saved = mirrors.save(loaded, folder, { last: true });
    await compiled.stop();
    await expect(saved).resolves.toMatchObject({ records: expect.any(Number) });
    expect((await mirrors.snapshotIn(folder))?.identity).toEqual({ last: true });
  });
});
