import { Module, type DynamicModule } from '@nestjs/common';
import { FlagsConfig } from './flags.config.js';
import { Flags } from './flags.service.js';

@Module({})
export class FlagsModule {
  static register(config: FlagsConfig, telemetry: DynamicModule): DynamicModule {
    return {
      module: FlagsModule,
      imports: [telemetry],
      providers: [Flags, { provide: FlagsConfig, useValue: config }],
      exports: [Flags],
    };
  }
}
