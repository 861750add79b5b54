import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromaCommandPrefix } from '../../modules/chroma/glibc-runtime.service.js';
import { Log } from '../../modules/telemetry/log.service.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { inheritedEnv } from '../support/tidegate-process.js';
import { closedPort } from '../support/tcp-forwarder.js';
import { until } from '../support/until.js';

const LAUNCHER = join(PROJECT_ROOT, 'dist/modules/chroma/embedded-launcher.worker.js');
const START_LIMIT_MS = 30_000;
const HEARTBEAT_MS = 1_000;

/** A ChromaDB on a port of its own, that can be killed and started again on any folder. Ends when we do. */
export class ChromaServer {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly port: number,
    private readonly folder: string,
  ) {}

  static async start(folder: string): Promise<ChromaServer> {
    const server = new ChromaServer(await closedPort(), folder);
    await server.launch('data');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error('ChromaDB does not run');
    return this.child.pid;
  }

  /** Resolves when it answers its heartbeat. */
  async launch(dataName: string): Promise<void> {
    const persist = join(this.folder, dataName);
    await mkdir(persist, { recursive: true });
    const settings = {
      port: this.port,
      listen_address: '127.0.0.1',
      persist_path: persist,
      allow_reset: true,
    };
    const configFile = join(this.folder, 'chroma.yaml');
    // JSON is YAML.
    await writeFile(configFile, JSON.stringify(settings));
    const prefix = await chromaCommandPrefix(join(PROJECT_ROOT, '.runtime'), new Log('silent'));
    const [command = process.execPath, ...args]: readonly string[] = [
      ...prefix,
      process.execPath,
      LAUNCHER,
      configFile,
    ];
    this.child = spawn(command, args, {
      env: inheritedEnv(),
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    await until('ChromaDB answers', START_LIMIT_MS, () => this.answers());
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  private async answers(): Promise<boolean> {
    const signal = AbortSignal.timeout(HEARTBEAT_MS);
    const reply = await fetch(`${this.url}/api/v2/heartbeat`, { signal }).catch(() => undefined);
    await reply?.arrayBuffer();
    return reply?.ok === true;
  }
}
