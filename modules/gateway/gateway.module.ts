import { Module, type DynamicModule } from '@nestjs/common';
import { Door } from './door.service.js';
import { ExplainController } from './explain.controller.js';
import { GatewayConfig } from './gateway.config.js';
import { Gateway } from './gateway.service.js';
import { ReadService } from './read.service.js';
import { Responder } from './responder.service.js';
import { WriteService } from './write.service.js';

@Module({})
export class GatewayModule {
  static register(config: GatewayConfig, below: readonly DynamicModule[]): DynamicModule {
    return {
      module: GatewayModule,
      imports: [...below],
      controllers: [ExplainController],
      providers: [
        Gateway,
        ReadService,
        WriteService,
        Responder,
        Door,
        { provide: GatewayConfig, useValue: config },
      ],
      exports: [Gateway],
    };
  }
}
