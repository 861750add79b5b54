import { Module, type DynamicModule } from '@nestjs/common';
import { Administration } from './administration.service.js';
import { Barriers } from './barriers.service.js';
import { CollectionRegistry } from './collection-registry.service.js';
import { MirrorFilling } from './mirror-filling.service.js';
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
import { SyncActions } from './sync-actions.service.js';
import { Sync } from './sync.service.js';
import { UsageReport } from './usage-report.job.js';
import { Recovery } from './recovery.job.js';
import { SnapshotSweep } from './snapshot-sweep.job.js';
import { SnapshotJob } from './snapshot.job.js';
import { Snapshots } from './snapshots.service.js';
import { Settling } from './settling.job.js';
import { MemoryWatch } from './memory-watch.job.js';
import { WarmUp } from './warm-up.job.js';
import { WriteJournal } from './write-journal.store.js';
import { WritePath } from './write-path.service.js';

@Module({})
export class SyncModule {
  static register(config: SyncConfig, below: readonly DynamicModule[]): DynamicModule {
    return {
      module: SyncModule,
      imports: [...below],
      providers: [
        Sync,
        SyncActions,
        WritePath,
        WriteJournal,
        Administration,
        CollectionRegistry,
        ReadBack,
        MirrorOpening,
        Barriers,
        Settling,
        Snapshots,
        SnapshotJob,
        SnapshotSweep,
        Recovery,
        MirrorFilling,
        WarmUp,
        Room,
        PlacementJob,
        PinsStore,
        Revalidation,
        Comparison,
        Reconcile,
        DriftCheck,
        UsageReport,
        MemoryWatch,
        { provide: SyncConfig, useValue: config },
      ],
      exports: [Sync, SyncActions, WritePath, Administration],
    };
  }
}
