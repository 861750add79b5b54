import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultyNetwork, type Fault } from '../support/faulty-network.js';
import { startTidegate, type TidegateProcess } from '../support/tidegate-process.js';

/** After that Tidegate gives a call to ChromaDB up; its timer may be late by a second. */
const CALL_LIMIT_MS = 600;
/** Late calls reach ChromaDB after that: later than Tidegate waits for them, and before they have settled. */
const LATE_MS = 1_200;
/** Longer than a late call takes, with room for a busy machine: what is in doubt has settled by then. */
export const SETTLE_MS = 1_500;

/** A Tidegate that can be killed, before a ChromaDB that lives on, with a network between them that fails. */
export class RunningTidegate {
  /** How often it was killed. */
  kills = 0;
  private restarting: Promise<void> | undefined;
  private process: TidegateProcess;

  private constructor(
    /** Of ChromaDB itself. */
    readonly chromaUrl: string,
    readonly network: FaultyNetwork,
    private readonly dataDir: string,
    private readonly env: Readonly<Record<string, string>>,
    process: TidegateProcess,
  ) {
    this.process = process;
  }

  /** @param chance what happens to calls that no fault was planned for */
  static async start(chromaUrl: string, chance: () => Fault | undefined): Promise<RunningTidegate> {
    const network = await FaultyNetwork.start(chromaUrl, { lateMs: LATE_MS, chance });
    const dataDir = await mkdtemp(join(tmpdir(), 'tidegate-model-'));
    const env = {
      TIDEGATE_DATA_DIR: dataDir,
      TIDEGATE_CHROMA_URL: network.url,
      TIDEGATE_CHROMA_TIMEOUT_MS: String(CALL_LIMIT_MS),
      TIDEGATE_SETTLE_MS: String(SETTLE_MS),
      TIDEGATE_WARM_PAGE_RECORDS: '8',
      TIDEGATE_BREAKER_MIN_CALLS: '100000',
    };
    return new RunningTidegate(chromaUrl, network, dataDir, env, await startTidegate(env));
  }

  /** Its address; waits while it is being started again. */
  async url(): Promise<string> {
    await this.restarting;
    return this.process.url;
  }

  /** kill -9, and a new one on the same data. */
  async kill(): Promise<void> {
    this.restarting ??= this.restart().finally(() => {
      this.restarting = undefined;
    });
    await this.restarting;
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await this.network.close();
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 10 });
  }

  private async restart(): Promise<void> {
    this.kills++;
    await this.process.kill();
    this.process = await startTidegate(this.env);
  }
}
