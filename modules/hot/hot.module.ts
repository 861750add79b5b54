import { Module, type DynamicModule } from '@nestjs/common';
import { AnswerCache } from './answer-cache.store.js';
import { HotConfig } from './hot.config.js';
import { MirrorWorker } from './mirror-worker.service.js';
import { Mirrors } from './mirrors.service.js';

@Module({})
export class HotModule {
  static register(config: HotConfig, telemetry: DynamicModule): DynamicModule {
    return {
      module: HotModule,
      imports: [telemetry],
      providers: [MirrorWorker, Mirrors, AnswerCache, { provide: HotConfig, useValue: config }],
      exports: [Mirrors, AnswerCache],
    };
  }
}
