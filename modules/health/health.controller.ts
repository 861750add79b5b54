import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { DependencyHealth } from './dependency-health.service.js';
import { Readiness } from './readiness.service.js';

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly dependencies: DependencyHealth,
    private readonly readiness: Readiness,
  ) {}

  @Get('live')
  @HealthCheck()
  @ApiOperation({ summary: 'The process runs and its event loop turns' })
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  @Get('ready')
  @HealthCheck()
  @ApiOperation({
    summary: 'What can be served: the process, ChromaDB, the mirror worker and the mirrors, each apart',
  })
  ready(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.readiness.check(),
      () => this.dependencies.chroma(),
      () => this.dependencies.workers(),
      () => this.dependencies.mirrors(),
    ]);
  }
}
