import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Worker } from 'node:worker_threads';
import { Log, messageOf } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { ResilienceMetrics } from '../telemetry/resilience-metrics.service.js';
import { TidegateError } from '../vector/errors.js';
import { DroppedCalls } from './dropped-calls.js';
import { END, type HotCommand, type HotReply, type HotRequest, type HotResults } from './hot-protocol.js';

const WORKER = new URL('./mirror.worker.js', import.meta.url);
const RESTART_DELAY_MS = 200;
/** Time that the worker has to end between two turns. */
const END_MS = 5_000;
/** Threads of hnswlib use files for these: a worker that ended meanwhile would abort the process. */
const UNINTERRUPTIBLE: ReadonlySet<HotCommand['kind']> = new Set(['save', 'load']);

/** A call under way, by which it is called off. */
export interface Ticket {
  sequence: number;
}

interface Waiting {
  readonly resolve: (result: HotResults[HotCommand['kind']]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The worker thread that holds the mirrors, and calls to it. A worker that dies is replaced by an empty one.
 */
@Injectable()
export class MirrorWorker implements OnModuleInit, OnApplicationShutdown {
  /** Counts the workers so far: a mirror that was opened in an earlier one is lost. */
  generation = 0;
  private worker: Worker | undefined;
  private sequence = 0;
  private stopping = false;
  private readonly uninterruptible = new Set<Promise<unknown>>();
  private readonly waiting = new Map<number, Waiting>();
  private readonly dropped = new DroppedCalls();

  constructor(
    private readonly metrics: Metrics,
    private readonly resilience: ResilienceMetrics,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.launch();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await Promise.allSettled(this.uninterruptible);
    const { worker } = this;
    if (worker === undefined) return;
    // Also when it dies of an error meanwhile.
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    const timer = setTimeout(() => void worker.terminate(), END_MS);
    worker.postMessage(END);
    await ended;
    clearTimeout(timer);
  }

  isAlive(): boolean {
    return this.worker !== undefined;
  }

  /** Commands sent and not answered yet. */
  pending(): number {
    return this.waiting.size;
  }

  /**
   * @param moved buffers whose ownership passes to the worker instead of being copied
   * @param ticket is filled in, for `drop`
   * @throws TidegateError `mirror-lost` when the worker is gone or the command fails in it
   */
  call<K extends HotCommand['kind']>(
    command: Extract<HotCommand, { kind: K }>,
    moved: readonly ArrayBuffer[] = [],
    ticket?: Ticket,
  ): Promise<HotResults[K]> {
    const { worker } = this;
    if (worker === undefined) return Promise.reject(lost('the mirror worker is being replaced'));
    const sequence = ++this.sequence;
    if (ticket) ticket.sequence = sequence;
    const answered = new Promise<HotResults[K]>((resolve, reject) => {
      // Throws for what cannot be sent: then nobody waits.
      worker.postMessage({ sequence, command } satisfies HotRequest, moved);
      this.waiting.set(sequence, { resolve: resolve as Waiting['resolve'], reject });
    });
    if (UNINTERRUPTIBLE.has(command.kind)) this.waitFor(answered);
    return answered;
  }

  /** Nobody waits for this read any more: the worker does not begin it. One that it has begun goes on. */
  drop({ sequence }: Ticket): void {
    this.dropped.add(sequence);
  }

  /** Has the shutdown wait. */
  private waitFor(answered: Promise<unknown>): void {
    const ended = answered.catch(() => undefined).finally(() => this.uninterruptible.delete(ended));
    this.uninterruptible.add(ended);
  }

  private launch(): void {
    if (this.stopping) return;
    this.generation++;
    const worker = new Worker(WORKER, { workerData: this.dropped.shared });
    this.worker = worker;
    worker.on('message', (reply: HotReply) => {
      this.settle(reply);
    });
    worker.on('error', (error) => {
      this.log.error('mirror-worker-failed', { message: messageOf(error) });
    });
    worker.once('exit', (code) => {
      this.replace(code);
    });
  }

  private settle(reply: HotReply): void {
    const waiting = this.waiting.get(reply.sequence);
    this.waiting.delete(reply.sequence);
    if ('dropped' in reply) this.resilience.searchDropped();
    if ('error' in reply) waiting?.reject(lost(reply.error));
    else waiting?.resolve(reply.result);
  }

  private replace(code: number): void {
    this.worker = undefined;
    for (const waiting of this.waiting.values()) waiting.reject(lost('the mirror worker died'));
    this.waiting.clear();
    if (this.stopping) return;
    this.metrics.workerRestarted();
    this.log.error('mirror-worker-died', { code });
    setTimeout(() => {
      this.launch();
    }, RESTART_DELAY_MS).unref();
  }
}

function lost(message: string): TidegateError {
  return new TidegateError('mirror-lost', message, 'ChromaDB answers until the mirror is warm again');
}
