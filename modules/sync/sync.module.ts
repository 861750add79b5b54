import { Module, type DynamicModule } from '@nestjs/common';
import { Administration } from './administration.service.js';
import { CollectionRegistry } from './collection-registry.service.js';
import { Comparison } from './comparison.service.js';
import { DriftCheck } from './drift-check.job.js';
import { MirrorOpening } from './mirror-opening.service.js';
import { PinsStore } from './pins.store.js';
import { PlacementJob } from './placement.job.js';
import { ReadBack } from './read-back.job.js';
import { Reconcile } from './reconcile.job.js';
import { Revalidation } from './revalidation.job.js';
import { Room } from './room.service.js';
import { SyncConfig } from './sync.config.js';
import { Sync } from './sync.service.js';
import { UsageReport } from './usage-report.job.js';
import { WarmUp } from './warm-up.job.js';
import { WritePath } from './write-path.service.js';

@Module({})
export class SyncModule {
  static register(config: SyncConfig, below: readonly DynamicModule[]): DynamicModule {
    return {
      module: SyncModule,
      imports: [...below],
      providers: [
        Sync,
        WritePath,
        Administration,
        CollectionRegistry,
        ReadBack,
        MirrorOpening,
        WarmUp,
        Room,
        PlacementJob,
        PinsStore,
        Revalidation,
        Comparison,
        Reconcile,
        DriftCheck,
        UsageReport,
        { provide: SyncConfig, useValue: config },
      ],
      exports: [Sync, WritePath, Administration],
    };
  }
}
