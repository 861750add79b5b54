import { postQuery, queryBody, type QueryAnswer } from './query-request.js';
import type { SampleQuery } from './sample-queries.js';

/** How often each request is timed; the median of so few is still free of a single outlier. */
export const REPETITIONS = 9;

/** Where the two servers are and which collection is asked for. */
export interface Servers {
  readonly tidegateUrl: string;
  readonly chromaUrl: string;
  readonly collectionId: string;
}

/** One query as Tidegate and as ChromaDB answered it, with the median time of each. */
export interface Comparison {
  readonly query: SampleQuery;
  readonly tidegate: QueryAnswer;
  readonly chroma: QueryAnswer;
  readonly tidegateMs: number;
  readonly chromaMs: number;
}

/** Asks both servers the same, by turns, so that whatever slows the machine down slows both. */
export async function compare(servers: Servers, query: SampleQuery): Promise<Comparison> {
  const headers: Record<string, string> = query.forceChroma === true ? { 'x-tidegate-tier': 'chroma' } : {};
  const askTidegate = (body: string) => postQuery(servers.tidegateUrl, servers.collectionId, body, headers);
  const askChroma = (body: string) => postQuery(servers.chromaUrl, servers.collectionId, body);

  const tidegate = await askTidegate(queryBody(query));
  const chroma = await askChroma(queryBody(query));
  const tidegateTimes: number[] = [];
  const chromaTimes: number[] = [];
  for (let variant = 1; variant <= REPETITIONS; variant += 1) {
    const body = queryBody(query, query.repeated === true ? 0 : variant);
    const timed = await askTidegate(body);
    // A time of another tier would not belong to the tier that the table names.
    if (timed.tier === tidegate.tier) tidegateTimes.push(timed.milliseconds);
    chromaTimes.push((await askChroma(body)).milliseconds);
  }
  const tidegateMs = median(tidegateTimes) ?? tidegate.milliseconds;
  return { query, tidegate, chroma, tidegateMs, chromaMs: median(chromaTimes) ?? chroma.milliseconds };
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
}
