import { Module, type DynamicModule } from '@nestjs/common';
import { ExplainController } from './explain.controller.js';
import { GatewayConfig } from './gateway.config.js';
import { GatewayController } from './gateway.controller.js';
import { QueryService } from './query.service.js';
import { Responder } from './responder.service.js';
import { WriteService } from './write.service.js';

@Module({})
export class GatewayModule {
  static register(config: GatewayConfig, below: readonly DynamicModule[]): DynamicModule {
    return {
      module: GatewayModule,
      imports: [...below],
      controllers: [GatewayController, ExplainController],
      providers: [QueryService, WriteService, Responder, { provide: GatewayConfig, useValue: config }],
    };
  }
}
