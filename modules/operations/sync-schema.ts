import { REFUSALS, SERVING_STATES } from '../sync/mirror-state.js';

/** What the OpenAPI document says of reports and requests on sync. */

const count = { type: 'integer', minimum: 0 } as const;
const unknownBefore = (description: string) => ({ ...count, nullable: true, description });

const WARM_UP_SCHEMA = {
  type: 'object',
  description: 'The warm-up that runs, or the last one since the start',
  required: [
    'status',
    'recordsDone',
    'recordsAll',
    'bytes',
    'recordsPerSecond',
    'secondsLeft',
    'pauses',
    'tookMs',
  ],
  properties: {
    status: { type: 'string', enum: ['running', 'ok', 'failed', 'refused', 'cancelled', 'outrun'] },
    message: { type: 'string', description: 'Why it did not succeed' },
    recordsDone: count,
    recordsAll: unknownBefore('null until they are listed'),
    bytes: { ...count, description: 'What the mirror holds' },
    recordsPerSecond: { ...count, description: 'Of late' },
    secondsLeft: unknownBefore('null while nothing moves'),
    pauses: { ...count, description: 'Times it waited for a ChromaDB that failed' },
    tookMs: count,
  },
};

const DOUBT_SCHEMA = {
  type: 'object',
  description: 'Present while writes are in doubt: only ChromaDB answers until they have settled',
  required: ['since', 'writes', 'records'],
  properties: {
    since: { type: 'string', format: 'date-time', description: 'Of the first of them' },
    writes: count,
    records: unknownBefore('Records that they may have changed; null for any'),
  },
};

const SNAPSHOT_SCHEMA = {
  type: 'object',
  description: 'The last one that was taken of the mirror, or that it was filled from',
  required: ['takenAt', 'ageMs', 'bytes'],
  properties: { takenAt: { type: 'string', format: 'date-time' }, ageMs: count, bytes: count },
};

const RECONCILIATION_SCHEMA = {
  type: 'object',
  description: 'Comparisons with ChromaDB, which find what was written past Tidegate',
  required: ['found', 'repaired'],
  properties: {
    lastPassAt: { type: 'string', format: 'date-time', description: 'When the last whole one ended' },
    lastPassMs: count,
    found: {
      type: 'object',
      description: 'Records that differed since the start, by kind',
      additionalProperties: count,
    },
    repaired: { ...count, description: 'Records made equal again since the start' },
    running: {
      type: 'object',
      description: 'The one under way',
      properties: {
        cause: { type: 'string', enum: ['rotation', 'count', 'drifted', 'asked'] },
        urgent: { type: 'boolean', description: 'It does not rest between its readings' },
        compared: count,
        records: count,
        drifted: count,
      },
    },
  },
};

const REPORT_PROPERTIES = {
  id: { type: 'string', format: 'uuid' },
  tenant: { type: 'string' },
  database: { type: 'string' },
  state: { type: 'string', enum: [...SERVING_STATES] },
  refusal: { type: 'string', enum: [...REFUSALS] },
  heldForMs: { ...count, description: 'Time before a mirror may be tried again' },
  lag: {
    type: 'object',
    description: 'What was written and is not in the mirror yet',
    required: ['records', 'oldestMs'],
    properties: { records: count, oldestMs: count },
  },
  inDoubt: DOUBT_SCHEMA,
  reconciliation: RECONCILIATION_SCHEMA,
  snapshot: SNAPSHOT_SCHEMA,
  warmUp: WARM_UP_SCHEMA,
};

export const SYNC_REPORT_SCHEMA = {
  type: 'object',
  required: ['id', 'tenant', 'database', 'state', 'heldForMs', 'lag', 'reconciliation'],
  properties: REPORT_PROPERTIES,
};

export const SYNC_LIST_SCHEMA = {
  type: 'object',
  required: ['collections'],
  properties: { collections: { type: 'array', items: SYNC_REPORT_SCHEMA } },
};

export const COLLECTION_PATH_SCHEMA = {
  type: 'object',
  required: ['tenant', 'database'],
  properties: { tenant: { type: 'string' }, database: { type: 'string' } },
};
