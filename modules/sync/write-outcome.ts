import type { ChromaHttp } from '../chroma/chroma-http.service.js';
import type { StoreAnswer, StoreCall } from '../chroma/store-call.js';
import { isAmbiguous } from '../chroma/store-failure.js';
import type { CallOutcome } from '../telemetry/metrics.service.js';
import { outcomeOfStatus, type WriteOutcome } from './write-scope.js';

/** How the metrics name a write's outcome. */
export const METRIC_OUTCOMES: Record<WriteOutcome, CallOutcome> = {
  applied: 'ok',
  refused: 'refused',
  'never-sent': 'rejected',
  'in-doubt': 'failed',
};

/** Sends a changing call and tells how it ended, before the answer is handed on or the error thrown. */
export async function sendWrite(
  http: ChromaHttp,
  call: StoreCall,
  ended: (outcome: WriteOutcome) => Promise<void>,
): Promise<StoreAnswer> {
  let answer: StoreAnswer;
  try {
    answer = await http.send(call);
  } catch (error) {
    await ended(isAmbiguous(error) ? 'in-doubt' : 'never-sent');
    throw error;
  }
  await ended(outcomeOfStatus(answer.status));
  return answer;
}
