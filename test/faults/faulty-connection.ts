import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from '../support/seeded-random.js';
import type { NetworkFault } from './network-fault.js';

const HEAD_END = '\r\n\r\n';
const MAX_GARBAGE_BYTES = 512;
/** Throttled answers leave in pieces of so much time. */
const SLICE_MS = 20;
/** What was written arrives before the reset that follows. */
const BEFORE_RESET_MS = 5;
/** Never a byte of JSON, nor of UTF-8 where it stands alone. */
const GARBLED_BYTE = 0xff;

/** A request and its answer; the next begins with the first byte that the caller sends after an answer. */
interface Exchange {
  readonly fault: NetworkFault | undefined;
  answered: boolean;
  /** Of a garbled answer: its head is over. */
  inBody: boolean;
}

/** One connection through the proxy, to whose exchanges faults are drawn one by one. */
export class FaultyConnection {
  private store: net.Socket | undefined;
  private exchange: Exchange | undefined;
  /** Nothing reaches the caller any more. */
  private muted = false;

  constructor(
    private readonly caller: net.Socket,
    private readonly target: URL,
    private readonly random: SeededRandom,
    private readonly draw: (random: SeededRandom) => NetworkFault | undefined,
  ) {
    caller.on('error', () => caller.destroy());
    caller.on('data', (piece: Buffer) => {
      this.take(piece);
    });
    caller.once('close', () => this.store?.destroy());
  }

  reset(): void {
    this.muted = true;
    this.caller.resetAndDestroy();
    this.store?.destroy();
  }

  private take(piece: Buffer): void {
    if (this.exchange === undefined || this.exchange.answered)
      this.exchange = { fault: this.draw(this.random), answered: false, inBody: false };
    const kind = this.exchange.fault?.kind;
    if (kind === 'reset-request') this.reset();
    else if (kind !== 'black-hole') (this.store ??= this.connect()).write(piece);
  }

  private connect(): net.Socket {
    const store = net.connect(Number(this.target.port), this.target.hostname);
    store.on('error', () => {
      this.reset();
    });
    this.passAnswers(store).catch(() => {
      this.reset();
    });
    return store;
  }

  private async passAnswers(store: net.Socket): Promise<void> {
    for await (const piece of store) if (!this.muted) await this.give(piece as Buffer);
    if (!this.muted) this.caller.end();
  }

  private async give(piece: Buffer): Promise<void> {
    const { exchange } = this;
    if (exchange === undefined) return;
    const isFirst = !exchange.answered;
    const { fault } = exchange;
    if (fault?.kind === 'latency' && isFirst)
      await sleep(fault.latencyMs + this.random.below(fault.jitterMs + 1));
    exchange.answered = true;
    if (fault?.kind === 'bandwidth') await this.trickle(piece, fault.bytesPerSecond);
    else if (fault?.kind === 'garbled-body') this.write(this.garbled(exchange, piece));
    else if (fault === undefined || fault.kind === 'latency' || !isFirst) this.write(piece);
    else await this.spoil(fault, piece);
  }

  /** Faults that leave nothing of the connection to the answers after. */
  private async spoil({ kind }: NetworkFault, piece: Buffer): Promise<void> {
    this.muted = true;
    if (kind === 'garbage') this.caller.end(this.garbage());
    if (kind === 'reset-unanswered') this.reset();
    if (kind !== 'reset-midway' && kind !== 'truncated' && kind !== 'stall') return;
    const cut = piece.subarray(0, 1 + this.random.below(Math.max(1, piece.length - 1)));
    this.caller.write(cut);
    if (kind === 'truncated') this.caller.end();
    if (kind !== 'reset-midway') return;
    await sleep(BEFORE_RESET_MS);
    this.reset();
  }

  private async trickle(piece: Buffer, bytesPerSecond: number): Promise<void> {
    const slice = Math.max(1, Math.floor((bytesPerSecond * SLICE_MS) / 1000));
    for (let at = 0; at < piece.length && this.caller.writable; at += slice) {
      this.write(piece.subarray(at, at + slice));
      await sleep(SLICE_MS);
    }
  }

  private garbled(exchange: Exchange, piece: Buffer): Buffer {
    const head = exchange.inBody ? 0 : piece.indexOf(HEAD_END) + HEAD_END.length;
    if (head < HEAD_END.length && !exchange.inBody) return piece;
    exchange.inBody = true;
    return Buffer.concat([piece.subarray(0, head), Buffer.alloc(piece.length - head, GARBLED_BYTE)]);
  }

  private garbage(): Buffer {
    const length = 1 + this.random.below(MAX_GARBAGE_BYTES);
    return Buffer.from(Array.from({ length }, () => this.random.below(256)));
  }

  private write(piece: Buffer): void {
    if (this.caller.writable) this.caller.write(piece);
  }
}
