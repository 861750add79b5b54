import { Module, type DynamicModule } from '@nestjs/common';
import { AnswerCache } from './answer-cache.store.js';
import { GuardedMirrors } from './guarded-mirrors.service.js';
import { HotConfig, MirrorGuardConfig } from './hot.config.js';
import { MirrorWorker } from './mirror-worker.service.js';
import { Mirrors } from './mirrors.service.js';

@Module({})
export class HotModule {
  static register(config: HotConfig & MirrorGuardConfig, telemetry: DynamicModule): DynamicModule {
    return {
      module: HotModule,
      imports: [telemetry],
      providers: [
        MirrorWorker,
        Mirrors,
        GuardedMirrors,
        AnswerCache,
        { provide: HotConfig, useValue: config },
        { provide: MirrorGuardConfig, useValue: config },
      ],
      exports: [Mirrors, GuardedMirrors, AnswerCache],
    };
  }
}
