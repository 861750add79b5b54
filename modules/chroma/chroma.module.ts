import { Module, type DynamicModule } from '@nestjs/common';
import { ChromaAddress } from './chroma-address.service.js';
import { ChromaHttp } from './chroma-http.service.js';
import { ChromaRecords } from './chroma-records.service.js';
import { ChromaConfig } from './chroma.config.js';
import { StoreLanes } from './store-lanes.service.js';

@Module({})
export class ChromaModule {
  static register(config: ChromaConfig, below: readonly DynamicModule[]): DynamicModule {
    return {
      module: ChromaModule,
      imports: [...below],
      providers: [
        ChromaAddress,
        ChromaHttp,
        ChromaRecords,
        StoreLanes,
        { provide: ChromaConfig, useValue: config },
      ],
      exports: [ChromaAddress, ChromaHttp, ChromaRecords],
    };
  }
}
