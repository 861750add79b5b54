import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until the answer is given; fails, saying what was awaited, when the time is over. */
export async function until<T>(
  awaited: string,
  limitMs: number,
  ask: () => Promise<T | undefined | false>,
  pauseMs = 50,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() >= deadline) throw new Error(`${awaited}: not within ${limitMs} ms`);
    await sleep(pauseMs);
  }
}
