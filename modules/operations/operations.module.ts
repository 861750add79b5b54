import { Module, type DynamicModule } from '@nestjs/common';
import { CollectionsController } from './collections.controller.js';
import { FlagsController } from './flags.controller.js';
import { SyncController } from './sync.controller.js';

@Module({})
export class OperationsModule {
  static register(below: readonly DynamicModule[]): DynamicModule {
    return {
      module: OperationsModule,
      imports: [...below],
      controllers: [CollectionsController, FlagsController, SyncController],
    };
  }
}
