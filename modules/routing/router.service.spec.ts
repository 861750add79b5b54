import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ChromaHttp } from '../chroma/chroma-http.service.js';
import type { StoreAnswer } from '../chroma/store-call.js';
import type { FlagName } from '../flags/flag-document.js';
import type { Flags } from '../flags/flags.service.js';
import { AnswerCache } from '../hot/answer-cache.store.js';
import type { MirrorHandle, Mirrors } from '../hot/mirrors.service.js';
import type { CollectionView, Sync } from '../sync/sync.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { parseCollectionId, type CollectionTarget } from '../vector/collection-id.js';
import { TidegateError } from '../vector/errors.js';
import type { NearestRequest } from '../vector/read-request.js';
import { standIn } from '../vector/stand-in.fake.js';
import type { RequestKind } from './decide-route.js';
import { HotTiers } from './hot.tier.js';
import type { Query } from './query.js';
import { Router, type RoutedAnswer } from './router.service.js';

const ID = parseCollectionId('18f7e81e-d1ef-4e86-863d-02cf7dc2bf09');
const HANDLE: MirrorHandle = {
  number: 1,
  generation: 1,
  dimension: 2,
  filters: true,
  usage: { records: 1, bytes: 1, fieldBytes: 0, worn: false },
};
const CONFIG = { maxAnswerCacheBytes: 20_000, maxMirrorBytes: 1, searchTimeoutMs: 1, maxQueuedSearches: 1 };

/** A query, and how the next tiers behave. */
class Situation {
  readonly on = new Set<FlagName>(['mirror-reads', 'answer-cache-reads']);
  view: CollectionView | undefined = { state: 'warm', version: 1, mirror: HANDLE };
  target: CollectionTarget | undefined = ID && { tenant: 't', database: 'd', id: ID };
  kind: RequestKind = 'answerable';
  forced = false;
  path = '/path';
  body = '{}';
  dimension = 2;
  mirror: () => Promise<Uint8Array | undefined> = () => Promise.resolve(Buffer.from('of the mirror'));
  status = 200;
  headers = ['content-length', '9', 'x-of', 'chroma'];
  stream: () => Readable = () => Readable.from([Buffer.from('of '), Buffer.from('chroma')]);
  readonly asked: string[] = [];
  readonly learned: string[] = [];
  readonly metrics = new Metrics();
  private readonly cache = new AnswerCache(CONFIG);

  async route(): Promise<string> {
    const { tier, reason } = await this.answer();
    return `${tier}: ${reason}`;
  }

  answer(): Promise<RoutedAnswer> {
    const { metrics } = this;
    const mirrors = standIn<Mirrors>({ read: () => this.mirror() });
    const flags = standIn<Flags>({ isOn: (flag) => Promise.resolve(this.on.has(flag)) });
    const sync = standIn<Sync>({
      view: () => this.view,
      wantMirror: () => void this.asked.push('want-mirror'),
      forget: () => void this.asked.push('forget'),
      answered: (_, tier) => void this.learned.push(tier),
    });
    const http = standIn<ChromaHttp>({ send: () => this.send() });
    const router = new Router(flags, sync, new HotTiers(this.cache, mirrors, metrics), http, metrics);
    return router.answer(this.query());
  }

  private send(): Promise<StoreAnswer> {
    this.asked.push('chroma');
    return Promise.resolve({ status: this.status, headers: this.headers, body: this.stream() });
  }

  private query(): Query {
    const { target, forced, kind, dimension } = this;
    const vectors = new Float32Array(dimension);
    const request: NearestRequest = { kind: 'nearest', vectors, count: 1, dimension, limit: 1, include: [] };
    const body = Buffer.from(this.body);
    const call = { kind: 'read' as const, method: 'POST', path: this.path, headers: [], body };
    const read = () => ({ kind, request: kind === 'answerable' ? request : undefined });
    return { target, callerKey: 'caller', forced, body, call, read };
  }
}

function situation(given: Partial<Situation> = {}): Situation {
  return Object.assign(new Situation(), given);
}

const bodyOf = async ({ body }: RoutedAnswer) =>
  body instanceof Readable ? text(body) : Buffer.from(body).toString();

const cold = (version = 1): CollectionView => ({ state: 'cold', version, mirror: undefined });

describe('Router, order of tiers', () => {
  it('asks the mirror first, and the cache from then on', async () => {
    const given = situation();
    const first = await given.answer();
    expect([first.tier, first.reason, first.status]).toEqual(['mirror', 'warm', 200]);
    expect(first.headers).toEqual(['content-type', 'application/json']);
    expect(await bodyOf(first)).toBe('of the mirror');
    const second = await given.answer();
    expect([second.tier, second.reason]).toEqual(['answer-cache', 'cached']);
    expect(await bodyOf(second)).toBe('of the mirror');
    expect(given.asked).toEqual([]);
  });

  it('hands the answer of ChromaDB on with its status and headers', async () => {
    const given = situation({ view: cold(), status: 422 });
    const answer = await given.answer();
    expect(answer).toMatchObject({ tier: 'chroma', reason: 'mirror-cold', status: 422 });
    expect(answer.headers).toEqual(given.headers);
    expect(await bodyOf(answer)).toBe('of chroma');
  });

  it.each([
    ['unsupported-filter', situation({ kind: 'unsupported-filter' })],
    ['opaque', situation({ kind: 'opaque' })],
    ['flag-off', situation({ on: new Set() })],
    ['forced', situation({ forced: true })],
    ['in-doubt', situation({ view: { state: 'settling', version: 1, mirror: undefined } })],
    ['untracked', situation({ view: undefined })],
    ['untracked', situation({ target: undefined })],
  ])('asks ChromaDB: %s', async (reason, given) => {
    expect(await given.route()).toBe(`chroma: ${reason}`);
  });

  it('asks ChromaDB a second time when it is forced, and keeps no answer then', async () => {
    const given = situation({ forced: true });
    await given.answer();
    expect(await given.route()).toBe('chroma: forced');
    given.forced = false;
    expect(await given.route()).toBe('mirror: warm');
  });

  it('counts who answered and why', async () => {
    const given = situation();
    await given.answer();
    const { text: exposed } = await given.metrics.expose();
    expect(exposed).toContain('tidegate_answers_total{tier="mirror",reason="warm"} 1');
  });
});

