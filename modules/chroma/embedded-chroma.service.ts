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
 */
export class EmbeddedChroma {
  private port: number | undefined;
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

  url(): string | undefined {
    return this.port === undefined ? undefined : `http://127.0.0.1:${this.port}`;
  }

  /**
   * Resolves when the first heartbeat is answered.
   * @throws TidegateError `embedded-store-impossible` when ChromaDB cannot run here; it says what to do
   */
  async start(): Promise<void> {
    const prefix = await chromaCommandPrefix(resolve(this.config.runtimeDir), this.log);
    const configFile = await this.prepare();
    this.launch(prefix, configFile);
    await this.waitForHeartbeat();
    this.log.info('embedded-chroma-started', { url: this.url(), pid: this.child?.pid });
  }

  /** ChromaDB's own reaction to SIGTERM can spin for ever; its store is safe against SIGKILL by design. */
  async stop(): Promise<void> {
    this.stopping = true;
    const child = this.child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
  }

  private async prepare(): Promise<string> {
    const dataDir = resolve(this.config.dataDir);
    await mkdir(join(dataDir, 'chroma'), { recursive: true });
    this.port = await freePort();
    const settings = {
      port: this.port,
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

  private launch(prefix: readonly string[], configFile: string): void {
    if (this.stopping) return;
    const [command, ...rest] = [...prefix, process.execPath, LAUNCHER, configFile];
    // Detached: a Ctrl+C at the terminal is for us, who end ChromaDB after the requests in flight.
    const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
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
    child.once('exit', (code, signal) => void this.restart(prefix, configFile, code, signal));
  }

  private async restart(
    prefix: readonly string[],
    configFile: string,
    code: number | null,
    signal: string | null,
  ) {
    if (this.stopping) return;
    const stable = performance.now() - this.startedAt > STABLE_MS;
    this.deaths = stable ? 1 : this.deaths + 1;
    const delayMs = restartDelayMs(this.deaths);
    this.metrics.storeRestarted();
    this.log.error('embedded-chroma-died', {
      code: code ?? undefined,
      signal: signal ?? undefined,
      delayMs,
      output: this.output,
    });
    await sleep(delayMs, undefined, { ref: false });
    this.launch(prefix, configFile);
  }

  private async waitForHeartbeat(): Promise<void> {
    const deadline = performance.now() + this.config.startTimeoutMs;
    while (performance.now() < deadline) {
      if (await answersHeartbeat(`${this.url() ?? ''}/api/v2/heartbeat`)) return;
      await sleep(HEARTBEAT_POLL_MS);
    }
    throw new TidegateError(
      'embedded-store-impossible',
      `the embedded ChromaDB did not answer within ${this.config.startTimeoutMs} ms: ${this.output}`,
      'set TIDEGATE_CHROMA_URL to a running ChromaDB, or use docker compose up',
    );
  }
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
