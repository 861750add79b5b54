import { Injectable } from '@nestjs/common';
import { Exposition, Instruments } from './instruments.service.js';

/** Instruments of the memory that the process may hold, and of mirrors given up for it. */
@Injectable()
export class MemoryMetrics extends Instruments {
  private readonly limitBytes = this.gauge(
    'memory_limit_bytes',
    'Resident memory beyond which mirrors are given up.',
    [],
  );
  private readonly isShort = this.gauge(
    'memory_short',
    'Whether memory is short, so that no warm-up starts: 0 or 1.',
    [],
  );
  private readonly shedMirrors = this.counter(
    'memory_shed_mirrors_total',
    'Mirrors given up because memory was short.',
    [],
  );
  private readonly shedBytes = this.counter(
    'memory_shed_bytes_total',
    'Bytes of mirrors given up because memory was short.',
    [],
  );

  constructor(exposition: Exposition = new Exposition()) {
    super(exposition);
  }

  limit(bytes: number): void {
    this.limitBytes.set(bytes);
  }

  short(isShort: boolean): void {
    this.isShort.set(isShort ? 1 : 0);
  }

  shed(mirrors: number, bytes: number): void {
    this.shedMirrors.inc(mirrors);
    this.shedBytes.inc(bytes);
  }
}
