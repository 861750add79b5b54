import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { runWarm } from '../src/cli/warm-command.js';
import { callJson, postJson } from './support/http.js';
import { mirrorState } from './support/mirror-states.js';
import { createCollection, numberedRecords, type Records } from './support/records.js';
import { seededRandom } from './support/seeded-random.js';
import { closedPort, startTcpForwarder, type TcpForwarder } from './support/tcp-forwarder.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const DIMENSION = 8;
const RECORDS = 300;
const PAGE_RECORDS = 50;
/** The first record of the fourth page: what waits for it has read half of all. */
const HELD_RECORD = '"record-150"';
const LIMIT_MS = 20_000;
const DEFAULT_PATH = { tenant: 'default_tenant', database: 'default_database' };

const random = seededRandom('warm-command');
let lender: TidegateProcess;
let network: TcpForwarder;
let tidegate: TidegateProcess;
let collections = 0;

beforeAll(async () => {
  lender = await startTidegate();
  network = await startTcpForwarder(lender.chromaUrl);
  const settings = { TIDEGATE_CHROMA_URL: network.url, TIDEGATE_WARM_PAGE_RECORDS: String(PAGE_RECORDS) };
  tidegate = await startTidegate(settings);
});

afterEach(() => {
  network.hold.end();
});

afterAll(async () => {
  await tidegate.stop();
  await network.close();
  await lender.stop();
});

interface Collection {
  readonly name: string;
  readonly records: Records;
}

async function filled(count = RECORDS): Promise<Collection> {
  const name = `filled-${collections++}`;
  const records = await createCollection(lender.url, name);
  const vectors = Array.from({ length: count }, () => random.vector(DIMENSION));
  if (count > 0) expect((await records.add(numberedRecords('record', vectors))).status).toBe(201);
  return { name, records };
}

/** A run of the command as a user starts it, without a terminal. */
class Run {
  out = '';
  errors = '';
  readonly exitCode: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(args: readonly string[], url = tidegate.url) {
    const env = { PATH: process.env['PATH'], TIDEGATE_URL: url };
    this.child = spawn(process.execPath, ['dist/src/cli/main.js', ...args], { env });
    this.child.stdout?.on('data', (piece: Buffer) => (this.out += piece.toString()));
    this.child.stderr?.on('data', (piece: Buffer) => (this.errors += piece.toString()));
    this.exitCode = once(this.child, 'close').then(([code]) => code as number | null);
  }

  says(text: string): Promise<unknown> {
    return until(`it says ${text}`, LIMIT_MS, () => Promise.resolve(this.out.includes(text)));
  }

  interrupt(): void {
    this.child.kill('SIGINT');
  }
}

/** A run whose warm-up has read half of all records and waits. */
async function halfway(): Promise<Collection & { readonly run: Run }> {
  const collection = await filled();
  network.hold.begin(HELD_RECORD);
  const run = new Run(['warm', collection.name]);
  await run.says('50 % (150/300)');
  return { ...collection, run };
}

