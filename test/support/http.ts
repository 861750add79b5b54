import http from 'node:http';
import { until } from './until.js';

const CALL_LIMIT_MS = 30_000;
const WARM_LIMIT_MS = 20_000;
export const DEFAULT_DATABASE = '/api/v2/tenants/default_tenant/databases/default_database';

/** Keeps connections open as clients do who never close them by themselves. */
export const patientAgent = new http.Agent({ keepAlive: true });

export type Headers = Readonly<Record<string, string>>;
export type Body = string | Buffer;

/** A query with this header is answered by ChromaDB and by nothing else. */
export const FROM_CHROMA: Headers = { 'x-tidegate-tier': 'chroma' };

export interface RawCall {
  readonly method: string;
  /** Sent exactly as given: neither normalised nor encoded. */
  readonly path: string;
  readonly headers?: Headers;
  readonly body?: Body;
  readonly limitMs?: number;
}

export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** The body parsed; `undefined` where it is not JSON. */
  readonly json: unknown;
}

/** Sends one HTTP request as it stands, with no header but those of HTTP itself and the given ones. */
export function send(baseUrl: string, call: RawCall): Promise<Reply> {
  const { hostname, port } = new URL(baseUrl);
  const signal = AbortSignal.timeout(call.limitMs ?? CALL_LIMIT_MS);
  const headers = { ...lengthHeader(call), ...call.headers };
  return new Promise((resolve, reject) => {
    const request = http.request({
      ...{ agent: patientAgent, hostname, port, headers, signal },
      method: call.method,
      path: call.path,
    });
    request.once('error', reject);
    request.once('response', (response) => {
      collect(response).then(resolve, reject);
    });
    request.end(call.body);
  });
}

/** Calls with a JSON body, or with none. */
export function callJson(baseUrl: string, method: string, path: string, value?: unknown, headers?: Headers) {
  if (value === undefined) return send(baseUrl, { method, path, ...(headers && { headers }) });
  const body = JSON.stringify(value);
  return send(baseUrl, { method, path, body, headers: { 'content-type': 'application/json', ...headers } });
}

export function postJson(baseUrl: string, path: string, value: unknown, headers?: Headers): Promise<Reply> {
  return callJson(baseUrl, 'POST', path, value, headers);
}

export function getJson(baseUrl: string, path: string, headers?: Headers): Promise<Reply> {
  return callJson(baseUrl, 'GET', path, undefined, headers);
}

export function tierOf(reply: Reply): string {
  return String(reply.headers['x-tidegate-tier']);
}

/**
 * Repeats a plain query until the tier answers it. Only the answer cache is asked for the same vector again.
 */
export async function waitForTier(
  url: string,
  collectionId: string,
  tier: string,
  options: { readonly database?: string; readonly headers?: Headers } = {},
): Promise<void> {
  const database = options.database ?? DEFAULT_DATABASE;
  // A breaker that an outage before has opened may still refuse the description.
  const { dimension } = await until(`collection ${collectionId} is described`, WARM_LIMIT_MS, async () => {
    const described = await getJson(url, `${database}/collections/by-id/${collectionId}`);
    return described.status === 200 && (described.json as { dimension: number });
  });
  let round = 0;
  await until(`tier ${tier} answers for collection ${collectionId}`, WARM_LIMIT_MS, async () => {
    const first = tier === 'answer-cache' ? 0.123 : (round += 0.001);
    const query = { query_embeddings: [[first, ...Array<number>(dimension - 1).fill(0.5)]], n_results: 1 };
    const reply = await postJson(
      url,
      `${database}/collections/${collectionId}/query`,
      query,
      options.headers,
    );
    return tierOf(reply) === tier;
  });
}

function lengthHeader({ body, headers }: RawCall): Record<string, string> {
  if (body === undefined || headers?.['transfer-encoding'] !== undefined) return {};
  return { 'content-length': String(Buffer.byteLength(body)) };
}

async function collect(response: http.IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return { status: response.statusCode ?? 0, headers: response.headers, text, json: parseOrUndefined(text) };
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
