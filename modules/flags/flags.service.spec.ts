import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Log } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { defaultFlagDocument, type FlagDocument } from './flag-document.js';
import { Flags } from './flags.service.js';

const CALLERS = Array.from({ length: 400 }, (_, n) => `caller ${n}`);

const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'tidegate-flags-'));
  endings.push(() => rm(made, { recursive: true, force: true }));
  return made;
}

async function flagsIn(dataDir: string, metrics = new Metrics()): Promise<Flags> {
  const flags = new Flags({ dataDir }, metrics, new Log('silent'));
  await flags.onModuleInit();
  endings.unshift(() => {
    flags.onModuleDestroy();
    return Promise.resolve();
  });
  return flags;
}

function mirrorReads(flag: object): FlagDocument {
  const base = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' };
  return { flags: { ...defaultFlagDocument().flags, 'mirror-reads': { ...base, ...flag } } };
}

const shareOf = (percent: number) =>
  mirrorReads({
    targeting: {
      fractional: [
        ['on', percent],
        ['off', 100 - percent],
      ],
    },
  });

async function callersOn(flags: Flags): Promise<string[]> {
  const on: string[] = [];
  for (const caller of CALLERS) if (await flags.isOn('mirror-reads', caller)) on.push(caller);
  return on;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}

async function auditOf(dataDir: string): Promise<Record<string, unknown>[]> {
  const lines = (await readFile(join(dataDir, 'flags-audit.jsonl'), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('Flags', () => {
  it('writes a file on a first start that has everything on', async () => {
    const dataDir = join(await folder(), 'new', 'folder');
    const flags = await flagsIn(dataDir);
    expect(JSON.parse(await readFile(join(dataDir, 'flags.json'), 'utf8'))).toEqual(defaultFlagDocument());
    expect(await flags.isOn('mirror-reads', 'a')).toBe(true);
    expect(await flags.isOn('answer-cache-reads', 'a')).toBe(true);
  });

  it('takes the file that is there into use', async () => {
    const dataDir = await folder();
    await writeFile(join(dataDir, 'flags.json'), JSON.stringify(mirrorReads({})));
    const flags = await flagsIn(dataDir);
    expect(await flags.isOn('mirror-reads', 'a')).toBe(false);
    expect(flags.document()).toEqual(mirrorReads({}));
  });

  it.each(['DISABLED', 'ENABLED'])('is off for everybody when its default is off: %s', async (state) => {
    const flags = await flagsIn(await folder());
    expect(await flags.replace(mirrorReads({ state }), 'spec')).toEqual([]);
    expect(await callersOn(flags)).toEqual([]);
  });

  it('is off when it is disabled, whatever its default', async () => {
    const flags = await flagsIn(await folder());
    await flags.replace(mirrorReads({ state: 'DISABLED', defaultVariant: 'on' }), 'spec');
    expect(await flags.isOn('mirror-reads', 'a')).toBe(false);
    expect(await flags.isOn('answer-cache-reads', 'a')).toBe(true);
  });

  it('is off before it started', async () => {
    const flags = new Flags({ dataDir: await folder() }, new Metrics(), new Log('silent'));
    expect(await flags.isOn('mirror-reads', 'a')).toBe(false);
  });

  it('counts evaluations by variant', async () => {
    const metrics = new Metrics();
    const flags = await flagsIn(await folder(), metrics);
    await flags.isOn('mirror-reads', 'a');
    const { text } = await metrics.expose();
    expect(text).toContain('tidegate_flag_evaluations_total{flag="mirror-reads",variant="on"} 1');
  });
});

describe('Flags, known at once', () => {
  it('are those that were evaluated, and each look at them counts', async () => {
    const metrics = new Metrics();
    const flags = await flagsIn(await folder(), metrics);
    expect(flags.known('mirror-reads', 'a')).toBeUndefined();
    await flags.isOn('mirror-reads', 'a');
    expect(flags.known('mirror-reads', 'a')).toBe(true);
    expect(flags.known('mirror-reads', 'b')).toBeUndefined();
    const { text } = await metrics.expose();
    expect(text).toContain('tidegate_flag_evaluations_total{flag="mirror-reads",variant="on"} 2');
  });

  it('are forgotten when the document changes, also by an evaluation that is under way', async () => {
    const flags = await flagsIn(await folder());
    await flags.isOn('mirror-reads', 'a');
    const underWay = flags.isOn('mirror-reads', 'b');
    await flags.replace(mirrorReads({}), 'spec');
    await underWay;
    expect(flags.known('mirror-reads', 'a')).toBeUndefined();
    expect(flags.known('mirror-reads', 'b')).toBeUndefined();
    expect(await flags.isOn('mirror-reads', 'b')).toBe(false);
    expect(flags.known('mirror-reads', 'b')).toBe(false);
  });

  it('are forgotten at each look at the file, as a rule may depend on the time', async () => {
    const flags = await flagsIn(await folder());
    await flags.isOn('mirror-reads', 'a');
    await until(() => Promise.resolve(flags.known('mirror-reads', 'a') === undefined));
  });

  it('are none before the start', async () => {
    const flags = new Flags({ dataDir: await folder() }, new Metrics(), new Log('silent'));
    await flags.isOn('mirror-reads', 'a');
    expect(flags.known('mirror-reads', 'a')).toBeUndefined();
  });
});

describe('Flags, for a share of callers', () => {
  it('is on for about the share, and stays so for each caller', async () => {
    const flags = await flagsIn(await folder());
    await flags.replace(shareOf(25), 'spec');
    const on = await callersOn(flags);
    expect(on.length / CALLERS.length).toBeGreaterThan(0.15);
    expect(on.length / CALLERS.length).toBeLessThan(0.35);
    expect(await callersOn(flags)).toEqual(on);
    const others = await flagsIn(await folder());
    await others.replace(shareOf(25), 'spec');
    expect(await callersOn(others)).toEqual(on);
  });

  it('takes callers in, and none out, when the share grows', async () => {
    const flags = await flagsIn(await folder());
    let before: string[] = [];
    for (const percent of [0, 10, 25, 60, 100]) {
      await flags.replace(shareOf(percent), 'spec');
      const on = await callersOn(flags);
      expect(on).toEqual(expect.arrayContaining(before));
      expect(on.length).toBeGreaterThanOrEqual(before.length);
      before = on;
    }
    expect(before).toEqual(CALLERS);
  });
});

describe('Flags, replaced', () => {
  it('takes a document into use, writes it and notes who did it', async () => {
    const dataDir = await folder();
    const flags = await flagsIn(dataDir);
    await flags.replace(mirrorReads({}), 'first');
    await flags.replace(shareOf(10), 'second');
    expect(flags.document()).toEqual(shareOf(10));
    expect(JSON.parse(await readFile(join(dataDir, 'flags.json'), 'utf8'))).toEqual(shareOf(10));
    expect(await auditOf(dataDir)).toMatchObject([
      { by: 'first', before: defaultFlagDocument(), after: mirrorReads({}) },
      { by: 'second', before: mirrorReads({}), after: shareOf(10) },
    ]);
  });

  it.each([
    undefined,
    {},
    { flags: {} },
    { flags: { ...mirrorReads({}).flags, unknown: {} } },
    mirrorReads({ state: 'ON' }),
    mirrorReads({ targeting: { fractional: [['red', 100]] } }),
  ])('refuses %j whole', async (document) => {
    const dataDir = await folder();
    const flags = await flagsIn(dataDir);
    const before = await readFile(join(dataDir, 'flags.json'), 'utf8');
    expect((await flags.replace(document, 'spec')).length).toBeGreaterThan(0);
    expect(await flags.isOn('mirror-reads', 'a')).toBe(true);
    expect(flags.document()).toEqual(defaultFlagDocument());
    expect(await readFile(join(dataDir, 'flags.json'), 'utf8')).toBe(before);
    await expect(auditOf(dataDir)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('Flags, replaced in vain', () => {
  it('keeps the flags when the file cannot be written: a restart would forget the new ones', async () => {
    const dataDir = await folder();
    const flags = await flagsIn(dataDir);
    await rm(dataDir, { recursive: true });
    await writeFile(dataDir, 'a file where the folder was');
    await expect(flags.replace(mirrorReads({}), 'of the spec')).rejects.toThrow();
    expect(flags.document()).toEqual(defaultFlagDocument());
    expect(await flags.isOn('mirror-reads', 'caller')).toBe(true);
  });
});

describe('Flags, when the file is edited', () => {
  it('takes the edit into use and notes it; a broken edit is refused until it is mended', async () => {
    const dataDir = await folder();
    const metrics = new Metrics();
    const flags = await flagsIn(dataDir, metrics);
    const file = join(dataDir, 'flags.json');
    await writeFile(file, JSON.stringify(mirrorReads({})));
    await until(async () => !(await flags.isOn('mirror-reads', 'a')));
    expect(await auditOf(dataDir)).toMatchObject([{ by: 'flag-file', after: mirrorReads({}) }]);
    await writeFile(file, '{"flags":');
    const refused = 'tidegate_flag_reloads_total{outcome="refused"} 1';
    await until(async () => (await metrics.expose()).text.includes(refused));
    expect(flags.document()).toEqual(mirrorReads({}));
    await writeFile(file, JSON.stringify(defaultFlagDocument()));
    await until(() => flags.isOn('mirror-reads', 'a'));
  });

  it('keeps the flags, and the process, when the file cannot be read', async () => {
    const dataDir = await folder();
    const flags = await flagsIn(dataDir);
    const file = join(dataDir, 'flags.json');
    await rm(file);
    await mkdir(file);
    let unhandled: unknown;
    const note = (reason: unknown) => (unhandled = reason);
    process.on('unhandledRejection', note);
    await sleep(700);
    process.off('unhandledRejection', note);
    expect(await flags.isOn('mirror-reads', 'a')).toBe(true);
    expect(unhandled).toBeUndefined();
  });
});
