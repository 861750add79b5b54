import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Log, messageOf } from '../telemetry/log.service.js';
import { PlacementJob } from './placement.job.js';
import { Snapshots } from './snapshots.service.js';

/** Has the mirrors of an earlier process filled again from their snapshots, as soon as this one starts. */
@Injectable()
export class Recovery implements OnApplicationBootstrap {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly placement: PlacementJob,
    private readonly log: Log,
  ) {}

  /** Returns at once. */
  onApplicationBootstrap(): void {
    this.run().catch((error: unknown) => {
      this.log.error('snapshots-not-recovered', { message: messageOf(error) });
    });
  }

  async run(): Promise<void> {
    for (const id of await this.snapshots.list()) {
      const target = await this.snapshots.targetOf(id);
      if (target) this.placement.want(target);
    }
  }
}
