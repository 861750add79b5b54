import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Worker } from 'node:worker_threads';
import { Log, messageOf } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { TidegateError } from '../vector/errors.js';
import type { HotCommand, HotReply, HotRequest, HotResults } from './hot-protocol.js';

const WORKER = new URL('./mirror.worker.js', import.meta.url);
const RESTART_DELAY_MS = 200;
/** Threads of hnswlib use files for these: a worker that ended meanwhile would abort the process. */
const UNINTERRUPTIBLE: ReadonlySet<HotCommand['kind']> = new Set(['save', 'load']);

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

  constructor(
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.launch();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await Promise.allSettled(this.uninterruptible);
    await this.worker?.terminate();
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
   * @throws TidegateError `mirror-lost` when the worker is gone or the command fails in it
   */
  call<K extends HotCommand['kind']>(
    command: Extract<HotCommand, { kind: K }>,
    moved: readonly ArrayBuffer[] = [],
  ): Promise<HotResults[K]> {
    const { worker } = this;
    if (worker === undefined) return Promise.reject(lost('the mirror worker is being replaced'));
    const sequence = ++this.sequence;
    const answered = new Promise<HotResults[K]>((resolve, reject) => {
      // Throws for what cannot be sent: then nobody waits.
      worker.postMessage({ sequence, command } satisfies HotRequest, moved);
      this.waiting.set(sequence, { resolve: resolve as Waiting['resolve'], reject });
    });
    if (UNINTERRUPTIBLE.has(command.kind)) this.waitFor(answered);
    return answered;
  }

  /** Has the shutdown wait. */
  private waitFor(answered: Promise<unknown>): void {
    const ended = answered.catch(() => undefined).finally(() => this.uninterruptible.delete(ended));
    this.uninterruptible.add(ended);
  }

  private launch(): void {
    if (this.stopping) return;
    this.generation++;
    const worker = new Worker(WORKER);
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
