import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';

/** Whether the process is to be given requests at all. */
@Injectable()
export class Readiness {
  private isLeaving = false;

  constructor(private readonly indicators: HealthIndicatorService) {}

  /** The process is about to stop. */
  leave(): void {
    this.isLeaving = true;
  }

  check(): HealthIndicatorResult {
    const indicator = this.indicators.check('process');
    return this.isLeaving ? indicator.down({ message: 'Tidegate is stopping' }) : indicator.up();
  }
}
