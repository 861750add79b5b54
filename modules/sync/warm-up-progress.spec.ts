import { describe, expect, it } from '@jest/globals';
import { WarmUpProgress } from './warm-up-progress.js';

const STARTED_MS = 1_000;

/** A warm-up of 10,000 records that has read 100 every 100 ms since it began, up to a moment. */
function steady(untilMs: number): WarmUpProgress {
  const progress = new WarmUpProgress(STARTED_MS);
  progress.begin(10_000, STARTED_MS);
  for (let nowMs = STARTED_MS + 100; nowMs <= untilMs; nowMs += 100) {
    progress.advance(100, nowMs, nowMs);
  }
  return progress;
}

describe('WarmUpProgress', () => {
  it('knows neither size nor rate before the records are listed', () => {
    const { recordsAll, recordsPerSecond, secondsLeft, status, tookMs } = new WarmUpProgress(
      STARTED_MS,
    ).report(STARTED_MS + 70);
    expect({ recordsAll, recordsPerSecond, secondsLeft, status, tookMs }).toEqual({
      recordsAll: null,
      recordsPerSecond: 0,
      secondsLeft: null,
      status: 'running',
      tookMs: 70,
    });
  });

  it.each([2_000, 5_000, 8_000])('tells records, bytes, rate and time left at %d ms', (nowMs) => {
    const report = steady(nowMs).report(nowMs);
    expect(report).toMatchObject({ recordsDone: nowMs - STARTED_MS, recordsAll: 10_000, bytes: nowMs });
    expect(report.recordsPerSecond).toBe(1_000);
    expect(report.secondsLeft).toBe((11_000 - nowMs) / 1_000);
  });

  it('counts the rate from when reading begins, not from when listing did', () => {
    const progress = new WarmUpProgress(STARTED_MS);
    progress.begin(1_000, STARTED_MS + 60_000);
    progress.advance(500, 1, STARTED_MS + 61_000);
    expect(progress.report(STARTED_MS + 61_000).recordsPerSecond).toBe(500);
  });

  it('forgets what was long ago: the rate is that of late', () => {
    const progress = steady(3_000);
    progress.advance(10, 1, 20_000);
    for (let nowMs = 20_300; nowMs <= 30_000; nowMs += 300) progress.advance(3, 1, nowMs);
    expect(progress.report(30_000).recordsPerSecond).toBe(10);
  });

  it('has no rate and no time left where nothing has moved for long', () => {
    const report = steady(3_000).report(60_000);
    expect([report.recordsPerSecond, report.secondsLeft]).toEqual([0, null]);
  });

  it('keeps few marks, however many steps there are', () => {
    const progress = new WarmUpProgress(0);
    progress.begin(1_000_000, 0);
    for (let nowMs = 1; nowMs < 20_000; nowMs++) progress.advance(1, 1, nowMs);
    expect((progress as unknown as { marks: unknown[] }).marks.length).toBeLessThanOrEqual(22);
  });

  it('stays as it ended, and says how', () => {
    const progress = steady(3_000);
    progress.end('failed', 4_000, 'of the spec');
    expect(progress.isRunning).toBe(false);
    expect(progress.report(90_000)).toEqual({
      status: 'failed',
      message: 'of the spec',
      recordsDone: 2_000,
      recordsAll: 10_000,
      bytes: 3_000,
      recordsPerSecond: 0,
      secondsLeft: null,
      pauses: 0,
      tookMs: 3_000,
    });
  });
});
