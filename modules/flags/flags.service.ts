import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { OpenFeature, type Client } from '@openfeature/server-sdk';
import { AuditedFile } from '../telemetry/audited-file.store.js';
import { Log, messageOf } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { defaultFlagDocument, type FlagDocument, type FlagName } from './flag-document.js';
import { FlagdProvider } from './flagd-provider.service.js';
import { FlagsConfig } from './flags.config.js';
import { RememberedFlags } from './remembered-flags.js';

const POLL_MS = 500;
let instances = 0;

/** Evaluates flags through OpenFeature over the flag file, which is read again whenever it changes. */
@Injectable()
export class Flags implements OnModuleInit, OnModuleDestroy {
  private readonly provider = new FlagdProvider();
  private readonly file: AuditedFile;
  private client: Client | undefined;
  private text = JSON.stringify(defaultFlagDocument(), null, 2);
  private stamp: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Replaced whole with every document, so that no evaluation of an older one gets in. */
  private remembered = new RememberedFlags();

  constructor(
    config: FlagsConfig,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {
    this.file = new AuditedFile(config.dataDir, 'flags');
  }

  async onModuleInit(): Promise<void> {
    this.use(this.text);
    if ((await this.file.read()) === undefined) await this.file.write(this.text);
    await this.reload();
    const domain = `tidegate-${++instances}`;
    await OpenFeature.setProviderAndWait(domain, this.provider);
    this.client = OpenFeature.getClient(domain);
    this.timer = setInterval(() => void this.poll(), POLL_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /**
   * Whether the flag is on for this caller; off when it cannot be evaluated, as off is the way without
   * Tidegate.
   */
  async isOn(flag: FlagName, callerKey: string): Promise<boolean> {
    const known = this.known(flag, callerKey);
    if (known !== undefined) return known;
    const { client, remembered } = this;
    const on = (await client?.getBooleanValue(flag, false, { targetingKey: callerKey })) ?? false;
    if (client) remembered.set(flag, callerKey, on);
    this.metrics.flag(flag, on ? 'on' : 'off');
    return on;
  }

  /**
   * The same at once, where the flag was evaluated for this caller since the document was last looked at;
   * otherwise undefined. An evaluation takes about 10 µs (2 cores, AMD EPYC), this 0.3 µs.
   */
  known(flag: FlagName, callerKey: string): boolean | undefined {
    const on = this.remembered.get(flag, callerKey);
    if (on !== undefined) this.metrics.flag(flag, on ? 'on' : 'off');
    return on;
  }

  /** The document in use. */
  document(): FlagDocument {
    return JSON.parse(this.text) as FlagDocument;
  }

  /**
   * Replaces the document, in memory and on disk, and records who did it.
   * @returns what is wrong with it; empty when it is now in use
   */
  async replace(document: unknown, by: string): Promise<string[]> {
    const text = JSON.stringify(document, null, 2);
    const [before, beforeText] = [this.document(), this.text];
    const faults = this.use(text);
    if (faults.length > 0) return faults;
    this.text = text;
    try {
      await this.file.write(text);
    } catch (error) {
      // What a restart would forget must not be in use.
      this.text = beforeText;
      this.use(beforeText);
      throw error;
    }
    this.stamp = await this.file.stamp();
    await this.file.audit({ at: new Date().toISOString(), by, before, after: document });
    this.metrics.flagReload('ok');
    this.log.info('flags-replaced', { by });
    return [];
  }

  private use(text: string): string[] {
    this.remembered = new RememberedFlags();
    return this.provider.use(text);
  }

  /** Whatever goes wrong (a full disk, say), the flags in use stay in use. */
  private async poll(): Promise<void> {
    // A rule may depend on the time of day.
    this.remembered = new RememberedFlags();
    await this.reload().catch((error: unknown) => {
      this.log.error('flag-file-not-reloaded', { message: messageOf(error) });
    });
  }

  private async reload(): Promise<void> {
    const stamp = await this.file.stamp();
    if (stamp === undefined || stamp === this.stamp) return;
    this.stamp = stamp;
    let text: string | undefined;
    let faults: string[];
    try {
      text = await this.file.read();
      if (text === undefined || text === this.text) return;
      faults = this.use(text);
    } catch (error) {
      faults = [messageOf(error)];
    }
    if (text === undefined || faults.length > 0) {
      this.metrics.flagReload('refused');
      this.log.error('flag-file-refused', {
        faults: faults.join('; '),
        remedy: 'mend the file; the flags before it stay in use',
      });
      return;
    }
    await this.accept(text);
  }

  private async accept(text: string): Promise<void> {
    const before = this.document();
    this.text = text;
    this.metrics.flagReload('ok');
    await this.file.audit({ at: new Date().toISOString(), by: 'flag-file', before, after: this.document() });
    this.log.info('flag-file-reloaded');
  }
}
