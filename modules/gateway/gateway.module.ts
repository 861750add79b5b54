import { Module, type DynamicModule } from '@nestjs/common';
import { ForwardController } from './forward.controller.js';
import { GatewayConfig } from './gateway.config.js';
import { QueryController } from './query.controller.js';
import { Responder } from './responder.service.js';
import { WriteController } from './write.controller.js';

/** Must be the last module: its catch-all route would hide the others'. */
@Module({})
export class GatewayModule {
  static register(config: GatewayConfig, below: readonly DynamicModule[]): DynamicModule {
    return {
      module: GatewayModule,
      imports: [...below],
      controllers: [QueryController, WriteController, ForwardController],
      providers: [Responder, { provide: GatewayConfig, useValue: config }],
    };
  }
}
