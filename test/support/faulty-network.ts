import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** What may happen to a call on its way to ChromaDB and back. */
export const FAULTS = [
  /** The connection is reset, and ChromaDB never hears of it. */
  'reset-before',
  /** The connection is reset at once, and ChromaDB gets the call all the same. */
  'reset-meanwhile',
  /** ChromaDB did it, and the connection is reset in place of the answer. */
  'reset-after',
  /** ChromaDB gets the call so late that nobody waits for it any more. */
  'late-request',
  /** ChromaDB's answer comes so late that nobody waits for it any more. */
  'late-answer',
  /** A 500, and ChromaDB never hears of it. */
  'error-instead',
  /** ChromaDB did it, and a 500 comes in place of its answer. */
  'error-after',
] as const;
export type Fault = (typeof FAULTS)[number];

/** What became of a call: what ChromaDB itself answered, `failed` being a 5xx of its own. */
export type Fate = 'applied' | 'refused' | 'failed' | 'never';

/** Names a call to the network. */
export const CALL_HEADER = 'x-proof-call';
/** Turns of the event loop in which the last bytes of a process are taken in, however busy this one is. */
const ARRIVAL_TURNS = 20;
const ARRIVAL_MS = 100;

interface ForwardedAnswer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

export interface FaultyNetworkOptions {
  /** Time by which late requests and late answers are held back. */
  readonly lateMs: number;
  /** What happens to a call that no fault was planned for. */
  readonly chance: (path: string) => Fault | undefined;
}

/**
 * An HTTP proxy between Tidegate and ChromaDB that takes each call in whole, so that ChromaDB never gets the
 * half of one, and knows of each named call what ChromaDB did with it, whatever it told Tidegate.
 */
export class FaultyNetwork {
  url = '';
  /** How often each fault was injected. */
  readonly injected = new Map<Fault, number>();
  private readonly plans = new Map<string, Fault>();
  private readonly fates = new Map<string, Promise<Fate>>();
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly agent = new http.Agent({ keepAlive: true });
  private readonly target: URL;
  private readonly server: http.Server;

  private constructor(
    targetUrl: string,
    private readonly options: FaultyNetworkOptions,
  ) {
    this.target = new URL(targetUrl);
    this.server = http.createServer((request, response) => {
      // Who hangs up while it sends has sent nothing.
      this.pass(request, response).catch(() => response.destroy());
    });
  }

  static async start(targetUrl: string, options: FaultyNetworkOptions): Promise<FaultyNetwork> {
    const network = new FaultyNetwork(targetUrl, options);
    network.server.listen(0, '127.0.0.1');
    await once(network.server, 'listening');
    network.url = `http://127.0.0.1:${(network.server.address() as AddressInfo).port}`;
    return network;
  }

  /** The call of this name will fail so. */
  plan(name: string, fault: Fault): void {
    this.plans.set(name, fault);
  }

  /** What ChromaDB did with a call that ended, whatever its caller was told. Waits until it is certain. */
  async fateOf(name: string): Promise<Fate> {
    if (!this.fates.has(name)) await arrival();
    return this.fates.get(name) ?? 'never';
  }

  /** Resolves when no call is on its way. */
  async idle(): Promise<void> {
    await arrival();
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await this.idle();
    this.agent.destroy();
  }

  private async pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const name = request.headers[CALL_HEADER];
    const fault = typeof name === 'string' ? this.plans.get(name) : this.options.chance(request.url ?? '/');
    if (fault) this.injected.set(fault, (this.injected.get(fault) ?? 0) + 1);
    const answered = this.carry(request, Buffer.concat(chunks), fault);
    if (typeof name === 'string')
      this.fates.set(
        name,
        answered.then(fateOfAnswer, () => 'failed'),
      );
    const ended = answered.then((answer) => {
      give(response, answer, fault);
    });
    this.underWay.add(ended);
    if (fault === 'reset-meanwhile') reset(response);
    await ended.finally(() => this.underWay.delete(ended));
  }

  /** Undefined when ChromaDB did not get the call. */
  private async carry(
    request: http.IncomingMessage,
    body: Buffer,
    fault: Fault | undefined,
  ): Promise<ForwardedAnswer | undefined> {
    if (fault === 'reset-before' || fault === 'error-instead') return undefined;
    if (fault === 'late-request') await sleep(this.options.lateMs);
    const answer = await this.forward(request, body);
    if (fault === 'late-answer') await sleep(this.options.lateMs);
    return answer;
  }

  private async forward(request: http.IncomingMessage, body: Buffer): Promise<ForwardedAnswer> {
    const { hostname, port } = this.target;
    const { method, url: path, rawHeaders } = request;
    const call = http.request({ agent: this.agent, hostname, port, method, path, headers: rawHeaders });
    call.end(body);
    const [response] = (await once(call, 'response')) as [http.IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return {
      status: response.statusCode ?? 0,
      headers: response.rawHeaders,
      body: Buffer.concat(chunks),
    };
  }
}

/** What was sent before now has arrived. */
async function arrival(): Promise<void> {
  await sleep(ARRIVAL_MS);
  for (let turn = 0; turn < ARRIVAL_TURNS; turn++) await nextTurn();
}

function fateOfAnswer(answer: ForwardedAnswer | undefined): Fate {
  if (answer === undefined) return 'never';
  if (answer.status >= 500) return 'failed';
  return answer.status < 400 ? 'applied' : 'refused';
}

function give(
  response: http.ServerResponse,
  answer: ForwardedAnswer | undefined,
  fault: Fault | undefined,
): void {
  if (fault === 'reset-after' || fault === 'reset-before') reset(response);
  else if (answer === undefined || fault === 'error-after') {
    response.writeHead(500, { 'content-type': 'application/json' });
    response.end('{"error":"InternalError","message":"injected"}');
  } else if (!response.destroyed) {
    response.writeHead(answer.status, [...withoutLength(answer.headers)]);
    response.end(answer.body);
  }
}

function reset(response: http.ServerResponse): void {
  response.socket?.resetAndDestroy();
}

/** The body is passed on whole. */
function withoutLength(headers: readonly string[]): readonly string[] {
  const framing = ['content-length', 'transfer-encoding', 'connection', 'keep-alive'];
  return headers.filter((_, place) => !framing.includes((headers[place - (place % 2)] ?? '').toLowerCase()));
}