describe('Router, when the mirror fails', () => {
  it.each([
    ['mirror-busy', () => Promise.reject(new TidegateError('mirror-busy', '', ''))],
    ['mirror-timeout', () => Promise.reject(new TidegateError('mirror-timeout', '', ''))],
    ['mirror-lost', () => Promise.reject(new TidegateError('mirror-lost', '', ''))],
    ['error', () => Promise.reject(new Error('unforeseen'))],
    ['incomplete', () => Promise.resolve(undefined)],
  ])('asks ChromaDB and counts the cause: %s', async (cause, mirror) => {
    const given = situation({ mirror });
    expect(await given.route()).toBe('chroma: mirror-failed');
    const { text: exposed } = await given.metrics.expose();
    expect(exposed).toContain(`tidegate_tier_failures_total{tier="mirror",cause="${cause}"} 1`);
  });

  it('asks ChromaDB about a vector of another dimension', async () => {
    const given = situation({ dimension: 3, status: 400 });
    expect(await given.route()).toBe('chroma: mirror-failed');
    expect(given.asked).toEqual(['chroma']);
  });
});

describe('Router, cached answers', () => {
  it('keeps an answer of ChromaDB for the same call', async () => {
    const given = situation({ view: cold() });
    expect(await bodyOf(await given.answer())).toBe('of chroma');
    const again = await given.answer();
    expect(again.tier).toBe('answer-cache');
    expect(await bodyOf(again)).toBe('of chroma');
  });

  it.each([
    ['version', { view: cold(2) }],
    ['path', { path: '/other' }],
    ['body', { body: '{ }' }],
  ])('does not answer from the cache for another %s', async (_, other) => {
    const given = situation({ view: cold() });
    await given.answer();
    expect(await Object.assign(given, other).route()).toBe('chroma: mirror-cold');
  });

  it.each([
    ['of another status', { status: 404 }],
    ['of no told length', { headers: [] }],
    ['that is too large', { headers: ['Content-Length', '1001'] }],
  ])('keeps no answer %s', async (_, odd) => {
    const given = situation({ view: cold(), ...odd });
    expect(await bodyOf(await given.answer())).toBe('of chroma');
    expect(await given.route()).toBe('chroma: mirror-cold');
  });

  it('keeps no compressed answer, as another caller may not understand it', async () => {
    const given = situation({ view: cold(), headers: ['content-length', '9', 'content-encoding', 'gzip'] });
    await given.answer();
    expect(await given.route()).toBe('chroma: mirror-cold');
  });

  it('keeps nothing while the flag is off', async () => {
    const given = situation({ on: new Set<FlagName>(['mirror-reads']) });
    await given.answer();
    expect(await given.route()).toBe('mirror: warm');
  });

  it('tells that ChromaDB broke off while its answer was read', async () => {
    const broken = () =>
      new Readable({
        read() {
          this.destroy(new Error('reset'));
        },
      });
    const given = situation({ view: cold(), stream: broken });
    await expect(given.answer()).rejects.toMatchObject({ code: 'store-failed' });
  });
});

describe('Router, learning from ChromaDB', () => {
  it.each(['cold', 'warming', 'catching-up', 'refused'] as const)(
    'asks for the mirror of a collection that is %s and answers',
    async (state) => {
      const given = situation({ view: { state, version: 1, mirror: undefined } });
      await given.answer();
      expect(given.asked).toEqual(['chroma', 'want-mirror']);
    },
  );

  it('tells who answered, unless it was with an error', async () => {
    const given = situation();
    await given.answer();
    await given.answer();
    await Object.assign(given, { forced: true }).answer();
    await Object.assign(given, { status: 400 }).answer();
    expect(given.learned).toEqual(['mirror', 'answer-cache', 'chroma']);
  });

  it('forgets a collection that ChromaDB does not know', async () => {
    const given = situation({ view: cold(), status: 404 });
    await given.answer();
    expect(given.asked).toEqual(['chroma', 'forget']);
  });

  it.each([
    ['an error', situation({ view: cold(), status: 500 })],
    ['a forced query', situation({ view: cold(), forced: true })],
    ['a flag that is off', situation({ view: cold(), on: new Set() })],
    ['a path without a collection', situation({ target: undefined, status: 404 })],
  ])('learns nothing from %s', async (_, given) => {
    await given.answer();
    expect(given.asked).toEqual(['chroma']);
  });

  it('hands the failure of ChromaDB on', async () => {
    const given = situation({
      view: cold(),
      stream: () => {
        throw new TidegateError('store-unreachable', '', '');
      },
    });
    await expect(given.answer()).rejects.toMatchObject({ code: 'store-unreachable' });
  });
});
