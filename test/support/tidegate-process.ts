import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PROJECT_ROOT } from './project-root.js';

const START_LIMIT_MS = 50_000;
const STOP_LIMIT_MS = 20_000;
const STDERR_KEPT_LINES = 50;

export type LogLine = Readonly<Record<string, unknown>>;

const running = new Set<TidegateProcess>();

/** No suite leaves a process behind, and each Tidegate it started ends in order. Others than Jest use it. */
const { afterAll } = globalThis as { readonly afterAll?: (hook: () => Promise<void>) => void };
afterAll?.(async () => {
  await Promise.all([...running].map((tidegate) => tidegate.stopInOrder()));
});

/** One real Tidegate, started from `dist/`. Its log lines are kept as they come. */
export class TidegateProcess {
  url = '';
  chromaUrl = '';
  readonly logs: LogLine[] = [];
  readonly stderr: string[] = [];
  private readonly reaper: ChildProcess;
  private readonly ended: Promise<number | null>;
  private end = 'is running';

  constructor(
    private readonly child: ChildProcess,
    readonly pid: number,
    readonly dataDir: string,
  ) {
    this.reaper = startReaper(pid, dataDir);
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.end = `ended with ${code === null ? String(signal) : `exit code ${code}`}`;
        resolve(code);
      });
    });
    running.add(this);
  }

  /** SIGTERM, then waits for the end. Resolves to the exit code, `null` when a signal ended it. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    const code = await withLimit(this.ended, STOP_LIMIT_MS).catch(async (error: unknown) => {
      await this.kill();
      throw new Error(`Tidegate did not end after SIGTERM.\n${this.describe()}`, { cause: error });
    });
    await this.forget();
    return code;
  }

  /** As `stop`, and fails unless the exit code is 0. */
  async stopInOrder(): Promise<void> {
    if ((await this.stop()) !== 0) throw new Error(`Tidegate ${this.end}.\n${this.describe()}`);
  }

  /** SIGKILL of Tidegate alone. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await withLimit(this.ended, STOP_LIMIT_MS);
    await this.forget();
  }

  /** Waits until it prints that it listens. */
  async listening(): Promise<this> {
    const died = this.ended.then(() => Promise.reject(new Error(this.end)));
    try {
      const line = await withLimit(Promise.race([this.listeningLine(), died]), START_LIMIT_MS);
      this.url = String(line['url']);
      this.chromaUrl = String(line['chromaUrl']);
      return this;
    } catch (error) {
      await this.kill();
      throw new Error(`Tidegate did not start: ${String(error)}\n${this.describe()}`, { cause: error });
    }
  }

  private listeningLine(): Promise<LogLine> {
    createInterface({ input: streamOf(this.child.stderr) }).on('line', (text) => {
      this.stderr.push(text);
      if (this.stderr.length > STDERR_KEPT_LINES) this.stderr.shift();
    });
    return new Promise((resolve) => {
      createInterface({ input: streamOf(this.child.stdout) }).on('line', (text) => {
        const line = parseLogLine(text);
        this.logs.push(line);
        if (line['event'] === 'listening') resolve(line);
      });
    });
  }

  private describe(): string {
    const logs = this.logs.slice(-20).map((line) => JSON.stringify(line));
    return [...logs, ...this.stderr].join('\n');
  }

  private async forget(): Promise<void> {
    running.delete(this);
    this.reaper.kill('SIGKILL');
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 10 });
  }
}

/**
 * Starts Tidegate on a free port and waits until it listens. Without TIDEGATE_CHROMA_URL it runs an embedded
 * ChromaDB. Data lives in a new folder that goes with the process.
 */
export async function startTidegate(env: Readonly<Record<string, string>> = {}): Promise<TidegateProcess> {
  return (await spawnTidegate(env)).listening();
}

/** As `startTidegate`, but does not wait. */
export async function spawnTidegate(env: Readonly<Record<string, string>> = {}): Promise<TidegateProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidegate-test-'));
  const child = spawn(process.execPath, ['dist/bundle/tidegate.js'], {
    cwd: PROJECT_ROOT,
    env: { ...inheritedEnv(), TIDEGATE_PORT: '0', TIDEGATE_DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  if (child.pid === undefined) {
    const [error] = (await once(child, 'error')) as [Error];
    throw error;
  }
  return new TidegateProcess(child, child.pid, dataDir);
}

/** What a shell would give it: nothing of Jest's, none of our own settings. */
export function inheritedEnv(): Record<string, string | undefined> {
  const foreign = /^(TIDEGATE_|JEST_|NODE_OPTIONS$|NODE_ENV$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

/**
 * Ends the process group, and removes its data, when this process is gone for whatever reason: the pipe
 * closes then. An exit hook would not run in a Jest worker that is killed.
 */
function startReaper(group: number, dataDir: string): ChildProcess {
  const script = 'read -r line; kill -s KILL -- "-$1"; sleep 1; rm -rf -- "$2"';
  const reaper = spawn('sh', ['-c', script, 'reaper', String(group), dataDir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  reaper.unref();
  return reaper;
}

function parseLogLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { text };
  }
}

function streamOf(stream: ChildProcess['stdout']): NonNullable<ChildProcess['stdout']> {
  if (!stream) throw new Error('the child process has no pipe');
  return stream;
}

async function withLimit<T>(promise: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`nothing within ${limitMs} ms`));
    }, limitMs);
  });
  return Promise.race([promise, late]).finally(() => {
    clearTimeout(timer);
  });
}
