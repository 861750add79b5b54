import { Module, type DynamicModule } from '@nestjs/common';
import { ChromaTier } from './chroma.tier.js';
import { Explainer } from './explainer.service.js';
import { HotTiers } from './hot.tier.js';
import { MirrorLane } from './mirror-lane.service.js';
import { RoutePlanner } from './route-planner.service.js';
import { Router } from './router.service.js';
import { RoutingConfig } from './routing.config.js';
import { TierPaces } from './tier-paces.store.js';

@Module({})
export class RoutingModule {
  static register(config: RoutingConfig, below: readonly DynamicModule[]): DynamicModule {
    return {
      module: RoutingModule,
      imports: [...below],
      providers: [
        Router,
        RoutePlanner,
        HotTiers,
        MirrorLane,
        ChromaTier,
        TierPaces,
        Explainer,
        { provide: RoutingConfig, useValue: config },
      ],
      exports: [Router, Explainer],
    };
  }
}
