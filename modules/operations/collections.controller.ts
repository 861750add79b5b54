import {
  BadRequestException,
  Body,
  Controller,
  Get,
  Headers,
  Ip,
  NotFoundException,
  Param,
  Put,
} from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { CollectionReport } from '../sync/collection-report.js';
import { isPin, PINS, type Pin } from '../sync/pin.js';
import { Sync } from '../sync/sync.service.js';
import { parseCollectionId, type CollectionId } from '../vector/collection-id.js';

/** The collections that Tidegate keeps track of. */
@ApiTags('operations')
@Controller('operations/v1/collections')
export class CollectionsController {
  constructor(private readonly sync: Sync) {}

  @Get()
  @ApiOperation({
    summary: 'State, memory, pin, heat and answers by tier of each collection that was asked for or written',
  })
  list(): { readonly collections: CollectionReport[] } {
    return { collections: this.sync.report() };
  }

  @Put(':id/pin')
  @ApiOperation({ summary: 'Has a collection mirrored by heat (auto), before all others (always) or never' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiBody({
    schema: { type: 'object', required: ['pin'], properties: { pin: { type: 'string', enum: [...PINS] } } },
  })
  async pin(
    @Param('id') name: string,
    @Body() body: unknown,
    @Headers('x-tidegate-caller') caller: string | undefined,
    @Ip() ip: string,
  ): Promise<CollectionReport> {
    const pin = readPin(body);
    const id = readCollectionId(name);
    const fault = await this.sync.pin(this.find(id), pin, caller ?? ip);
    if (fault !== undefined) throw invalid(fault);
    return this.find(id);
  }

  private find(id: CollectionId): CollectionReport {
    const found = this.sync.reportOn(id);
    if (found) return found;
    throw unknownCollection(id, 'query it once');
  }
}

function readPin(body: unknown): Pin {
  const pin: unknown = typeof body === 'object' && body !== null && 'pin' in body ? body.pin : undefined;
  if (isPin(pin)) return pin;
  throw invalid(`the body needs "pin", one of ${PINS.map((each) => `"${each}"`).join(', ')}`);
}

/** @throws BadRequestException */
export function readCollectionId(text: string): CollectionId {
  const id = parseCollectionId(text);
  if (id === undefined) throw invalid(`"${text}" is no id of a collection`);
  return id;
}

export function unknownCollection(id: CollectionId, remedy: string): NotFoundException {
  const message = `nobody has asked for or written collection ${id} yet; ${remedy}`;
  return new NotFoundException({ error: 'NotFoundError', message });
}

export function invalid(message: string): BadRequestException {
  return new BadRequestException({ error: 'InvalidArgumentError', message });
}
