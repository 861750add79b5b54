import { Injectable, type OnModuleInit } from '@nestjs/common';
import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  private readonly path: string;
  private readonly auditPath: string;
  private damaged = false;

  constructor(
    private readonly config: SyncConfig,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {
    this.path = join(config.dataDir, 'pins.json');
    this.auditPath = join(config.dataDir, 'pins-audit.jsonl');
  }

  /** Reads the file; where that cannot be done, every collection is `auto` and the log says so. */
  async onModuleInit(): Promise<void> {
    try {
      this.pins = readPins(await readFile(this.path, 'utf8'));
      this.metrics.pinFile('read', 'ok');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.reportDamage(error);
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
      await this.write(writePins(pins));
      const entry = { at: new Date().toISOString(), by, collection: target.id, before, after: pin };
      await appendFile(this.auditPath, `${JSON.stringify(entry)}\n`);
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

  /** Replaces the file whole; a damaged one is put aside, not lost. */
  private async write(text: string): Promise<void> {
    await mkdir(this.config.dataDir, { recursive: true });
    const draft = `${this.path}.${process.pid}.tmp`;
    await writeFile(draft, text);
    if (this.damaged) await rename(this.path, `${this.path}.damaged`);
    this.damaged = false;
    await rename(draft, this.path);
  }

  private reportDamage(error: unknown): void {
    this.damaged = true;
    this.metrics.pinFile('read', 'failed');
    this.log.error('pin-file-not-read', {
      path: this.path,
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
