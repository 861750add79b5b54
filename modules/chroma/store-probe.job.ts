import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ResilienceMetrics } from '../telemetry/resilience-metrics.service.js';
import { ChromaRecords } from './chroma-records.service.js';
import { ChromaConfig } from './chroma.config.js';
import { StoreBreakers } from './store-breakers.service.js';

/** Asks ChromaDB for its heartbeat while one of its breakers is not closed, so that they need no callers. */
@Injectable()
export class StoreProbe implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private asking = false;

  constructor(
    private readonly config: ChromaConfig,
    private readonly breakers: StoreBreakers,
    private readonly records: ChromaRecords,
    private readonly metrics: ResilienceMetrics,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.run(), this.config.probeIntervalMs);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** Never rejects. */
  async run(): Promise<void> {
    if (this.asking || this.breakers.isWell()) return;
    this.asking = true;
    // What takes as long as a slow read is not there.
    const isThere = await this.records.isAlive(this.config.breakers.read.slowMs);
    this.asking = false;
    this.metrics.chromaProbed(isThere ? 'ok' : 'failed');
    this.breakers.heard(isThere);
  }
}
