import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Exposition } from './instruments.service.js';

/** `GET /metrics`: Prometheus exposition. */
@ApiExcludeController()
@Controller('metrics')
export class MetricsController {
  constructor(private readonly exposition: Exposition) {}

  @Get()
  async expose(@Res() reply: FastifyReply): Promise<void> {
    const { contentType, text } = await this.exposition.expose();
    await reply.header('content-type', contentType).send(text);
  }
}
