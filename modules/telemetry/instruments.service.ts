import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Tally } from './tally.js';

/** Bucket edges in seconds; 3 ms and 45 ms are the usual figures of the field, so each is an edge. */
const LATENCY_BUCKETS_SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.045, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** What a sampled gauge is set through. */
export type LabelledGauge<T extends string> = Gauge<T>;

/** All instruments of the process, and their exposition. */
@Injectable()
export class Exposition {
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** The exposition text of `GET /metrics` and its content type. */
  async expose(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }
}

/**
 * What the instruments of one subject are built with: a class of them extends this and has typed methods.
 * Names get the prefix `tidegate_`; labels are bounded, so no tenant, caller or path ever becomes one.
 */
export abstract class Instruments {
  constructor(private readonly exposition: Exposition) {}

  /** As `Exposition.expose`. */
  expose(): ReturnType<Exposition['expose']> {
    return this.exposition.expose();
  }

  protected counter<T extends string>(name: string, help: string, labelNames: readonly T[]): Counter<T> {
    return new Counter({ name: `tidegate_${name}`, help, labelNames, registers: [this.exposition.registry] });
  }

  /** A counter of what happens with every request: it is cheap to add to. */
  protected tally(name: string, help: string, [first, second]: readonly [string, string]): Tally {
    const tally = new Tally();
    const counter = new Counter({
      ...{ name: `tidegate_${name}`, help, labelNames: [first, second] },
      registers: [this.exposition.registry],
      collect: () => {
        tally.drain((one, other, count) => {
          counter.inc({ [first]: one, [second]: other }, count);
        });
      },
    });
    return tally;
  }

  protected gauge<T extends string>(name: string, help: string, labelNames: readonly T[]): Gauge<T> {
    return new Gauge({ name: `tidegate_${name}`, help, labelNames, registers: [this.exposition.registry] });
  }

  /** A gauge whose value is found out whenever it is read. */
  protected sampled<T extends string>(
    name: string,
    help: string,
    labelNames: readonly T[],
    sample: (gauge: LabelledGauge<T>) => void,
  ): void {
    const gauge = new Gauge({
      ...{ name: `tidegate_${name}`, help, labelNames, registers: [this.exposition.registry] },
      collect: () => {
        sample(gauge);
      },
    });
  }

  protected histogram<T extends string>(name: string, help: string, labelNames: readonly T[]): Histogram<T> {
    const registers = [this.exposition.registry];
    const buckets = LATENCY_BUCKETS_SECONDS;
    return new Histogram({ name: `tidegate_${name}`, help, labelNames, buckets, registers });
  }
}
