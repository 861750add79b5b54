import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { resolve } from 'node:path';
import { Log } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { ChromaConfig } from './chroma.config.js';
import { EmbeddedChroma } from './embedded-chroma.service.js';

/** Where ChromaDB is: the configured one, or an embedded one that is started here and ends with us. */
@Injectable()
export class ChromaAddress implements OnApplicationShutdown {
  private readonly embedded: EmbeddedChroma | undefined;

  constructor(
    private readonly config: ChromaConfig,
    metrics: Metrics,
    log: Log,
  ) {
    if (config.url === undefined) this.embedded = new EmbeddedChroma(config, metrics, log);
  }

  /** Resolves when the embedded ChromaDB answers; at once for one that somebody else runs. */
  async start(): Promise<void> {
    await this.embedded?.start();
  }

  /** Undefined while the embedded ChromaDB is down. */
  url(): string | undefined {
    const url = this.embedded ? this.embedded.url() : this.config.url;
    return url?.replace(/\/+$/, '');
  }

  /** Tells one ChromaDB from another, also after a restart. */
  identity(): string {
    return this.config.url?.replace(/\/+$/, '') ?? `embedded:${resolve(this.config.dataDir)}`;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.embedded?.stop();
  }
}
