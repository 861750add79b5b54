import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../support/seeded-random.js';
import { CautiousWriter } from './cautious-writer.js';
import { KnownReads } from './known-reads.js';
import type { LoadGroup, LoadPlan, LoadRecord, LoadReport } from './load-record.js';
import { monotonicMs } from './monotonic.js';
import { OwnStalls } from './own-stalls.js';
import { TimedCaller, type TimedAnswer, type TimedCall } from './timed-call.js';

const TICK_MS = 10;
/** What a stall of the load's own leaves unsent is not made up for beyond this. */
const MOST_AT_ONCE = 10;
const MOST_UNDER_WAY = 1_024;
const WRITERS = 12;
const DRAIN_LIMIT_MS = 15_000;
/** Errors that an overloaded or cut-off Tidegate may answer with. */
const HONEST_ERRORS = [429, 502, 503, 504];
/** Right where ChromaDB lost its collections; whoever reads the record knows. */
const GONE = 404;

/** How often each group gets its turn, of the sum. */
const TURNS: Readonly<Record<Exclude<LoadGroup, 'written'>, number>> = {
  mirrored: 50,
  unmirrored: 20,
  forced: 12,
  write: 18,
};

type Turn = keyof typeof TURNS;
const TURN_LIST = (Object.keys(TURNS) as Turn[]).flatMap((turn) => Array<Turn>(TURNS[turn]).fill(turn));

/**
 * A mix of requests at a steady rate, whatever becomes of those before. Each is judged by what is known of
 * the records beforehand, or by what was acknowledged.
 */
export class SteadyLoad {
  private records: LoadRecord[] = [];
  private skipped = 0;
  private underWay = 0;
  private sent = 0;
  private readonly stalls = new OwnStalls();
  private readonly caller: TimedCaller;
  private readonly reads: KnownReads;
  private readonly idleWriters: CautiousWriter[];
  private readonly random: SeededRandom;
  private readonly startMs = monotonicMs();
  private readonly ticking: NodeJS.Timeout;

  constructor(private readonly plan: LoadPlan) {
    const { url, deadlineMs, seed, collections } = plan;
    this.random = new SeededRandom(seed);
    this.caller = new TimedCaller(url, deadlineMs);
    this.reads = new KnownReads(collections, new SeededRandom(seed), this.random.fork());
    const { writtenMirrored, writtenUnmirrored } = collections;
    this.idleWriters = Array.from({ length: WRITERS }, (_, number) => {
      const collection = number % 2 === 0 ? writtenMirrored : writtenUnmirrored;
      const ask = (...asked: Parameters<SteadyLoad['ask']>) => this.ask(...asked);
      return new CautiousWriter(`writer-${number}`, collection, this.random.fork(), ask);
    });
    this.ticking = setInterval(() => {
      this.sendDue();
    }, TICK_MS);
  }

  /** What ended since the last time. */
  take(): LoadReport {
    const report = { records: this.records, skipped: this.skipped };
    this.records = [];
    this.skipped = 0;
    return report;
  }

  /** Sends no more; resolves when all that is under way has ended. */
  async stop(): Promise<void> {
    clearInterval(this.ticking);
    const limitMs = monotonicMs() + DRAIN_LIMIT_MS;
    while (this.underWay > 0 && monotonicMs() < limitMs) await sleep(TICK_MS);
    this.stalls.stop();
    this.caller.close();
  }

  private sendDue(): void {
    const due = Math.floor(((monotonicMs() - this.startMs) / 1000) * this.plan.requestsPerSecond);
    const sending = Math.min(due - this.sent, MOST_AT_ONCE);
    this.sent = due;
    for (let sent = 0; sent < sending; sent++) this.takeTurn(this.random.pick(TURN_LIST));
  }

  private takeTurn(turn: Turn): void {
    if (this.underWay >= MOST_UNDER_WAY) this.skipped++;
    else if (turn === 'write') this.letWrite();
    else {
      const { group, call, judge } = this.reads.next(turn);
      void this.ask(group, call, judge);
    }
  }

  private letWrite(): void {
    const writer = this.idleWriters.shift();
    if (writer === undefined) {
      this.skipped++;
      return;
    }
    void writer.takeStep().finally(() => this.idleWriters.push(writer));
  }

  private async ask(
    group: LoadGroup,
    call: TimedCall,
    judge?: (json: unknown, tier: string) => string | undefined,
  ): Promise<TimedAnswer> {
    this.underWay++;
    const answer = await this.caller.make(call);
    this.underWay--;
    const wrong = wrongWith(answer, group, judge);
    const { startMs, endMs, status, tier, noAnswer } = answer;
    this.records.push({
      ...{ group, startMs, endMs, status, tier },
      ...(noAnswer && { noAnswer }),
      ...(wrong !== undefined && { wrong }),
      blindMs: this.stalls.within({ fromMs: startMs, toMs: endMs }),
    });
    return answer;
  }
}

function wrongWith(
  { status, json, tier, noAnswer }: TimedAnswer,
  group: LoadGroup,
  judge?: (json: unknown, tier: string) => string | undefined,
): string | undefined {
  if (noAnswer !== undefined) return undefined;
  // Stale answers owe nobody the latest writes; what never changes they have to tell right.
  if (status === 200 && tier === 'stale' && group === 'written') return undefined;
  if (status === 200) return judge?.(json, tier);
  if (status > 200 && status < 300) return undefined;
  const { error, message } = (json ?? {}) as { readonly error?: unknown; readonly message?: unknown };
  if (typeof error !== 'string' || typeof message !== 'string') return `an error ${status} without its shape`;
  return HONEST_ERRORS.includes(status) || status === GONE
    ? undefined
    : `${status}: ${message.slice(0, 200)}`;
}
