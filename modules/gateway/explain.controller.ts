import { BadRequestException, Body, Controller, Headers, HttpCode, Post } from '@nestjs/common';
import { ApiBadRequestResponse, ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Explainer } from '../routing/explainer.service.js';
import { TidegateError } from '../vector/errors.js';
import { EXPLAIN_ANSWER_SCHEMA, EXPLAIN_REQUEST_SCHEMA } from './explain-schema.js';
import { explainAnswer, type ExplainAnswer } from './explain-answer.js';
import { readExplainRequest, type ExplainRequest } from './explain-request.js';

/** ChromaDB may want to know who asks. */
const CREDENTIALS = ['authorization', 'x-chroma-token'];

/** The router, explaining itself. */
@ApiTags('operations')
@Controller('operations/v1/explain')
export class ExplainController {
  constructor(private readonly explainer: Explainer) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Which tiers would be asked for a query, in which order and why; with "run", what each answers',
    description:
      'Counts, keeps and learns nothing. The headers authorization and x-chroma-token are passed on.',
  })
  @ApiBody({ schema: EXPLAIN_REQUEST_SCHEMA })
  @ApiOkResponse({ schema: EXPLAIN_ANSWER_SCHEMA })
  @ApiBadRequestResponse({ description: 'The body is not as described; the message says what is wrong' })
  async explain(
    @Body() body: unknown,
    @Headers() headers: Readonly<Record<string, string | undefined>>,
  ): Promise<ExplainAnswer> {
    const { target, query, run } = readRequest(body, credentialsOf(headers));
    return explainAnswer(target, await this.explainer.explain(query, run));
  }
}

function readRequest(body: unknown, credentials: readonly string[]): ExplainRequest {
  try {
    return readExplainRequest(body, credentials);
  } catch (error) {
    if (!(error instanceof TidegateError)) throw error;
    const message = `${error.message}; ${error.remedy}`;
    throw new BadRequestException({ error: 'InvalidArgumentError', message });
  }
}

function credentialsOf(headers: Readonly<Record<string, string | undefined>>): string[] {
  return CREDENTIALS.flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [name, value];
  });
}
