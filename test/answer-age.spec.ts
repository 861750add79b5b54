import { beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { tierOf, waitForTier, type Reply } from './support/http.js';
import { answerOf, createCollection, numberedRecords, type Records } from './support/records.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';

const QUERY = { query_embeddings: [[1, 0]], n_results: 1 };
const AGE_MS = 300;

let tidegate: TidegateProcess;
let records: Records;

beforeAll(async () => {
  // What goes around Tidegate is not to be noticed by itself.
  tidegate = await startTidegate({ TIDEGATE_DRIFT_CHECK_MS: '3600000' });
  records = await createCollection(tidegate.url, 'aged');
  await records.add(
    numberedRecords('r', [
      [1, 0],
      [0, 1],
    ]),
  );
  await waitForTier(tidegate.url, records.id, 'mirror');
  await records.query(QUERY);
});

function within(maxStalenessMs: number | string): Promise<Reply> {
  return records.query(QUERY, { 'x-tidegate-max-staleness': String(maxStalenessMs) });
}

const told = (reply: Reply) => `${tierOf(reply)}: ${String(reply.headers['x-tidegate-reason'])}`;

describe('a caller who bounds the age of an answer', () => {
  it('sees a write that went around Tidegate, when it is older than the bound', async () => {
    await records.through(tidegate.chromaUrl).delete({ ids: ['r-0'] });
    expect(answerOf(await records.query(QUERY)).ids).toEqual([['r-0']]);
    await sleep(AGE_MS);
    const fresh = await within(AGE_MS);
    expect(told(fresh)).toBe('chroma: too-old');
    expect(answerOf(fresh).ids).toEqual([['r-1']]);
  });

  it('shares that fresher answer with everybody', async () => {
    const reply = await records.query(QUERY);
    expect(told(reply)).toBe('answer-cache: cached');
    expect(answerOf(reply).ids).toEqual([['r-1']]);
  });

  it('is answered from memory within the bound', async () => {
    expect(tierOf(await within(600_000))).toBe('answer-cache');
  });

  it('always gets ChromaDB when it allows no age', async () => {
    expect([told(await within(0)), told(await within(0))]).toEqual(['chroma: too-old', 'chroma: too-old']);
  });

  it.each(['', '-1', '1.5', 'soon'])('is told what is allowed when it says %j', async (value) => {
    const { status, json } = await within(value);
    expect(status).toBe(400);
    const message = expect.stringContaining('give a whole number of milliseconds');
    expect(json).toEqual({ error: 'InvalidArgumentError', message });
  });
});

describe('a caller who names a tier', () => {
  it('is told that there is none to be had but ChromaDB', async () => {
    const { status, json } = await records.query(QUERY, { 'x-tidegate-tier': 'mirror' });
    expect(status).toBe(400);
    const message = expect.stringContaining('"chroma" is the only tier that can be asked for');
    expect(json).toEqual({ error: 'InvalidArgumentError', message });
  });
});
