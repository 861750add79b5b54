import { once } from 'node:events';
import net from 'node:net';
import { ReplyReader, type WireReply } from './reply-reader.js';

/** The requests of a scenario, by number. */
export interface RequestSource {
  readonly maxRequestBytes: number;
  /** Writes request `number` whole, head and body, and returns its length in bytes. */
  write(number: number, into: Buffer): number;
}

/** When a round ends: after a time, or after a number of requests. */
export type RoundLength = { readonly durationMs: number } | { readonly requests: number };

export interface RoundOutcome {
  readonly requests: number;
  /** Requests that were answered with another status than 2xx, or not at all. */
  readonly errors: number;
  /** From the first request until the last answer. */
  readonly elapsedMs: number;
  readonly latenciesMs: readonly number[];
  /** Answers by who gave them; nothing of ChromaDB's own. */
  readonly tiers: ReadonlyMap<string, number>;
}

const REPLY_LIMIT_MS = 60_000;

/**
 * A closed loop: each client keeps one connection and sends its next request when the last one is answered.
 * So a slow side is asked less often, and its latencies are those of a service that is as busy as its callers
 * let it be, not those of a given rate of arrivals.
 */
export class LoadDriver {
  private connections: Connection[] = [];

  constructor(
    private readonly port: number,
    private readonly clients: number,
  ) {}

  /** Runs one round. @param first the number of its first request */
  async run(source: RequestSource, first: number, length: RoundLength): Promise<RoundOutcome> {
    await this.connect(source.maxRequestBytes);
    const tally = { requests: 0, errors: 0, latenciesMs: [] as number[], tiers: new Map<string, number>() };
    const startedMs = performance.now();
    const last = 'requests' in length ? first + length.requests : Infinity;
    const endMs = 'durationMs' in length ? startedMs + length.durationMs : Infinity;
    let next = first;
    const loop = async (connection: Connection) => {
      while (next < last && performance.now() < endMs) {
        const sentMs = performance.now();
        const reply = await connection.exchange(source, next++);
        tally.latenciesMs.push(performance.now() - sentMs);
        tally.requests++;
        if (reply === undefined || reply.status >= 300) tally.errors++;
        else if (reply.tier !== '') tally.tiers.set(reply.tier, (tally.tiers.get(reply.tier) ?? 0) + 1);
        if (reply === undefined || reply.closes) await connection.open();
      }
    };
    await Promise.all(this.connections.map(loop));
    return { ...tally, elapsedMs: performance.now() - startedMs };
  }

  close(): void {
    for (const connection of this.connections) connection.close();
    this.connections = [];
  }

  private async connect(maxRequestBytes: number): Promise<void> {
    while (this.connections.length < this.clients) this.connections.push(new Connection(this.port));
    await Promise.all(this.connections.map((connection) => connection.ready(maxRequestBytes)));
  }
}

class Connection {
  private socket: net.Socket | undefined;
  private reader = new ReplyReader();
  private buffer = Buffer.alloc(0);
  private answered: ((reply: WireReply | undefined) => void) | undefined;

  constructor(private readonly port: number) {}

  async ready(maxRequestBytes: number): Promise<void> {
    if (this.buffer.length < maxRequestBytes) this.buffer = Buffer.alloc(maxRequestBytes);
    if (this.socket === undefined || this.socket.destroyed || this.socket.readableEnded) await this.open();
  }

  async open(): Promise<void> {
    this.close();
    this.reader = new ReplyReader();
    const socket = net.connect(this.port, '127.0.0.1').setNoDelay(true);
    socket.on('error', () => undefined);
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    this.socket = socket;
    socket.setTimeout(REPLY_LIMIT_MS, () => socket.destroy());
    socket.on('data', (piece: Buffer) => {
      const reply = this.reader.feed(piece);
      if (reply !== undefined) this.answered?.(reply);
    });
    socket.on('close', () => {
      if (this.socket === socket) this.answered?.(undefined);
    });
  }

  /** Resolves to `undefined` where the connection ended instead. */
  exchange(source: RequestSource, number: number): Promise<WireReply | undefined> {
    const bytes = source.write(number, this.buffer);
    return new Promise((resolve) => {
      this.answered = resolve;
      if (this.socket === undefined || this.socket.destroyed) resolve(undefined);
      else this.socket.write(this.buffer.subarray(0, bytes));
    });
  }

  close(): void {
    const { socket } = this;
    this.socket = undefined;
    socket?.destroy();
  }
}
