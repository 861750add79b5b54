import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ReadingShare, restMs } from './reading-share.js';

const READING_MS = 30;
const never = () => false;
const always = () => true;

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

function reading(): Promise<void> {
  return new Promise((done) => setTimeout(done, READING_MS));
}

/** Reads one after the other; tells how many have ended. */
function reader(share: ReadingShare, isUrgent: () => boolean) {
  const told = { readings: 0 };
  const read = async (): Promise<never> => {
    for (;;) {
      await share.run(isUrgent, reading);
      told.readings++;
    }
  };
  void read();
  return told;
}

describe('restMs', () => {
  it.each([
    [100, 0],
    [50, 40],
    [5, 760],
    [1, 3_960],
  ])('with %i percent, after 40 ms, is %i ms', (share, rest) => {
    expect(restMs(40, share)).toBeCloseTo(rest);
  });
});

describe('ReadingShare', () => {
  it.each([
    [5, 100],
    [50, 1_000],
    [100, 2_000],
  ])('lets all readers together read %i percent of the time', async (percent, readings) => {
    const share = new ReadingShare(percent);
    const readers = [never, never, never].map((isUrgent) => reader(share, isUrgent));
    await jest.advanceTimersByTimeAsync(readings * READING_MS * (100 / percent));
    const all = readers.reduce((sum, told) => sum + told.readings, 0);
    expect(all).toBeLessThanOrEqual(readings);
    expect(all).toBeGreaterThan(readings * 0.9);
    for (const told of readers) expect(told.readings).toBeGreaterThan((readings / readers.length) * 0.9);
  });

  it('runs one reading at a time, the urgent ones first and without rests', async () => {
    const share = new ReadingShare(1);
    const patient = reader(share, never);
    const urgent = reader(share, always);
    await jest.advanceTimersByTimeAsync(10 * READING_MS);
    expect([patient.readings, urgent.readings]).toEqual([1, 9]);
  });

  it('does not let one rest that has become urgent', async () => {
    const share = new ReadingShare(1);
    let urgent = false;
    const told = reader(share, () => urgent);
    await jest.advanceTimersByTimeAsync(5 * READING_MS);
    expect(told.readings).toBe(1);
    urgent = true;
    share.next();
    await jest.advanceTimersByTimeAsync(5 * READING_MS);
    expect(told.readings).toBe(6);
  });

  it('goes on after a reading that fails', async () => {
    const share = new ReadingShare(100);
    await expect(share.run(never, () => Promise.reject(new Error('none')))).rejects.toThrow('none');
    await expect(share.run(never, () => Promise.resolve(1))).resolves.toBe(1);
  });
});
