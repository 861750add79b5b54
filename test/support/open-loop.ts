import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

/** What waits longer is gone: its answer is worth nothing any more. */
const PATIENCE_MS = 1_000;
const TICK_MS = 5;
const CONNECTIONS = 512;
/** More on their way at once are not sent: a caller has memory for so many. */
const MAX_UNDER_WAY = 4_000;

export interface LoadCall {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One request: when it was sent, by the load's own clock, how long it took, and its status; 0 is none. */
export interface LoadResult {
  readonly sentMs: number;
  readonly tookMs: number;
  readonly status: number;
}

/** What came of one stretch of load. */
export interface LoadFigures {
  readonly offeredPerSecond: number;
  /** Answers with 200 within a second. */
  readonly goodPerSecond: number;
  /** Shares of all requests: refused with 429 or 503; answered with 200 too late; anything else. */
  readonly shedShare: number;
  readonly lateShare: number;
  readonly failedShare: number;
  /** Milliseconds of the good answers, and of refusals. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly shedP99Ms: number;
}

/** Sends requests at given times, whatever becomes of earlier ones: as many independent callers do. */
export class OpenLoop {
  readonly results: LoadResult[] = [];
  private readonly pool: Pool;
  private readonly startedMs = performance.now();
  private underWay = 0;
  private turn = 0;

  constructor(
    url: string,
    private readonly call: (turn: number) => LoadCall,
  ) {
    this.pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1, headersTimeout: 10_000 });
  }

  nowMs(): number {
    return performance.now() - this.startedMs;
  }

  /** Sends so many a second for so long, and waits for their answers. */
  async run(perSecond: number, seconds: number): Promise<LoadFigures> {
    const fromMs = this.nowMs();
    const sent: Promise<LoadResult>[] = [];
    const all = Math.round(perSecond * seconds);
    while (sent.length < all) {
      const due = Math.min(all, Math.floor(((this.nowMs() - fromMs) / 1_000) * perSecond));
      while (sent.length < due) sent.push(this.send());
      await sleep(TICK_MS);
    }
    const tookSeconds = (this.nowMs() - fromMs) / 1_000;
    return figuresOf(await Promise.all(sent), tookSeconds);
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }

  private async send(): Promise<LoadResult> {
    const sentMs = this.nowMs();
    const status = this.underWay >= MAX_UNDER_WAY ? 0 : await this.status();
    const result = { sentMs, tookMs: this.nowMs() - sentMs, status };
    this.results.push(result);
    return result;
  }

  private async status(): Promise<number> {
    this.underWay++;
    try {
      const { path, headers, body } = this.call(this.turn++);
      const response = await this.pool.request({ method: 'POST', path, headers, body });
      await response.body.dump();
      return response.statusCode;
    } catch {
      return 0;
    } finally {
      this.underWay--;
    }
  }
}

export function isGood({ status, tookMs }: LoadResult): boolean {
  return status === 200 && tookMs <= PATIENCE_MS;
}

function isShed({ status }: LoadResult): boolean {
  return status === 429 || status === 503;
}

function figuresOf(results: readonly LoadResult[], seconds: number): LoadFigures {
  const good = results.filter(isGood);
  const shed = results.filter(isShed);
  const late = results.filter((result) => result.status === 200 && !isGood(result));
  const share = (count: number) => count / Math.max(1, results.length);
  return {
    offeredPerSecond: results.length / seconds,
    goodPerSecond: good.length / seconds,
    shedShare: share(shed.length),
    lateShare: share(late.length),
    failedShare: share(results.length - good.length - shed.length - late.length),
    p50Ms: quantile(good, 0.5),
    p99Ms: quantile(good, 0.99),
    shedP99Ms: quantile(shed, 0.99),
  };
}

function quantile(results: readonly LoadResult[], q: number): number {
  const sorted = results.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}
