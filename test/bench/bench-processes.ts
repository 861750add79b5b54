import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sourceRoot } from '../../grafana/source-root.js';
import { chromaCommandPrefix } from '../../modules/chroma/glibc-runtime.service.js';
import { Log } from '../../modules/telemetry/log.service.js';
import { getJson } from '../support/http.js';
import { closedPort } from '../support/tcp-forwarder.js';
import { until } from '../support/until.js';

export const PROJECT_ROOT = sourceRoot();
const START_LIMIT_MS = 300_000;
const POLL_MS = 5;
const PAYLOAD_MAX_BYTES = 64 * 1024 * 1024;
/** The driver only waits for ports; all else that a shell exported stays out of the measurement. */
const FOREIGN = /^(TIDEGATE_|JEST_|NODE_OPTIONS$|NODE_ENV$|npm_)/;

/** A server that is measured, as a process of its own. */
export class BenchProcess {
  private readonly ended: Promise<unknown>;

  constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {
    this.ended = once(child, 'exit');
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** As `kill -9` does. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** Starts ChromaDB over a folder, on a port; resolves when it answers its heartbeat. */
export async function startChroma(folder: string, port: number): Promise<BenchProcess> {
  const prefix = await chromaCommandPrefix(join(PROJECT_ROOT, '.runtime'), new Log('warn'));
  await mkdir(folder, { recursive: true });
  const settings = { port, listen_address: '127.0.0.1', persist_path: folder };
  const configFile = join(folder, '..', 'chroma.yaml');
  await writeFile(configFile, JSON.stringify({ ...settings, max_payload_size_bytes: PAYLOAD_MAX_BYTES }));
  const launcher = join(PROJECT_ROOT, 'dist/modules/chroma/embedded-launcher.worker.js');
  const words = [...prefix, process.execPath, launcher, configFile];
  // It ends itself when this pipe to it closes, however we end.
  const child = spawn(words[0] ?? '', words.slice(1), {
    env: cleanEnvironment(),
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin.on('error', () => undefined);
  const url = `http://127.0.0.1:${port}`;
  await until('ChromaDB answers', START_LIMIT_MS, () => answers(url, '/api/v2/heartbeat'), POLL_MS);
  return new BenchProcess(child, url);
}

/** Starts Tidegate as `npm start` does; resolves when it listens. */
export async function startTidegate(
  folder: string,
  chromaUrl: string,
  hotMemoryMb: number,
): Promise<BenchProcess> {
  const env = {
    ...cleanEnvironment(),
    TIDEGATE_PORT: '0',
    TIDEGATE_DATA_DIR: folder,
    TIDEGATE_CHROMA_URL: chromaUrl,
    TIDEGATE_HOT_MEMORY_MB: String(hotMemoryMb),
  };
  const child = spawn('sh', ['-c', `exec env ${startCommand()}`], {
    cwd: PROJECT_ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const url = await listeningUrl(child);
  return new BenchProcess(child, url);
}

/** A port on which a server may listen now. */
export function freePort(): Promise<number> {
  return closedPort();
}

/** How `npm start` has memory allocated, for what stands in Tidegate's place. */
export function memorySettings(): Readonly<Record<string, string>> {
  const [, tunables] = /GLIBC_TUNABLES=(\S+)/.exec(startCommand()) ?? [];
  if (tunables === undefined) throw new Error('package.json: `npm start` does not set GLIBC_TUNABLES');
  return { GLIBC_TUNABLES: tunables };
}

function startCommand(): string {
  const { scripts } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  return scripts.start;
}

function listeningUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => {
      reject(new Error('Tidegate ended before it listened'));
    });
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { event, url } = JSON.parse(line) as { event?: string; url?: string };
      if (event === 'listening' && url !== undefined) resolve(url);
    });
  });
}

async function answers(url: string, path: string): Promise<boolean> {
  const reply = await getJson(url, path).catch(() => undefined);
  return reply?.status === 200;
}

function cleanEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));
}
