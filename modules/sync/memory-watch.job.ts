import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { totalmem } from 'node:os';
import { Log } from '../telemetry/log.service.js';
import { MemoryMetrics } from '../telemetry/memory-metrics.service.js';
import { NO_PRESSURE, nextPressure } from './memory-pressure.js';
import { Room } from './room.service.js';
import { SyncConfig } from './sync.config.js';
import { WarmUp } from './warm-up.job.js';

const LOOK_MS = 1_000;
/** The part of what there is that the process may hold where nothing is configured. */
const SHARE_OF_AVAILABLE = 0.9;

/** Gives up mirrors, the coldest first, before the system gives up the process. */
@Injectable()
export class MemoryWatch implements OnModuleInit, OnModuleDestroy {
  private readonly limitBytes: number;
  private pressure = NO_PRESSURE;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    config: SyncConfig,
    private readonly room: Room,
    private readonly warmUp: WarmUp,
    private readonly metrics: MemoryMetrics,
    private readonly log: Log,
  ) {
    this.limitBytes = config.maxResidentBytes || SHARE_OF_AVAILABLE * availableBytes();
  }

  onModuleInit(): void {
    this.metrics.limit(this.limitBytes);
    this.metrics.short(false);
    this.timer = setInterval(() => {
      this.look(process.memoryUsage.rss(), performance.now());
    }, LOOK_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** @param nowMs of the monotonic clock */
  look(residentBytes: number, nowMs: number): void {
    const { isShort: wasShort } = this.pressure;
    this.pressure = nextPressure(this.pressure, residentBytes, this.limitBytes, nowMs);
    const { isShort, shedBytes } = this.pressure;
    this.warmUp.isHeld = isShort;
    if (isShort !== wasShort) this.tell(isShort, residentBytes);
    if (shedBytes === 0) return;
    const { mirrors, bytes } = this.room.shed(shedBytes);
    this.metrics.shed(mirrors, bytes);
  }

  private tell(isShort: boolean, residentBytes: number): void {
    this.metrics.short(isShort);
    const { limitBytes } = this;
    if (isShort) this.log.warn('memory-short', { residentBytes, limitBytes });
    else this.log.info('memory-enough', { residentBytes, limitBytes });
  }
}

/** What the system has, or what its limit for this process is. */
function availableBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
