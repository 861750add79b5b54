import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Sync, type CollectionReport } from '../sync/sync.service.js';

/** The collections that Tidegate keeps track of. */
@ApiTags('operations')
@Controller('operations/v1/collections')
export class CollectionsController {
  constructor(private readonly sync: Sync) {}

  @Get()
  @ApiOperation({
    summary: 'State, version, records and bytes of each collection that was asked for or written',
  })
  list(): { readonly collections: CollectionReport[] } {
    return { collections: this.sync.report() };
  }
}
