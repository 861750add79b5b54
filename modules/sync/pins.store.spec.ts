import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Log } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { MAX_PINS, PinsStore } from './pins.store.js';
import { idOf, targetOf } from './sync-world.fake.js';
import { CONFIG } from './sync-world.fake.js';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'tidegate-pins-'));
  folders.push(made);
  return made;
}

async function pinsIn(dataDir: string, metrics = new Metrics()): Promise<PinsStore> {
  const pins = new PinsStore(Object.assign({}, CONFIG, { dataDir }), metrics, new Log('silent'));
  await pins.onModuleInit();
  return pins;
}

describe('PinsStore', () => {
  it('has every collection at auto at first', async () => {
    const pins = await pinsIn(join(await folder(), 'not-there-yet'));
    expect([pins.pinOf(idOf(1)), pins.list()]).toEqual(['auto', []]);
  });

  it('keeps pins over a restart, with the paths of their collections', async () => {
    const dataDir = join(await folder(), 'new');
    const pins = await pinsIn(dataDir);
    await Promise.all([
      pins.set(targetOf(1), 'always', 'me'),
      pins.set(targetOf(2, 'other'), 'never', 'me'),
      pins.set(targetOf(3), 'never', 'me'),
    ]);
    await pins.set(targetOf(3), 'auto', 'me');
    const metrics = new Metrics();
    const again = await pinsIn(dataDir, metrics);
    expect(again.list()).toEqual([
      { target: targetOf(1), pin: 'always' },
      { target: targetOf(2, 'other'), pin: 'never' },
    ]);
    expect([again.pinOf(idOf(2)), again.pinOf(idOf(3))]).toEqual(['never', 'auto']);
    const { text } = await metrics.expose();
    expect(text).toContain('tidegate_pins{pin="always"} 1');
    expect(text).toContain('tidegate_pin_file_uses_total{use="read",outcome="ok"} 1');
  });

  it('records who changed what', async () => {
    const dataDir = await folder();
    const pins = await pinsIn(dataDir);
    await pins.set(targetOf(1), 'always', 'ann');
    await pins.set(targetOf(1), 'auto', 'bob');
    const lines = (await readFile(join(dataDir, 'pins-audit.jsonl'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { by: 'ann', collection: idOf(1), before: 'auto', after: 'always' },
      { by: 'bob', collection: idOf(1), before: 'always', after: 'auto' },
    ]);
  });

  it.each([
    ['is cut short', '{"pins":{'],
    ['has no pins', '[]'],
    ['names no collection', '{"pins":{"x":{"pin":"never","tenant":"t","database":"d"}}}'],
    ['has an unknown pin', `{"pins":{"${idOf(1)}":{"pin":"often","tenant":"t","database":"d"}}}`],
    ['lacks a path', `{"pins":{"${idOf(1)}":{"pin":"never","tenant":"t"}}}`],
  ])('pins nothing by a file that %s, and puts it aside at the next change', async (_, text) => {
    const dataDir = await folder();
    await writeFile(join(dataDir, 'pins.json'), text);
    const metrics = new Metrics();
    const pins = await pinsIn(dataDir, metrics);
    expect(pins.list()).toEqual([]);
    const { text: exposed } = await metrics.expose();
    expect(exposed).toContain('tidegate_pin_file_uses_total{use="read",outcome="failed"} 1');
    await pins.set(targetOf(2), 'always', 'me');
    await pins.set(targetOf(3), 'always', 'me');
    expect((await readdir(dataDir)).sort()).toEqual(['pins-audit.jsonl', 'pins.json', 'pins.json.damaged']);
    expect(await readFile(join(dataDir, 'pins.json.damaged'), 'utf8')).toBe(text);
    expect((await pinsIn(dataDir)).list()).toHaveLength(2);
  });

  it('does not use a pin that it cannot keep', async () => {
    const metrics = new Metrics();
    const pins = await pinsIn('/dev/null', metrics);
    await expect(pins.set(targetOf(1), 'always', 'me')).rejects.toThrow();
    expect(pins.pinOf(idOf(1))).toBe('auto');
    const { text } = await metrics.expose();
    expect(text).toContain('tidegate_pin_file_uses_total{use="write",outcome="failed"} 1');
  });

  it('takes so many pins and no more', async () => {
    const dataDir = await folder();
    const entry = { pin: 'never', tenant: 't', database: 'd' };
    const entries = Array.from({ length: MAX_PINS }, (_, number) => [idOf(number), entry]);
    await writeFile(
      join(dataDir, 'pins.json'),
      JSON.stringify({ pins: Object.fromEntries(entries) as object }),
    );
    const pins = await pinsIn(dataDir);
    expect(await pins.set(targetOf(MAX_PINS), 'never', 'me')).toContain(`${MAX_PINS} collections are pinned`);
    expect(await pins.set(targetOf(0), 'always', 'me')).toBeUndefined();
    expect(await pins.set(targetOf(1), 'auto', 'me')).toBeUndefined();
    expect(await pins.set(targetOf(MAX_PINS), 'never', 'me')).toBeUndefined();
  });
});
