import { beforeAll, describe, expect, it } from '@jest/globals';
import { QueryLoad, type LoadReply } from './support/query-load.js';
import { isRunning, runningChromaOf, startOf, untilGone } from './support/process-tree.js';
import { FROM_CHROMA, waitForTier, type Reply } from './support/http.js';
import { createCollection, numberedRecords, type Records } from './support/records.js';
import { SeededRandom } from './support/seeded-random.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const DIMENSION = 16;
const LOOPS = 16;
const RECOVERY_LIMIT_MS = 15_000;
const ORPHAN_LIMIT_MS = 5_000;
const HOT_TIERS = ['mirror', 'answer-cache'];

function isServiceError({ status, json }: Reply): boolean {
  if (status !== 503 && status !== 502) return false;
  const { error, message } = (json ?? {}) as { error?: unknown; message?: unknown };
  return typeof error === 'string' && typeof message === 'string';
}

async function filledCollection(url: string, name: string): Promise<Records> {
  const random = new SeededRandom(3);
  const records = await createCollection(url, name);
  const vectors = Array.from({ length: 300 }, () => random.vector(DIMENSION));
  await records.add(numberedRecords('record', vectors));
  await waitForTier(url, records.id, 'mirror');
  return records;
}

/** What happened when ChromaDB was killed, with the moments as milliseconds of the clock. */
interface Outage {
  readonly load: QueryLoad;
  readonly killedAt: number;
  /** When a new ChromaDB process was there, though perhaps not yet ready. */
  readonly restartedAt: number;
  readonly recoveredAt: number;
  readonly writeAttempts: readonly Reply[];
}

async function killChromaUnderLoad(tidegate: TidegateProcess): Promise<Outage> {
  const records = await filledCollection(tidegate.url, 'under-load');
  const written = await createCollection(tidegate.url, 'written-later');
  const load = new QueryLoad(records, DIMENSION, LOOPS);
  await load.runFor(500);

  const chroma = await runningChromaOf(tidegate.pid);
  process.kill(chroma, 'SIGKILL');
  await untilGone(chroma, 2_000);
  const killedAt = Date.now();
  const restartedAt = await startOf(await runningChromaOf(tidegate.pid));

  const writeAttempts: Reply[] = [];
  await until('a write succeeds again', RECOVERY_LIMIT_MS, async () => {
    const reply = await written.add({ ids: [`try-${writeAttempts.length}`], embeddings: [[1, 2]] });
    writeAttempts.push(reply);
    return reply.status === 201;
  });
  await until('ChromaDB answers queries again', RECOVERY_LIMIT_MS, async () => {
    return (await records.query(load.newQuery(), FROM_CHROMA)).status === 200;
  });
  const recoveredAt = Date.now();
  await load.runFor(1_000);
  await load.stop();
  return { load, killedAt, restartedAt, recoveredAt, writeAttempts };
}

function repliesBetween({ load }: Outage, from: number, to: number): readonly LoadReply[] {
  return load.replies.filter(({ sentAt, receivedAt }) => sentAt >= from && receivedAt < to);
}

/** Replies that nothing but a running ChromaDB could have given, or that no caller could make sense of. */
function strangeReplies(outage: Outage): readonly object[] {
  const strange = repliesBetween(outage, outage.killedAt, outage.recoveredAt).filter(
    ({ reply, tier, receivedAt }) => {
      if (reply.status !== 200) return !isServiceError(reply);
      return !HOT_TIERS.includes(tier) && receivedAt < outage.restartedAt;
    },
  );
  return strange.map(({ reply, ...seen }) => ({ ...seen, status: reply.status, text: reply.text }));
}

describe('ChromaDB is killed under load', () => {
  let tidegate: TidegateProcess;
  let outage: Outage;

  beforeAll(async () => {
    tidegate = await startTidegate();
    outage = await killChromaUnderLoad(tidegate);
  });

  it('no request hangs or loses its connection', () => {
    expect(outage.load.failures).toEqual([]);
  });

  it('serves within 15 s again', () => {
    expect(outage.recoveredAt - outage.killedAt).toBeLessThan(RECOVERY_LIMIT_MS);
  });

  it('answers from memory, or says in JSON that the store is unavailable', () => {
    expect(strangeReplies(outage)).toEqual([]);
    expect(outage.writeAttempts.slice(0, -1).filter((reply) => !isServiceError(reply))).toEqual([]);
  });

  it('keeps answering plain queries from the mirror all the while', () => {
    const during = repliesBetween(outage, outage.killedAt, outage.recoveredAt);
    const plain = during.filter(({ kind }) => kind === 'repeated' || kind === 'fresh');
    const fresh = during.filter(({ kind }) => kind === 'fresh');

    expect(plain.filter(({ reply }) => reply.status !== 200)).toEqual([]);
    expect(new Set(fresh.map(({ tier }) => tier))).toEqual(new Set(['mirror']));
  });

  it('gives the same answers before, during and after', () => {
    expect(outage.load.changedAnswers).toEqual([]);
  });

  it('answers everything after the recovery', () => {
    const after = repliesBetween(outage, outage.recoveredAt, Infinity);

    expect(after.filter(({ reply }) => reply.status !== 200)).toEqual([]);
    expect(new Set(after.map(({ kind }) => kind))).toEqual(
      new Set(['repeated', 'fresh', 'filtered', 'forced']),
    );
  });

  it('takes ChromaDB along when it is asked to stop', async () => {
    const chroma = await runningChromaOf(tidegate.pid);

    expect(await tidegate.stop()).toBe(0);
    expect(await isRunning(tidegate.pid)).toBe(false);
    expect(await isRunning(chroma)).toBe(false);
  });
});

describe('Tidegate is killed', () => {
  it('and ChromaDB follows within 5 s', async () => {
    const tidegate = await startTidegate();
    const chroma = await runningChromaOf(tidegate.pid);

    await tidegate.kill();

    await untilGone(chroma, ORPHAN_LIMIT_MS);
  });
});
