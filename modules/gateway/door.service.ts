import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { Shedding } from '../admission/shedding.service.js';
import type { TidegateError } from '../vector/errors.js';
import { GatewayConfig } from './gateway.config.js';

const LANE = 'door';

/** What one request holds, from its first byte to the last of its answer. */
export class Visit {
  private bytes = 0;

  constructor(private readonly door: Door) {}

  /**
   * Takes room for a body of so many bytes, all in all.
   * @returns TidegateError `overloaded` where there is none
   */
  hold(bytes: number): TidegateError | undefined {
    if (bytes <= this.bytes) return undefined;
    const refusal = this.door.take(bytes - this.bytes);
    if (refusal === undefined) this.bytes = bytes;
    return refusal;
  }

  leave(): void {
    this.door.giveBack(this.bytes);
  }
}

/** Bounds what the process has in hand: requests in flight, and the bytes of their bodies. */
@Injectable()
export class Door {
  private requests = 0;
  private bodyBytes = 0;

  constructor(
    private readonly config: GatewayConfig,
    private readonly shedding: Shedding,
  ) {
    shedding.metrics.watchDoor(() => ({ requests: this.requests, bodyBytes: this.bodyBytes }));
  }

  /**
   * Lets a request in whose body has not been read; a body of a stated size is reckoned with from now on.
   * @throws TidegateError `overloaded`
   */
  enter({ headers }: IncomingMessage): Visit {
    if (this.requests >= this.config.maxRequests) throw this.shedding.refusal(LANE, 'requests');
    const visit = new Visit(this);
    const stated = Number(headers['content-length'] ?? 0);
    // What is larger than any body may be is refused while it is read.
    const refusal = visit.hold(Math.min(stated, this.config.maxBodyBytes));
    if (refusal) throw refusal;
    this.requests++;
    return visit;
  }

  /** For visits. A single body is let in however small the bound is: waiting would not help it. */
  take(bytes: number): TidegateError | undefined {
    const full = this.bodyBytes > 0 && this.bodyBytes + bytes > this.config.maxHeldBodyBytes;
    if (full) return this.shedding.refusal(LANE, 'bytes');
    this.bodyBytes += bytes;
    return undefined;
  }

  /** For visits, at their end. */
  giveBack(bytes: number): void {
    this.bodyBytes -= bytes;
    this.requests--;
  }
}
