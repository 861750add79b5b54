import { describe, expect, it } from '@jest/globals';
import { resultsWith, rowWith } from './results.fake.js';
import type { BenchResults } from './results.js';
import { judgeTargets } from './targets.js';

function verdicts(results: BenchResults): Record<string, string> {
  return Object.fromEntries(judgeTargets(results).map(({ title, verdict }) => [title, verdict]));
}

describe('targets', () => {
  it('are those of the issue, none of them looser', () => {
    const bounds = judgeTargets(resultsWith([], { 'memory-raw': 3_072, 'memory-text': 200 })).map(
      ({ title, sense, bound }) => `${title}: ${sense} ${Number(bound.toPrecision(4))}`,
    );
    expect(bounds).toEqual([
      'plain, 1 client, p50 ratio: at most 0.2',
      'plain, 16 clients, requests/s ratio: at least 6',
      'where-10, 1 client, p50 ratio: at most 0.05',
      'where-0.1, 1 client, p50 ratio: at most 0.05',
      'where-document, 1 client, p50 ratio: at most 0.06667',
      'repeated, 16 clients, requests/s ratio: at least 30',
      'zipf, 16 clients, requests/s ratio: at least 10',
      'forced-miss, 1 client, p50 ratio: at most 1.1',
      'ingest-1000, 1 client, requests/s ratio: at least 0.85',
      'ingest-1000, 8 clients, requests/s ratio: at least 0.85',
      'ingest-100, 1 client, requests/s ratio: at least 0.85',
      'ingest-100, 8 clients, requests/s ratio: at least 0.85',
      'ingest-1, 1 client, requests/s ratio: at least 0.85',
      'ingest-1, 8 clients, requests/s ratio: at least 0.85',
      'milliseconds from kill -9 to the first answer: at most 1000',
      'milliseconds from kill -9 to the first answer of the mirror: at most 4000',
      'recall, the least of all scenarios: at least 0.99',
      "recall minus ChromaDB's, the least of all scenarios: at least 0",
      'resident bytes of a mirrored record: at most 4501',
      'plain p50, 100,000 records by 20,000: at most 1.6',
      'plain p50, 500,000 records by 100,000: at most 1.6',
    ]);
  });

  it('are met, missed, or not measured', () => {
    const told = verdicts(
      resultsWith([rowWith('plain', 1, { p50: 0.2 }), rowWith('plain', 16, { rate: 5.99 })], {
        'memory-raw': 3_072,
        'memory-text': 200,
        'memory-resident': 4_502,
        'growth-Tidegate-20000-100000': 1.6,
      }),
    );
    expect(told).toMatchObject({
      'plain, 1 client, p50 ratio': 'met',
      'plain, 16 clients, requests/s ratio': 'MISSED',
      'zipf, 16 clients, requests/s ratio': 'not measured',
      'resident bytes of a mirrored record': 'MISSED',
      'plain p50, 100,000 records by 20,000': 'met',
      'plain p50, 500,000 records by 100,000': 'not measured',
    });
  });

  it('hold for the recall of every scenario', () => {
    const good = rowWith('plain', 1, {}, { tidegate: { recall: 1 }, chroma: { recall: 1 } });
    const worse = rowWith('where-1', 1, {}, { tidegate: { recall: 0.995 }, chroma: { recall: 0.996 } });
    expect(verdicts(resultsWith([good]))).toMatchObject({
      'recall, the least of all scenarios': 'met',
      "recall minus ChromaDB's, the least of all scenarios": 'met',
    });
    expect(verdicts(resultsWith([good, worse]))).toMatchObject({
      'recall, the least of all scenarios': 'met',
      "recall minus ChromaDB's, the least of all scenarios": 'MISSED',
    });
  });
});
