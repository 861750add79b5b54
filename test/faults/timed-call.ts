import http from 'node:http';
import { monotonicMs } from './monotonic.js';
import type { NoAnswer } from './load-record.js';

export const DEADLINE_HEADER = 'x-request-timeout-ms';
/** After that the load gives a request up: it hangs. */
const GIVEN_UP_AFTER_MS = 8_000;
/** Kept connections end before Tidegate's do, so that no request meets one that is being closed. */
const IDLE_MS = 4_000;
const MAX_CONNECTIONS = 1_024;

export interface TimedCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TimedAnswer {
  readonly startMs: number;
  readonly endMs: number;
  readonly status: number;
  readonly tier: string;
  readonly noAnswer?: NoAnswer;
  /** The body, where it is JSON. */
  readonly json: unknown;
}

/** What came of a call, without its times. */
type Outcome = Pick<TimedAnswer, 'status' | 'tier' | 'json' | 'noAnswer'>;

/** Makes calls to one address, each with a deadline that the other side is told of. Never throws. */
export class TimedCaller {
  private readonly agent = new http.Agent({ keepAlive: true, timeout: IDLE_MS, maxSockets: MAX_CONNECTIONS });
  private readonly host: { readonly hostname: string; readonly port: string };

  constructor(
    url: string,
    private readonly deadlineMs: number,
  ) {
    const { hostname, port } = new URL(url);
    this.host = { hostname, port };
  }

  async make(call: TimedCall): Promise<TimedAnswer> {
    const startMs = monotonicMs();
    const outcome = await this.ask(call);
    return { startMs, endMs: monotonicMs(), ...outcome };
  }

  close(): void {
    this.agent.destroy();
  }

  private ask({ method, path, body, headers }: TimedCall): Promise<Outcome> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const typed = text !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
    };
    return new Promise((resolve) => {
      const request = http.request({
        ...this.host,
        ...{ agent: this.agent, method, path },
        headers: { ...typed, [DEADLINE_HEADER]: String(this.deadlineMs), ...headers },
      });
      const givenUp = setTimeout(() => {
        request.destroy(new Silence());
      }, this.deadlineMs + GIVEN_UP_AFTER_MS);
      const end = (outcome: Outcome) => {
        clearTimeout(givenUp);
        resolve(outcome);
      };
      request.once('error', (error) => {
        end(nothing(whyNothing(error)));
      });
      request.once('response', (response) => {
        void readWhole(response).then(end);
      });
      request.end(text);
    });
  }
}

class Silence extends Error {}

function whyNothing(error: NodeJS.ErrnoException): NoAnswer {
  if (error instanceof Silence) return 'silence';
  return error.code === 'ECONNREFUSED' ? 'refused' : 'reset';
}

function nothing(noAnswer: NoAnswer): Outcome {
  return { status: 0, tier: '', json: undefined, noAnswer };
}

async function readWhole(response: http.IncomingMessage): Promise<Outcome> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  } catch (error) {
    return nothing(error instanceof Silence ? 'silence' : 'cut');
  }
  const status = response.statusCode ?? 0;
  const tier = String(response.headers['x-tidegate-tier'] ?? '');
  try {
    return { status, tier, json: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown };
  } catch {
    return { status, tier, json: undefined, noAnswer: 'garbled' };
  }
}
