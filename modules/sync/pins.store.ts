import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AuditedFile } from '../telemetry/audited-file.store.js';
import { Log, messageOf } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import type { CollectionId, CollectionTarget } from '../vector/collection-id.js';
import { readPins, writePins, type PinnedCollection, type PinnedCollections } from './pin-document.js';
import type { Pin } from './pin.js';
import { SyncConfig } from './sync.config.js';

/** Collections that may be pinned at a time. */
export const MAX_PINS = 1_000;

/** The operators' pins: in `pins.json` of the data folder, and every change in `pins-audit.jsonl`. */
@Injectable()
export class PinsStore implements OnModuleInit {
  private pins: PinnedCollections = new Map();
  private lastChange: Promise<unknown> = Promise.resolve();
  private readonly file: AuditedFile;
  private damaged = false;

  constructor(
    config: SyncConfig,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {
    this.file = new AuditedFile(config.dataDir, 'pins');
  }

  /** Reads the file; where that cannot be done, every collection is `auto` and the log says so. */
  async onModuleInit(): Promise<void> {
    try {
      const text = await this.file.read();
      if (text !== undefined) {
        this.pins = readPins(text);
        this.metrics.pinFile('read', 'ok');
      }
    } catch (error) {
      this.reportDamage(error);
    }
    this.count();
  }

  pinOf(id: CollectionId): Pin {
    return this.pins.get(id)?.pin ?? 'auto';
  }

  /** Every collection that has a pin other than `auto`. */
  list(): readonly PinnedCollection[] {
    return [...this.pins.values()];
  }

  /**
   * Changes a pin, on disk and then in memory: what a restart would forget must not be in use.
   * @returns what speaks against it; undefined when it was done
   */
  set(target: CollectionTarget, pin: Pin, by: string): Promise<string | undefined> {
    const change = this.lastChange.then(() => this.change(target, pin, by));
    this.lastChange = change.catch(() => undefined);
    return change;
  }

  private async change(target: CollectionTarget, pin: Pin, by: string): Promise<string | undefined> {
    const before = this.pinOf(target.id);
    const pins = new Map(this.pins);
    if (pin === 'auto') pins.delete(target.id);
    else pins.set(target.id, { target, pin });
    if (pins.size > MAX_PINS) return `${MAX_PINS} collections are pinned already; set one of them to "auto"`;
    try {
      // A damaged file is put aside, not lost.
      await this.file.write(writePins(pins), this.damaged ? `${this.file.path}.damaged` : undefined);
      this.damaged = false;
      const entry = { at: new Date().toISOString(), by, collection: target.id, before, after: pin };
      await this.file.audit(entry);
    } catch (error) {
      this.metrics.pinFile('write', 'failed');
      throw error;
    }
    this.pins = pins;
    this.metrics.pinFile('write', 'ok');
    this.log.info('pin-changed', { by, collection: target.id, before, after: pin });
    this.count();
    return undefined;
  }

  private reportDamage(error: unknown): void {
    this.damaged = true;
    this.metrics.pinFile('read', 'failed');
    this.log.error('pin-file-not-read', {
      path: this.file.path,
      message: messageOf(error),
      remedy: 'mend the file and restart, or pin anew; until then no collection is pinned',
    });
  }

  private count(): void {
    const pins = this.list().map(({ pin }) => pin);
    const countOf = (pin: Pin) => pins.filter((each) => each === pin).length;
    this.metrics.pins({ always: countOf('always'), never: countOf('never') });
  }
}
