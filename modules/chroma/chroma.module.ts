import { Module, type DynamicModule } from '@nestjs/common';
import { ChromaAddress } from './chroma-address.service.js';
import { ChromaHttp } from './chroma-http.service.js';
import { ChromaReads } from './chroma-reads.service.js';
import { ChromaRecords } from './chroma-records.service.js';
import { ChromaConfig } from './chroma.config.js';
import { StoreBreakers } from './store-breakers.service.js';
import { StoreLanes } from './store-lanes.service.js';
import { StoreProbe } from './store-probe.job.js';

@Module({})
export class ChromaModule {
  static register(config: ChromaConfig, below: readonly DynamicModule[]): DynamicModule {
    return {
      module: ChromaModule,
      imports: [...below],
      providers: [
        ChromaAddress,
        ChromaHttp,
        ChromaReads,
        ChromaRecords,
        StoreBreakers,
        StoreLanes,
        StoreProbe,
        { provide: ChromaConfig, useValue: config },
      ],
      exports: [ChromaAddress, ChromaHttp, ChromaReads, ChromaRecords, StoreBreakers],
    };
  }
}
