import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Shedding } from '../admission/shedding.service.js';
import type { ChromaHttp } from '../chroma/chroma-http.service.js';
import type { ChromaReads } from '../chroma/chroma-reads.service.js';
import { headerValue } from '../chroma/header-passing.js';
import { readAnswer } from '../chroma/read-answer.js';
import type { StoreBreakers } from '../chroma/store-breakers.service.js';
import type { StoreAnswer, StoreCall } from '../chroma/store-call.js';
import type { FlagName } from '../flags/flag-document.js';
import type { Flags } from '../flags/flags.service.js';
import type { HotConfig } from '../hot/hot.config.js';
import { AnswerCache } from '../hot/answer-cache.store.js';
import type { GuardedMirrors } from '../hot/guarded-mirrors.service.js';
import type { NoAnswer } from '../hot/hot-protocol.js';
import type { MirrorHandle } from '../hot/mirrors.service.js';
import type { CollectionView, Sync } from '../sync/sync.service.js';
import type { BreakerState } from '../resilience/breaker-options.js';
import { LoadMetrics } from '../telemetry/load-metrics.service.js';
import { Log } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { parseCollectionId, type CollectionTarget } from '../vector/collection-id.js';
import type { ReadRequest } from '../vector/read-request.js';
import { standIn } from '../vector/stand-in.fake.js';
import { ChromaTier } from './chroma.tier.js';
import type { RequestKind, Tier } from './decide-route.js';
import { Explainer, type Explanation } from './explainer.service.js';
import { HotTiers } from './hot.tier.js';
import { MirrorLane } from './mirror-lane.service.js';
import type { Query } from './query.js';
import { RoutePlanner } from './route-planner.service.js';
import { Router, type RoutedAnswer } from './router.service.js';
import { TierPaces } from './tier-paces.store.js';

const ID = parseCollectionId('18f7e81e-d1ef-4e86-863d-02cf7dc2bf09');
const CONFIG = standIn<HotConfig>({ maxAnswerCacheBytes: 20_000 });

export const STALE_MAX_AGE_MS = 60_000;
const CONFIG_OF_ROUTING = {
  maxQueuedSearches: 1,
  searchQueueMs: 10_000,
  sharePercent: 50,
  staleMaxAgeMs: STALE_MAX_AGE_MS,
};

export const HANDLE: MirrorHandle = {
  number: 1,
  generation: 1,
  dimension: 2,
  filters: true,
  usage: { records: 1, bytes: 1, fieldBytes: 0, worn: false },
  compacting: false,
};

export const cold = (version = 1): CollectionView => ({
  state: 'cold',
  version,
  unchangedSinceVersion: 0,
  mirror: undefined,
});

export const warm = (freshAtMs: number, version = 1): CollectionView => ({
  state: 'warm',
  version,
  unchangedSinceVersion: 0,
  mirror: HANDLE,
  freshAtMs,
});

export async function bodyOf({ body }: RoutedAnswer): Promise<string> {
  return body instanceof Readable ? text(body) : Buffer.from(body).toString();
}

