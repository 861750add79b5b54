import { setTimeout as pause } from 'node:timers/promises';
import { postQuery, queryBody, type QueryAnswer } from './query-request.js';

const LONGEST_WAIT_MS = 30_000;
const PAUSE_MS = 100;

/**
 * Queries until the mirror answers: the first query makes Tidegate fill it in the background. Every text
 * is a new one, or the answer cache would answer. After half a minute the last answer is taken as it is.
 */
export async function warmUp(tidegateUrl: string, collectionId: string): Promise<QueryAnswer> {
  const deadline = performance.now() + LONGEST_WAIT_MS;
  for (let round = 1; ; round += 1) {
    const body = queryBody({ text: `warming up, round ${round}` });
    const answer = await postQuery(tidegateUrl, collectionId, body);
    if (answer.tier === 'mirror' || performance.now() > deadline) return answer;
    await pause(PAUSE_MS);
  }
}
