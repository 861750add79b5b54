import { once } from 'node:events';
import net from 'node:net';
import { SeededRandom } from '../support/seeded-random.js';
import { FaultyConnection } from './faulty-connection.js';
import type { FaultKind, NetworkFault } from './network-fault.js';

const HOST = '127.0.0.1';

/**
 * TCP between Tidegate and ChromaDB, failing as it is told to. A fault meets exchanges that begin while it is
 * in force, also on connections opened before, each by a chance drawn from its connection's own source: the
 * seed and the order of connections repeat a run.
 */
export class FaultProxy {
  /** How many exchanges, or listeners, each fault met. */
  readonly hits = new Map<FaultKind, number>();
  private readonly open = new Map<net.Socket, FaultyConnection>();
  private readonly seeds: SeededRandom;
  private readonly server: net.Server;
  private port = 0;
  private fault: NetworkFault | undefined;
  private share = 1;

  private constructor(
    private readonly target: URL,
    seed: number,
  ) {
    this.seeds = new SeededRandom(seed);
    this.server = net.createServer((caller) => {
      const draw = (random: SeededRandom) => this.draw(random);
      this.open.set(caller, new FaultyConnection(caller, this.target, this.seeds.fork(), draw));
      caller.once('close', () => this.open.delete(caller));
    });
  }

  static async start(targetUrl: string, seed: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(new URL(targetUrl), seed);
    await proxy.listen();
    return proxy;
  }

  get url(): string {
    return `http://${HOST}:${this.port}`;
  }

  connections(): number {
    return this.open.size;
  }

  /** @param share chance of each exchange to be met, from 0 to 1 */
  async inject(fault: NetworkFault, share = 1): Promise<void> {
    this.fault = fault;
    this.share = share;
    if (fault.kind !== 'refusing') return this.listen();
    this.count('refusing');
    await this.closeAll();
  }

  /** What is stalled already stays so. */
  async clear(): Promise<void> {
    this.fault = undefined;
    await this.listen();
  }

  async close(): Promise<void> {
    this.fault = undefined;
    await this.closeAll();
  }

  private draw(random: SeededRandom): NetworkFault | undefined {
    if (this.fault === undefined || random.next() >= this.share) return undefined;
    this.count(this.fault.kind);
    return this.fault;
  }

  private count(kind: FaultKind): void {
    this.hits.set(kind, (this.hits.get(kind) ?? 0) + 1);
  }

  private async listen(): Promise<void> {
    if (this.server.listening) return;
    this.server.listen(this.port, HOST);
    await once(this.server, 'listening');
    this.port = (this.server.address() as net.AddressInfo).port;
  }

  private async closeAll(): Promise<void> {
    if (!this.server.listening) return;
    this.server.close();
    for (const connection of this.open.values()) connection.reset();
    await once(this.server, 'close');
  }
}
