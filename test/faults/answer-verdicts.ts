import type { LoadRecord } from './load-record.js';
import { overlapMs, type Span } from './monotonic.js';

/** What was done to Tidegate and ChromaDB, as far as answers are judged by it. */
export interface Circumstances {
  readonly deadlineMs: number;
  /** A request may end so much later than its deadline. */
  readonly graceMs: number;
  /** Tidegate as a whole stood still. */
  readonly frozen: readonly Span[];
  /** ChromaDB had lost its collections: 404 is right. */
  readonly gone: readonly Span[];
  /** ...and that must have been noticed: nothing else is right. */
  readonly goneForCertain: readonly Span[];
  /** Bodies of ChromaDB were garbled on their way: no one who passes them on can tell. */
  readonly garbling: readonly Span[];
}

/** Requests that did not end within their deadline and the grace. */
export function hungRequests(
  records: readonly LoadRecord[],
  { deadlineMs, graceMs, frozen }: Circumstances,
): readonly LoadRecord[] {
  return records.filter((record) => record.endMs > lastMomentOf(record, deadlineMs, frozen) + graceMs);
}

/**
 * The deadline begins when Tidegate can get the request: what was sent to a frozen one begins at its thaw.
 * What the load did not see in time, because it stood still itself, may have been in time.
 */
function lastMomentOf({ startMs, blindMs }: LoadRecord, deadlineMs: number, frozen: readonly Span[]): number {
  const during = frozen.find(({ fromMs, toMs }) => fromMs <= startMs && startMs < toMs);
  const dueMs = (during?.toMs ?? startMs) + deadlineMs;
  const late = frozen.find(({ fromMs, toMs }) => fromMs <= dueMs && dueMs < toMs);
  return (late?.toMs ?? dueMs) + blindMs;
}

/** What is wrong with each answer that is wrong. */
export function wrongAnswers(
  records: readonly LoadRecord[],
  circumstances: Circumstances,
): readonly string[] {
  return records.flatMap((record) => {
    const wrong = wrongWith(record, circumstances);
    return wrong === undefined ? [] : [`${record.group} by ${record.tier || 'nobody'}: ${wrong}`];
  });
}

function wrongWith(record: LoadRecord, circumstances: Circumstances): string | undefined {
  if (record.wrong !== undefined) return record.wrong;
  const { gone, goneForCertain, garbling } = circumstances;
  const from = record.tier === '' || record.tier === 'chroma';
  if (record.noAnswer === 'garbled' && !(from && isAmid(record, garbling))) return 'its body is garbled';
  if (record.status === 404 && !isAmid(record, gone)) return 'not found, and it is there';
  const isCertain = goneForCertain.some((span) => span.fromMs <= record.startMs && record.endMs < span.toMs);
  return record.status === 200 && isCertain ? 'answered, and it is gone' : undefined;
}

function isAmid({ startMs, endMs }: LoadRecord, spans: readonly Span[]): boolean {
  return spans.some((span) => overlapMs(span, { fromMs: startMs, toMs: endMs + 1 }) > 0);
}
