import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { ChromaRecords } from '../chroma/chroma-records.service.js';
import { StoreBreakers } from '../chroma/store-breakers.service.js';
import { Mirrors } from '../hot/mirrors.service.js';
import { Sync } from '../sync/sync.service.js';

const HEARTBEAT_LIMIT_MS = 2_000;

/** The state of what Tidegate serves from. */
@Injectable()
export class DependencyHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly records: ChromaRecords,
    private readonly breakers: StoreBreakers,
    private readonly hot: Mirrors,
    private readonly sync: Sync,
  ) {}

  async chroma(): Promise<HealthIndicatorResult> {
    const breakers = {
      read: this.breakers.state('read'),
      write: this.breakers.state('write'),
      admin: this.breakers.state('admin'),
    };
    const indicator = this.indicators.check('chroma');
    if (await this.records.isAlive(HEARTBEAT_LIMIT_MS)) return indicator.up({ breakers });
    return indicator.down({ breakers, message: 'ChromaDB does not answer its heartbeat' });
  }

  workers(): HealthIndicatorResult {
    const indicator = this.indicators.check('workers');
    return this.hot.workerAlive()
      ? indicator.up()
      : indicator.down({ message: 'the mirror worker is being replaced' });
  }

  /** Cold mirrors are no fault: ChromaDB answers for them. */
  mirrors(): HealthIndicatorResult {
    return this.indicators.check('mirrors').up({ ...this.sync.countByState() });
  }
}
