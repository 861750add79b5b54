import { All, Controller, Delete, Param, Post, Put, Req, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ChromaHttp } from '../chroma/chroma-http.service.js';
import type { CallKind } from '../chroma/store-call.js';
import { Administration } from '../sync/administration.service.js';
import type { AdminScope } from '../sync/write-scope.js';
import { COLLECTION_PATH, COLLECTIONS_PATH, DATABASES_PATH, targetOf, type CollectionParams } from './collection-path.js';
import { Responder } from './responder.service.js';
import { callerGone, streamedCall } from './store-request.js';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Everything that no tier answers: passed to ChromaDB and back, unread. */
@ApiTags('forwarded to ChromaDB')
@Controller()
export class ForwardController {
  constructor(
    private readonly http: ChromaHttp,
    private readonly administration: Administration,
    private readonly responder: Responder,
  ) {}

  @Post([`${COLLECTION_PATH}/get`, `${COLLECTION_PATH}/search`])
  @ApiOperation({ summary: 'Reads of records' })
  read(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.forward('get', 'read', request, reply);
  }

  /** Creating changes nothing that a hot tier holds. */
  @Post(['api/v2/tenants', DATABASES_PATH, COLLECTIONS_PATH])
  @ApiOperation({ summary: 'Create a tenant, a database or a collection' })
  create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.forward('create', 'admin', request, reply);
  }

  /** By id, whatever the path's tenant and database: ChromaDB ignores them. */
  @Put(COLLECTION_PATH)
  @ApiOperation({ summary: 'Rename or configure a collection' })
  configure(@Param() params: CollectionParams, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.change(targetOf(params)?.id ?? 'all', request, reply);
  }

  @Delete([COLLECTION_PATH, `${DATABASES_PATH}/:database`])
  @ApiOperation({ summary: 'Delete a collection by name, or a database' })
  remove(
    @Param() { tenant, database }: Omit<CollectionParams, 'collection'>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.change({ tenant, database }, request, reply);
  }

  /** Whatever else there is. What might change something is taken to change anything. */
  @All('*')
  @ApiExcludeEndpoint()
  other(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (SAFE_METHODS.has(request.method)) return this.forward('other', 'read', request, reply);
    return this.change('all', request, reply);
  }

  private forward(route: string, kind: CallKind, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    return this.responder.respond(route, request, reply, async () => {
      const signal = kind === 'read' ? callerGone(reply) : undefined;
      return this.http.send(streamedCall(request, kind, signal));
    });
  }

  private change(scope: AdminScope, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    return this.responder.respond('change', request, reply, async () =>
      this.administration.administer(scope, streamedCall(request, 'admin')),
    );
  }
}
