import { Module, type DynamicModule } from '@nestjs/common';
import { Exposition } from './instruments.service.js';
import { LoadMetrics } from './load-metrics.service.js';
import { Log, type LogLevel } from './log.service.js';
import { MetricsController } from './metrics.controller.js';
import { MemoryMetrics } from './memory-metrics.service.js';
import { Metrics } from './metrics.service.js';
import { ResilienceMetrics } from './resilience-metrics.service.js';

@Module({})
export class TelemetryModule {
  static register(level: LogLevel): DynamicModule {
    return {
      module: TelemetryModule,
      controllers: [MetricsController],
      providers: [
        Exposition,
        Metrics,
        LoadMetrics,
        MemoryMetrics,
        ResilienceMetrics,
        { provide: Log, useValue: new Log(level) },
      ],
      exports: [Exposition, Metrics, LoadMetrics, MemoryMetrics, ResilienceMetrics, Log],
    };
  }
}
