import { createHash } from 'node:crypto';
import type { MirrorSpec } from '../../modules/hot/hot-protocol.js';
import { PLACES_CERTAIN } from '../../modules/hot/hot-protocol.js';
import type { MirrorWorker } from '../../modules/hot/mirror-worker.service.js';
import type { MirrorHandle, Mirrors } from '../../modules/hot/mirrors.service.js';
import { Log } from '../../modules/telemetry/log.service.js';
import { Metrics } from '../../modules/telemetry/metrics.service.js';
import { ResilienceMetrics } from '../../modules/telemetry/resilience-metrics.service.js';

export const MIRROR_SPEC: MirrorSpec = {
  space: 'cosine',
  dimension: 8,
  maxNeighbors: 16,
  efConstruction: 40,
  efSearch: 40,
  filters: true,
  capacity: 8,
};

/** Mirrors in a worker of their own: threads run compiled code only. */
export class CompiledMirrors {
  private constructor(
    readonly mirrors: Mirrors,
    readonly worker: MirrorWorker,
  ) {}

  static async launch(maxMirrorBytes: number): Promise<CompiledMirrors> {
    const load = (name: string) => import(new URL(`../../dist/modules/hot/${name}`, import.meta.url).href);
    const { MirrorWorker: Worker } = (await load('mirror-worker.service.js')) as {
      MirrorWorker: typeof MirrorWorker;
    };
    const { Mirrors: Service } = (await load('mirrors.service.js')) as { Mirrors: typeof Mirrors };
    const worker = new Worker(new Metrics(), new ResilienceMetrics(), new Log('silent'));
    worker.onModuleInit();
    const limits = { maxAnswerCacheBytes: 0, searchTimeoutMs: 30_000, maxQueuedSearches: 100 };
    return new CompiledMirrors(new Service({ maxMirrorBytes, ...limits }, worker), worker);
  }

  stop(): Promise<void> {
    return this.worker.onApplicationShutdown();
  }

  /** Records `from` to `to`, each with a vector and a document of its own. */
  async put(handle: MirrorHandle, from: number, to: number, documentBytes = 20): Promise<void> {
    const numbers = Array.from({ length: to - from }, (_, index) => from + index);
    const page = {
      ids: numbers.map((number) => `r${number}`),
      embeddings: numbers.map((number) => vectorOf(number, handle.dimension)),
      metadatas: numbers.map((number) => ({ number })),
      documents: numbers.map((number) => `${number} `.padEnd(documentBytes, 'x')),
      uris: null,
    };
    await this.mirrors.apply(handle, page.ids, [Buffer.from(JSON.stringify(page))], PLACES_CERTAIN);
  }

  async drop(handle: MirrorHandle, ids: readonly string[]): Promise<void> {
    const page = Buffer.from('{"ids":[],"embeddings":[]}');
    await this.mirrors.apply(handle, ids, [page], PLACES_CERTAIN);
  }

  /** The digest of all records with all of their fields, in order: megabytes make no readable failure. */
  async contents(handle: MirrorHandle): Promise<string> {
    const include = ['embeddings', 'documents', 'metadatas', 'uris'] as const;
    const all = { kind: 'records', offset: 0, limit: undefined, include } as const;
    const answer = await this.mirrors.read(handle, all);
    return createHash('sha256').update(answer).digest('hex');
  }

  /** The ten nearest to one vector, by the graph: another graph may find others. */
  async nearest(handle: MirrorHandle): Promise<string> {
    const { dimension } = handle;
    const vectors = Buffer.from(JSON.stringify([vectorOf(3.5, dimension)]));
    const search = { vectors, count: 1, limit: 10, include: [] };
    const answer = await this.mirrors.read(handle, { kind: 'nearest', ...search });
    return Buffer.from(answer).toString();
  }
}

function vectorOf(number: number, dimension: number): number[] {
  return Array.from({ length: dimension }, (_, index) => Math.sin(number * (index + 1)));
}
