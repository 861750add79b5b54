import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { DependencyHealth } from './dependency-health.service.js';
import { Readiness } from './readiness.service.js';

/** Terminus would look for swagger where npm put it, and load it a second time. */
const UNCACHED = { noCache: true, swaggerDocumentation: false };

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly dependencies: DependencyHealth,
    private readonly readiness: Readiness,
  ) {}

  @Get('live')
  @HealthCheck(UNCACHED)
  @ApiOperation({ summary: 'The process runs and its event loop turns' })
  @ApiOkResponse({ description: 'It does' })
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  @Get('ready')
  @HealthCheck(UNCACHED)
  @ApiOperation({
    summary: 'What can be served: the process, ChromaDB, the mirror worker and the mirrors, each apart',
  })
  @ApiOkResponse({ description: 'All can be served' })
  @ApiServiceUnavailableResponse({ description: 'What is down, and why' })
  ready(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.readiness.check(),
      () => this.dependencies.chroma(),
      () => this.dependencies.workers(),
      () => this.dependencies.mirrors(),
    ]);
  }
}
