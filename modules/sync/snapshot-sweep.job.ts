import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Log, messageOf } from '../telemetry/log.service.js';
import type { CollectionId } from '../vector/collection-id.js';
import { CollectionRegistry } from './collection-registry.service.js';
import { Snapshots } from './snapshots.service.js';

/** A collection without a mirror keeps its snapshot for as long, or twice as long: it may get one again. */
const SWEEP_MS = 600_000;

/** Removes snapshots of collections that are gone, or have not been mirrored for long. */
@Injectable()
export class SnapshotSweep implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  /** Those that had no mirror when it was last looked. */
  private idle: readonly CollectionId[] = [];

  constructor(
    private readonly registry: CollectionRegistry,
    private readonly snapshots: Snapshots,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => {
      this.run().catch((error: unknown) => {
        this.log.error('snapshots-not-swept', { message: messageOf(error) });
      });
    }, SWEEP_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  async run(): Promise<void> {
    const idle = (await this.snapshots.list()).filter((id) => !this.isMirrored(id));
    for (const id of idle) if (this.idle.includes(id)) await this.snapshots.remove(id);
    this.idle = idle;
  }

  private isMirrored(id: CollectionId): boolean {
    const state = this.registry.find(id)?.state;
    return state !== undefined && state !== 'cold' && state !== 'refused';
  }
}