/** A query, and how the tiers behave. Everything may be changed from one query to the next. */
export class Situation {
  on = new Set<FlagName>(['mirror-reads', 'answer-cache-reads']);
  /** Flags are known at once, or only after a while. */
  flagsAreKnown = true;
  view: CollectionView | undefined = warm(performance.now());
  target: CollectionTarget | undefined = ID && { tenant: 't', database: 'd', id: ID };
  kind: RequestKind = 'answerable';
  forced = false;
  light = false;
  maxStalenessMs: number | undefined;
  path = '/path';
  body = '{}';
  requestHeaders: readonly string[] = [];
  signal: AbortSignal | undefined;
  /** Makes it a ranked search by such a vector. */
  dimension: number | undefined;
  mirror: () => Promise<Uint8Array | NoAnswer> = () => Promise.resolve(Buffer.from('of the mirror'));
  breaker: BreakerState = 'closed';
  mirrorBreaker: BreakerState = 'closed';
  status = 200;
  headers: readonly string[] = ['content-length', '9', 'x-of', 'chroma'];
  stream: () => Readable = () => Readable.from([Buffer.from('of '), Buffer.from('chroma')]);
  /** ChromaDB answers when this resolves. */
  chromaHeld: Promise<unknown> = Promise.resolve();
  readonly asked: string[] = [];
  readonly learned: string[] = [];
  readonly calls: StoreCall[] = [];
  readonly metrics = new Metrics();
  readonly paces = new TierPaces();
  readonly cache = new AnswerCache(CONFIG);
  private readonly sync = standIn<Sync>({
    view: () => this.view,
    peek: () => this.view,
    wantMirror: () => void this.asked.push('want-mirror'),
    forget: () => void this.asked.push('forget'),
    answered: (_, tier) => void this.learned.push(tier),
  });
  private readonly flags = standIn<Flags>({
    isOn: (flag) => Promise.resolve(this.on.has(flag)),
    known: (flag) => (this.flagsAreKnown ? this.on.has(flag) : undefined),
  });
  private readonly http = standIn<ChromaHttp>({
    send: (call) => this.send(call),
  });
  private readonly breakers = standIn<StoreBreakers>({ state: () => this.breaker });
  private readonly reads = standIn<ChromaReads>({ send: (call) => this.send(call) });
  private readonly mirrors = standIn<GuardedMirrors>({
    breakerState: () => this.mirrorBreaker,
    read: (_handle, _request, terms) => {
      this.asked.push(terms?.pastBreaker === true ? 'mirror past its breaker' : 'mirror');
      return this.mirror();
    },
  });
  private readonly lane = new MirrorLane(
    CONFIG_OF_ROUTING,
    new Shedding(new LoadMetrics(), new Log('silent')),
  );
  private readonly hot = new HotTiers(this.cache, this.mirrors, this.lane, this.paces, this.metrics);
  private readonly planner = new RoutePlanner(
    CONFIG_OF_ROUTING,
    this.flags,
    this.breakers,
    this.mirrors,
    this.paces,
  );
  private readonly chroma = new ChromaTier(this.reads, this.cache, this.paces);
  private readonly router = new Router(this.sync, this.planner, this.hot, this.chroma, this.metrics);
  private readonly explainer = new Explainer(this.sync, this.planner, this.hot, this.http);

  async route(): Promise<string> {
    const { tier, reason } = await this.answer();
    return `${tier}: ${reason}`;
  }

  answer(): Promise<RoutedAnswer> {
    return this.router.answer(this.query());
  }

  explain(run: boolean): Promise<Explanation> {
    return this.explainer.explain(this.query(), run);
  }

  async exposed(): Promise<string> {
    return (await this.metrics.expose()).text;
  }

  /** The tiers whose durations are recorded from now on; readings of the windows are up to a second old. */
  recordedPaces(): readonly Tier[] {
    const recorded: Tier[] = [];
    this.paces.record = (tier) => void recorded.push(tier);
    return recorded;
  }

  private async send(call: StoreCall): Promise<StoreAnswer> {
    this.asked.push('chroma');
    this.calls.push(call);
    const { status, headers, stream } = this;
    await this.chromaHeld;
    const answer = { status, headers, body: stream() };
    const length = Number(headerValue(headers, 'content-length') ?? Number.POSITIVE_INFINITY);
    const isWhole = length <= (call.wholeUpToBytes ?? 0);
    return isWhole ? { ...answer, body: await readAnswer(answer, call.kind) } : answer;
  }

  private query(): Query {
    const { target, forced, light, maxStalenessMs, kind, dimension, signal } = this;
    const vectors = Buffer.from('[[1]]');
    const request: ReadRequest =
      dimension === undefined
        ? { kind: 'nearest', vectors, count: 1, limit: 1, include: [] }
        : { kind: 'ranked', dimension, searches: [] };
    const body = Buffer.from(this.body);
    const headers = this.requestHeaders;
    const plain = { kind: 'read' as const, method: 'POST', path: this.path, headers, body };
    const call = signal ? { ...plain, signal } : plain;
    const read = () => ({ kind, request: kind === 'answerable' ? request : undefined });
    return { target, callerKey: 'caller', forced, light, maxStalenessMs, body, call, read };
  }
}

export function situation(given: Partial<Situation> = {}): Situation {
  return Object.assign(new Situation(), given);
}
