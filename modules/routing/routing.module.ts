import { Module, type DynamicModule } from '@nestjs/common';
import { HotTiers } from './hot.tier.js';
import { Router } from './router.service.js';

@Module({})
export class RoutingModule {
  static register(below: readonly DynamicModule[]): DynamicModule {
    return { module: RoutingModule, imports: [...below], providers: [Router, HotTiers], exports: [Router] };
  }
}
