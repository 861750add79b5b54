import { BadRequestException, Body, Controller, Get, Headers, Ip, Put } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FlagDocument } from '../flags/flag-document.js';
import { Flags } from '../flags/flags.service.js';

/** The feature flags, in flagd's format. */
@ApiTags('operations')
@Controller('operations/v1/flags')
export class FlagsController {
  constructor(private readonly flags: Flags) {}

  @Get()
  @ApiOperation({ summary: 'The flags in use' })
  read(): FlagDocument {
    return this.flags.document();
  }

  @Put()
  @ApiOperation({ summary: 'Replaces all flags, whole or not at all' })
  @ApiBody({ schema: { type: 'object', required: ['flags'], properties: { flags: { type: 'object' } } } })
  async replace(
    @Body() document: unknown,
    @Headers('x-tidegate-caller') caller: string | undefined,
    @Ip() ip: string,
  ): Promise<FlagDocument> {
    const faults = await this.flags.replace(document, caller ?? ip);
    if (faults.length > 0) {
      throw new BadRequestException({ error: 'InvalidArgumentError', message: faults.join('; ') });
    }
    return this.flags.document();
  }
}
