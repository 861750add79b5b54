import {
  Body,
  ConflictException,
  Controller,
  Get,
  Headers,
  HttpCode,
  Ip,
  NotFoundException,
  Param,
  Post,
} from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBadRequestResponse,
  ApiBody,
  ApiConflictResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { isSyncAction, SYNC_ACTIONS } from '../sync/sync-action.js';
import { SyncActions } from '../sync/sync-actions.service.js';
import type { SyncReport } from '../sync/sync-report.js';
import type { CollectionId } from '../vector/collection-id.js';
import { invalid, readCollectionId, unknownCollection } from './collections.controller.js';
import { COLLECTION_PATH_SCHEMA, SYNC_LIST_SCHEMA, SYNC_REPORT_SCHEMA } from './sync-schema.js';

/** A collection is named by its id alone once it was asked for; before, its path has to be told. */
interface CollectionPath {
  readonly tenant: string;
  readonly database: string;
}

/** How the mirrors follow ChromaDB, and what to have done about it. */
@ApiTags('operations')
@Controller('operations/v1/sync')
export class SyncController {
  constructor(private readonly actions: SyncActions) {}

  @Get()
  @ApiOperation({
    summary:
      'State, lag, drift, doubts, snapshot and warm-up of each collection that was asked for or written',
  })
  @ApiOkResponse({ schema: SYNC_LIST_SCHEMA })
  list(): { readonly collections: SyncReport[] } {
    return { collections: this.actions.report() };
  }

  @Get(':id')
  @ApiOperation({ summary: 'State, lag, drift, doubts, snapshot and warm-up of one collection' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ schema: SYNC_REPORT_SCHEMA })
  @ApiNotFoundResponse({ description: 'Nobody has asked for or written the collection yet' })
  read(@Param('id') name: string): SyncReport {
    return this.find(readCollectionId(name));
  }

  @Post(':id/:action')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Has a collection warmed, compared, or its mirror dropped or saved, now',
    description:
      'warm: overrules earlier refusals and failures; follow the report until it ends. ' +
      'drop: also ends a warm-up; no mirror is begun for a minute, whoever asks. ' +
      'reconcile: compares the mirror with the whole collection, and repairs it. ' +
      'snapshot: takes one of a warm mirror.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiParam({ name: 'action', enum: [...SYNC_ACTIONS] })
  @ApiBody({
    required: false,
    description: 'The path of a collection that nobody has asked for or written yet',
    schema: COLLECTION_PATH_SCHEMA,
  })
  @ApiAcceptedResponse({ schema: SYNC_REPORT_SCHEMA })
  @ApiBadRequestResponse({ description: 'The id or the body is not as described' })
  @ApiNotFoundResponse({ description: 'No such action, or nobody has asked for or written the collection' })
  @ApiConflictResponse({ description: 'It cannot be done now; the message says why, and what to do' })
  act(
    @Param('id') name: string,
    @Param('action') action: string,
    @Body() body: unknown,
    @Headers('x-tidegate-caller') caller: string | undefined,
    @Ip() ip: string,
  ): SyncReport {
    if (!isSyncAction(action)) throw noSuchAction(action);
    const id = readCollectionId(name);
    const path = readPath(body);
    if (path) this.actions.reachUnder({ ...path, id });
    this.find(id);
    const fault = this.actions.run(action, id, caller ?? ip);
    if (fault !== undefined) throw new ConflictException({ error: 'ChromaError', message: fault });
    return this.find(id);
  }

  private find(id: CollectionId): SyncReport {
    const found = this.actions.reportOn(id);
    if (found) return found;
    throw unknownCollection(id, 'query it once, or name its path: {"tenant": …, "database": …}');
  }
}

function noSuchAction(action: string): NotFoundException {
  const message = `there is no action "${action}"; there are ${SYNC_ACTIONS.join(', ')}`;
  return new NotFoundException({ error: 'NotFoundError', message });
}

/** Undefined without a body. */
function readPath(body: unknown): CollectionPath | undefined {
  if (body === undefined || body === null) return undefined;
  const { tenant, database } = body as Partial<Record<keyof CollectionPath, unknown>>;
  if (isName(tenant) && isName(database)) return { tenant, database };
  throw invalid('a body needs "tenant" and "database", the names under which the collection is reached');
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
