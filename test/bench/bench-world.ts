import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startChroma, startTidegate, type BenchProcess } from './bench-processes.js';
import type { Profile } from './profiles.js';

/** The two servers of a run, and their data. Tidegate stands before the very ChromaDB it is compared with. */
export class BenchWorld {
  /** Rounds that a row gets. */
  rounds: number;
  private nextNumber = 0;

  private constructor(
    readonly profile: Profile,
    readonly seed: number,
    private readonly folder: string,
    private chromaProcess: BenchProcess,
    private tidegateProcess: BenchProcess,
  ) {
    this.rounds = profile.rounds;
  }

  static async start(profile: Profile, seed: number): Promise<BenchWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'tidegate-bench-'));
    const chroma = await startChroma(join(folder, 'chroma'), await freePort());
    const tidegate = await startTidegate(join(folder, 'tidegate'), chroma.url, profile.hotMemoryMb);
    return new BenchWorld(profile, seed, folder, chroma, tidegate);
  }

  get chroma(): BenchProcess {
    return this.chromaProcess;
  }

  get tidegate(): BenchProcess {
    return this.tidegateProcess;
  }

  /** The number of the next request that was never made. */
  get first(): number {
    return this.nextNumber;
  }

  /** Where Tidegate keeps the snapshot of a collection. */
  snapshotFolder(collection: string): string {
    return join(this.folder, 'tidegate', 'mirrors', collection);
  }

  countTo(next: number): void {
    this.nextNumber = Math.max(this.nextNumber, next);
  }

  /** Kills Tidegate and starts it again over what it left on disk. */
  async restartTidegate(): Promise<void> {
    await this.tidegateProcess.kill();
    const folder = join(this.folder, 'tidegate');
    this.tidegateProcess = await startTidegate(folder, this.chroma.url, this.profile.hotMemoryMb);
  }

  /** Kills ChromaDB and starts it again on the same port. */
  async restartChroma(): Promise<void> {
    const { port } = this.chromaProcess;
    await this.chromaProcess.kill();
    this.chromaProcess = await startChroma(join(this.folder, 'chroma'), port);
  }

  async stop(): Promise<void> {
    await this.tidegateProcess.kill();
    await this.chromaProcess.kill();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }
}