describe('tidegate warm', () => {
  it('warms a collection by its name, and shows it line by line', async () => {
    const { name, records } = await filled();
    const run = new Run(['warm', name]);
    expect([await run.exitCode, run.errors]).toEqual([0, '']);
    expect(run.out).toContain(`Warming ${name} 100 % (300/300)\n`);
    expect(run.out).toMatch(
      new RegExp(`^${name} is warm: 300 records, \\d+\\.\\d MiB, in \\d+\\.\\d s$`, 'm'),
    );
    expect(await mirrorState(tidegate.url, { id: records.id, ...DEFAULT_PATH })).toBe('warm');
  });

  it('warms a collection by its id, once its path is known', async () => {
    const { records } = await filled();
    const unknown = new Run(['warm', records.id]);
    expect([await unknown.exitCode, unknown.errors]).toEqual([
      1,
      expect.stringContaining('nobody has asked'),
    ]);
    const named = new Run(['warm', records.id, '--database', 'default_database']);
    expect(await named.exitCode).toBe(0);
    const again = new Run(['warm', records.id]);
    expect([await again.exitCode, again.out]).toEqual([0, expect.stringContaining('is warm')]);
  });

  it('shows a bar in a terminal, with rate and time left', async () => {
    const { name } = await filled();
    network.hold.begin(HELD_RECORD);
    const texts: string[] = [];
    const out = { isTTY: true, write: (text: string) => texts.push(text) };
    const run = runWarm([name, '--url', tidegate.url], out, new AbortController().signal);
    await until('the bar is at half', LIMIT_MS, () => Promise.resolve(texts.join('').includes(' 150/300')));
    network.hold.end();
    expect(await run).toBe(0);
    const bars = texts.join('').split('\r');
    const half = bars.find((bar) => bar.includes(' 150/300'));
    expect(half).toContain(`Warming ${name} ${'█'.repeat(15)}${'░'.repeat(15)} 150/300  `);
    expect(half).toMatch(/\d+\/s, \d+\.\d MiB, (\d+ s left|waiting for ChromaDB)/);
    expect(bars.at(-1)).toMatch(/ 300\/300 .*\n.* is warm/s);
  });

  it('leaves the warm-up running at Ctrl+C, and says so', async () => {
    const { name, records, run } = await halfway();
    run.interrupt();
    expect([await run.exitCode, run.out]).toEqual([130, expect.stringContaining('goes on')]);
    expect(await mirrorState(tidegate.url, { id: records.id, ...DEFAULT_PATH })).toBe('warming');
    network.hold.end();
    const again = new Run(['warm', name]);
    expect(await again.exitCode).toBe(0);
  });

  it('fails when an operator drops the collection meanwhile', async () => {
    const { records, run } = await halfway();
    expect((await postJson(tidegate.url, `/operations/v1/sync/${records.id}/drop`, undefined)).status).toBe(
      202,
    );
    network.hold.end();
    expect([await run.exitCode, run.errors]).toEqual([1, expect.stringContaining('try again')]);
  });
});

describe('tidegate warm fails and says what to do', () => {
  it('where there are no records', async () => {
    const { name } = await filled(0);
    const run = new Run(['warm', name]);
    expect([await run.exitCode, run.errors]).toEqual([1, expect.stringContaining('add some first')]);
  });

  it('where it is refused at once', async () => {
    const { name, records } = await filled();
    await postJson(tidegate.url, `/operations/v1/sync/${records.id}/drop`, DEFAULT_PATH);
    const pin = `/operations/v1/collections/${records.id}/pin`;
    expect((await callJson(tidegate.url, 'PUT', pin, { pin: 'never' })).status).toBe(200);
    const run = new Run(['warm', name]);
    expect([await run.exitCode, run.errors]).toEqual([1, expect.stringContaining('set its pin')]);
  });

  it.each([
    ['where there is no such collection', ['warm', 'not-there'], 1, 'not-there'],
    ['without a collection', ['warm'], 2, 'usage: tidegate warm <collection'],
    ['with two', ['warm', 'one', 'two'], 2, 'usage: tidegate warm <collection'],
    ['with an option that there is not', ['warm', 'one', '--fast'], 2, '--fast'],
    ['without a command', [], 2, 'Usage: tidegate'],
    ['with a command that there is not', ['toString'], 2, 'Usage: tidegate'],
  ])('%s', async (_, args, code, told) => {
    const run = new Run(args);
    expect([await run.exitCode, run.errors]).toEqual([code, expect.stringContaining(told)]);
  });

  it('where nobody listens', async () => {
    const run = new Run(['warm', 'one'], `http://127.0.0.1:${await closedPort()}`);
    expect([await run.exitCode, run.errors]).toEqual([1, expect.stringContaining('no Tidegate answers')]);
  });
});
