import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callJson, DEFAULT_DATABASE, postJson, waitForTier } from '../support/http.js';
import { SeededRandom } from '../support/seeded-random.js';
import { closedPort } from '../support/tcp-forwarder.js';
import { startTidegate, type TidegateProcess } from '../support/tidegate-process.js';
import type { Circumstances } from './answer-verdicts.js';
import { ChromaServer } from './chroma-server.js';
import { FaultProxy } from './fault-proxy.js';
import { KnownRecords } from './known-records.js';
import { LoadProcess } from './load-process.js';
import type { LoadCollections } from './load-record.js';
import type { Span } from './monotonic.js';

/** Sent along with each request of the load. */
export const DEADLINE_MS = 3_000;
const WRITTEN_DIMENSION = 8;
const FATAL_LEVEL = 60;

export interface StageOptions {
  readonly seed: number;
  readonly requestsPerSecond: number;
  /** Of Tidegate, beside its own defaults. */
  readonly settings: Readonly<Record<string, string>>;
}

/** ChromaDB, the network, Tidegate and its steady load, each but the network a process of its own. */
export class Stage {
  readonly frozen: Span[] = [];
  readonly gone: Span[] = [];
  readonly goneForCertain: Span[] = [];
  readonly garbling: Span[] = [];
  readonly random: SeededRandom;
  load: LoadProcess | undefined;
  /** Of the collection that no mirror has. */
  unmirroredId = '';
  /** All that were started; the last one serves. */
  private readonly tidegates: TidegateProcess[] = [];

  private constructor(
    private readonly options: StageOptions,
    /** For whatever has to be on disk. */
    readonly folder: string,
    readonly chroma: ChromaServer,
    readonly proxy: FaultProxy,
    private readonly port: number,
  ) {
    this.random = new SeededRandom(options.seed);
  }

  /** Resolves when mirrors serve and the load runs. */
  static async open(options: StageOptions): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'tidegate-faults-'));
    const chroma = await ChromaServer.start(join(folder, 'chroma'));
    const proxy = await FaultProxy.start(chroma.url, options.seed);
    const stage = new Stage(options, folder, chroma, proxy, await closedPort());
    try {
      await stage.startTidegate();
      const collections = await stage.fill();
      stage.unmirroredId = collections.unmirrored;
      const { seed, requestsPerSecond } = options;
      const plan = { seed, requestsPerSecond, deadlineMs: DEADLINE_MS, url: stage.url, collections };
      stage.load = LoadProcess.start(plan);
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  get url(): string {
    return this.tidegate.url;
  }

  get tidegate(): TidegateProcess {
    const last = this.tidegates.at(-1);
    if (last === undefined) throw new Error('no Tidegate was started');
    return last;
  }

  circumstances(graceMs: number): Circumstances {
    const { frozen, gone, goneForCertain, garbling } = this;
    return { deadlineMs: DEADLINE_MS, graceMs, frozen, gone, goneForCertain, garbling };
  }

  /** A new one, on the port and the data of the one before. */
  async startTidegate(): Promise<void> {
    const env = {
      TIDEGATE_CHROMA_URL: this.proxy.url,
      TIDEGATE_PORT: String(this.port),
      TIDEGATE_DATA_DIR: join(this.folder, 'tidegate'),
      ...this.options.settings,
    };
    this.tidegates.push(await startTidegate(env));
  }

  /** Log lines and output that no fault excuses. */
  complaints(): readonly string[] {
    const lines = this.tidegates.flatMap(({ logs }) => logs);
    const bad = lines.filter(
      ({ event, level }) => event === 'request-failed' || event === undefined || Number(level) >= FATAL_LEVEL,
    );
    const output = this.tidegates.flatMap(({ stderr }) => stderr);
    return [...new Set([...bad.map((line) => JSON.stringify(line, hideTime)), ...output])];
  }

  /** Stops Tidegate in order. @returns its exit code */
  async stopTidegate(): Promise<number | null> {
    return this.tidegate.stop();
  }

  async close(): Promise<void> {
    // The reapers of those that ended are gone with them.
    await this.tidegates.at(-1)?.kill();
    await this.proxy.close();
    await this.chroma.kill();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }

  private async fill(): Promise<LoadCollections> {
    const known = new KnownRecords(new SeededRandom(this.options.seed));
    const mirrored = await this.create('mirrored', known.batches());
    const unmirrored = await this.create('unmirrored', known.batches());
    const first = [{ ids: ['first'], embeddings: [Array<number>(WRITTEN_DIMENSION).fill(9)] }];
    const writtenMirrored = await this.create('written-mirrored', first);
    const writtenUnmirrored = await this.create('written-unmirrored', first);
    for (const id of [unmirrored, writtenUnmirrored]) await this.pin(id, 'never');
    for (const id of [mirrored, writtenMirrored]) {
      await this.pin(id, 'always');
      await waitForTier(this.url, id, 'mirror');
    }
    return { mirrored, unmirrored, writtenMirrored, writtenUnmirrored };
  }

  private async create(name: string, batches: readonly object[]): Promise<string> {
    const collections = `${DEFAULT_DATABASE}/collections`;
    const body = { name, configuration: KnownRecords.settings };
    const { id } = (await this.expect(200, 'POST', collections, body)) as { readonly id: string };
    for (const batch of batches) await this.expect(201, 'POST', `${collections}/${id}/add`, batch);
    return id;
  }

  private async pin(id: string, pin: string): Promise<void> {
    await postJson(this.url, `${DEFAULT_DATABASE}/collections/${id}/get`, { limit: 1 });
    await this.expect(200, 'PUT', `/operations/v1/collections/${id}/pin`, { pin });
  }

  private async expect(status: number, method: string, path: string, body: object): Promise<unknown> {
    const reply = await callJson(this.url, method, path, body);
    if (reply.status === status) return reply.json;
    throw new Error(`${method} ${path} was answered ${reply.status}: ${reply.text}`);
  }
}

function hideTime(key: string, value: unknown): unknown {
  return key === 'time' ? undefined : value;
}
