import { Module, type DynamicModule } from '@nestjs/common';
import { AdmissionModule } from '../modules/admission/admission.module.js';
import { ChromaModule } from '../modules/chroma/chroma.module.js';
import { FlagsModule } from '../modules/flags/flags.module.js';
import { GatewayModule } from '../modules/gateway/gateway.module.js';
import { HealthModule } from '../modules/health/health.module.js';
import { HotModule } from '../modules/hot/hot.module.js';
import { OperationsModule } from '../modules/operations/operations.module.js';
import { RoutingModule } from '../modules/routing/routing.module.js';
import { SyncModule } from '../modules/sync/sync.module.js';
import { TelemetryModule } from '../modules/telemetry/telemetry.module.js';
import type { Config } from './config.js';

/** Which modules exist, what each may use, and its slice of the configuration. */
@Module({})
export class AppModule {
  static register(config: Config): DynamicModule {
    const telemetry = TelemetryModule.register(config.server.logLevel);
    const flags = FlagsModule.register(config.flags, telemetry);
    const admission = AdmissionModule.register(telemetry);
    const chroma = ChromaModule.register(config.chroma, [telemetry, admission]);
    const hot = HotModule.register(config.hot, telemetry);
    const sync = SyncModule.register(config.sync, [telemetry, chroma, hot]);
    const routing = RoutingModule.register(config.routing, [telemetry, admission, flags, chroma, hot, sync]);
    const health = HealthModule.register([chroma, hot, sync]);
    const operations = OperationsModule.register([flags, sync]);
    const gateway = GatewayModule.register(config.gateway, [telemetry, admission, chroma, sync, routing]);
    return {
      module: AppModule,
      imports: [telemetry, admission, flags, chroma, hot, sync, routing, health, operations, gateway],
    };
  }
}
