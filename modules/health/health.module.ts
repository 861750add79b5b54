import { Module, type DynamicModule } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DependencyHealth } from './dependency-health.service.js';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.service.js';

@Module({})
export class HealthModule {
  static register(below: readonly DynamicModule[]): DynamicModule {
    return {
      module: HealthModule,
      imports: [TerminusModule.forRoot({ logger: false }), ...below],
      controllers: [HealthController],
      providers: [DependencyHealth, Readiness],
    };
  }
}
