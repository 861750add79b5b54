import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Log, messageOf } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { TidegateError } from '../vector/errors.js';
import type { ChromaConfig } from './chroma.config.js';
import { chromaCommandPrefix } from './glibc-runtime.service.js';
import { listensOn } from './port-owner.service.js';
import { restartDelayMs } from './restart-delay.js';

const LAUNCHER = fileURLToPath(new URL('./embedded-launcher.worker.js', import.meta.url));
const HEARTBEAT_POLL_MS = 50;
const HEARTBEAT_TIMEOUT_MS = 1_000;
/** Uptime after which a death counts as the first again. */
const STABLE_MS = 10_000;
const LOG_TAIL_CHARS = 2_000;

/**
 * The ChromaDB of the npm package `chromadb` as a child process on a free loopback port: started, restarted
 * with backoff when it dies, and gone when we are, even after a kill -9 (the launcher watches our pipe).
 * A port that another process took meanwhile is never mistaken for it.
 */
export class EmbeddedChroma {
  private address: string | undefined;
  private child: ChildProcess | undefined;
  private stopping = false;
  private deaths = 0;
  private startedAt = 0;
  private output = '';

  constructor(
    private readonly config: ChromaConfig,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** Where it answers; undefined while it does not. */
  url(): string | undefined {
    return this.address;
  }

  /**
   * Resolves when the first heartbeat is answered.
   * @throws TidegateError `embedded-store-impossible` when ChromaDB cannot run here; it says what to do
   */
  async start(): Promise<void> {
    const prefix = await chromaCommandPrefix(resolve(this.config.runtimeDir), this.log);
    await this.launch(prefix);
    const deadline = performance.now() + this.config.startTimeoutMs;
    while (this.address === undefined && performance.now() < deadline) await sleep(HEARTBEAT_POLL_MS);
    if (this.address !== undefined) return;
    throw new TidegateError(
      'embedded-store-impossible',
      `the embedded ChromaDB did not answer within ${this.config.startTimeoutMs} ms: ${this.output}`,
      'set TIDEGATE_CHROMA_URL to a running ChromaDB, or use docker compose up',
    );
  }

  /** ChromaDB's own reaction to SIGTERM can spin for ever; its store is safe against SIGKILL by design. */
  async stop(): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (child === undefined || hasEnded(child)) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
  }

  /** Each launch takes a port of its own: the last one may be somebody else's by now. */
  private async launch(prefix: readonly string[]): Promise<void> {
    const port = await freePort();
    const configFile = await this.writeSettings(port);
    if (this.stopping) return;
    const child = this.spawn([...prefix, process.execPath, LAUNCHER, configFile]);
    child.once('exit', (code, signal) => void this.restart(prefix, code, signal));
    void this.watchUntilUp(child, port);
  }

  private async writeSettings(port: number): Promise<string> {
    const dataDir = resolve(this.config.dataDir);
    await mkdir(join(dataDir, 'chroma'), { recursive: true });
    const settings = {
      port,
      listen_address: '127.0.0.1',
      persist_path: join(dataDir, 'chroma'),
      max_payload_size_bytes: this.config.maxBodyBytes,
      allow_reset: true,
    };
    const configFile = join(dataDir, 'chroma.yaml');
    // JSON is YAML, and quotes paths safely.
    await writeFile(configFile, `${JSON.stringify(settings, null, 2)}\n`);
    return configFile;
  }

  private spawn([command = process.execPath, ...args]: readonly string[]): ChildProcess {
    // Detached: a Ctrl+C at the terminal is for us, who end ChromaDB after the requests in flight.
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.child = child;
    this.startedAt = performance.now();
    this.output = '';
    const keep = (chunk: Buffer) => (this.output = (this.output + chunk.toString()).slice(-LOG_TAIL_CHARS));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.stdin.on('error', () => undefined);
    child.once('error', (error) => {
      this.log.error('embedded-chroma-not-started', { message: messageOf(error) });
    });
    return child;
  }

  private async watchUntilUp(child: ChildProcess, port: number): Promise<void> {
    const url = `http://127.0.0.1:${port}`;
    while (!hasEnded(child)) {
      const answers = await answersHeartbeat(`${url}/api/v2/heartbeat`);
      if (answers && (await listensOn(child.pid ?? 0, port)) && !hasEnded(child)) {
        this.address = url;
        this.log.info('embedded-chroma-started', { url, pid: child.pid });
        return;
      }
      await sleep(HEARTBEAT_POLL_MS);
    }
  }

  private async restart(
    prefix: readonly string[],
    code: number | null,
    signal: string | null,
  ): Promise<void> {
    this.address = undefined;
    if (this.stopping) return;
    const stable = performance.now() - this.startedAt > STABLE_MS;
    this.deaths = stable ? 1 : this.deaths + 1;
    const delayMs = restartDelayMs(this.deaths);
    this.metrics.storeRestarted();
    const end = { code: code ?? undefined, signal: signal ?? undefined };
    this.log.error('embedded-chroma-died', { ...end, delayMs, output: this.output });
    await sleep(delayMs, undefined, { ref: false });
    await this.launch(prefix).catch((error: unknown) => {
      // Nothing was started (a full disk, say): the next try is due as after a death.
      this.output = messageOf(error);
      return this.restart(prefix, null, null);
    });
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function answersHeartbeat(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(HEARTBEAT_TIMEOUT_MS) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        done(typeof address === 'object' && address ? address.port : 0);
      });
    });
  });
}
