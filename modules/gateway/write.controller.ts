import { Controller, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { WritePath } from '../sync/write-path.service.js';
import { Administration } from '../sync/administration.service.js';
import { COLLECTION_PATH, targetOf, type CollectionParams } from './collection-path.js';
import { GatewayConfig } from './gateway.config.js';
import { readBody } from './request-body.js';
import { Responder, type GatewayAnswer } from './responder.service.js';
import { bufferedCall } from './store-request.js';
import { writeScope, type RecordWrite } from './write-wire.js';

/** Writes of records: ChromaDB first, then the mirror, then the acknowledgement. */
@ApiTags('records')
@Controller(COLLECTION_PATH)
export class WriteController {
  constructor(
    private readonly config: GatewayConfig,
    private readonly writes: WritePath,
    private readonly administration: Administration,
    private readonly responder: Responder,
  ) {}

  @Post('add')
  @ApiOperation({ summary: 'Add records; existing ids are ignored' })
  add(@Param() params: CollectionParams, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.write('add', params, request, reply);
  }

  @Post('update')
  @ApiOperation({ summary: 'Update records; unknown ids are ignored' })
  update(@Param() params: CollectionParams, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.write('update', params, request, reply);
  }

  @Post('upsert')
  @ApiOperation({ summary: 'Add records, or update those that exist' })
  upsert(@Param() params: CollectionParams, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.write('upsert', params, request, reply);
  }

  @Post('delete')
  @ApiOperation({ summary: 'Delete records by id or by filter' })
  delete(@Param() params: CollectionParams, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.write('delete', params, request, reply);
  }

  private write(kind: RecordWrite, params: CollectionParams, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    return this.responder.respond(kind, request, reply, () => this.send(kind, params, request));
  }

  /** A write is never cut short when its caller goes away: that would put it in doubt. */
  private async send(kind: RecordWrite, params: CollectionParams, request: FastifyRequest): Promise<GatewayAnswer> {
    const body = await readBody(request.raw, this.config.maxBodyBytes);
    const call = bufferedCall(request, 'write', body);
    const target = targetOf(params);
    // ChromaDB refuses an id that cannot be read; should it not, any collection may have changed.
    if (target === undefined) return this.administration.administer('all', call);
    return this.writes.write(target, writeScope(kind, body), call);
  }
}
