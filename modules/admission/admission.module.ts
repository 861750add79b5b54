import { Module, type DynamicModule } from '@nestjs/common';
import { Shedding } from './shedding.service.js';

@Module({})
export class AdmissionModule {
  static register(telemetry: DynamicModule): DynamicModule {
    return { module: AdmissionModule, imports: [telemetry], providers: [Shedding], exports: [Shedding] };
  }
}
