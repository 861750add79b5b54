const milliseconds = (description: string) => ({
  type: 'number' as const,
  description: `milliseconds: ${description}`,
});
const text = (description: string) => ({ type: 'string' as const, description });

/** What a call to explain takes, for its OpenAPI page. */
export const EXPLAIN_REQUEST_SCHEMA = {
  type: 'object' as const,
  required: ['collection', 'query'],
  properties: {
    tenant: { type: 'string' as const, default: 'default_tenant' },
    database: { type: 'string' as const, default: 'default_database' },
    collection: { type: 'string' as const, format: 'uuid' },
    query: { type: 'object' as const, description: "the body of ChromaDB's query" },
    headers: {
      type: 'object' as const,
      description: "what the query's own headers would say",
      properties: {
        caller: text('x-tidegate-caller'),
        tier: text('x-tidegate-tier'),
        maxStaleness: milliseconds('x-tidegate-max-staleness'),
      },
    },
    run: { type: 'boolean' as const, default: false, description: 'ask each tier that is in' },
  },
};

/** What it answers. */
export const EXPLAIN_ANSWER_SCHEMA = {
  type: 'object' as const,
  properties: {
    collection: {
      type: 'object' as const,
      properties: {
        tenant: { type: 'string' as const },
        database: { type: 'string' as const },
        id: { type: 'string' as const, format: 'uuid' },
        state: text('of its mirror'),
        version: { type: 'integer' as const, nullable: true },
        mirrorAgeMs: { ...milliseconds('since the mirror began to read everything'), nullable: true },
        records: { type: 'integer' as const, description: 'in the mirror' },
      },
    },
    plan: {
      type: 'array' as const,
      description: 'every tier, in the order in which they are asked',
      items: {
        type: 'object' as const,
        properties: {
          tier: { type: 'string' as const, enum: ['answer-cache', 'mirror', 'chroma', 'stale'] },
          in: { type: 'boolean' as const },
          reason: text('why it is in or out'),
          expectedMs: { ...milliseconds('the median of late'), nullable: true },
          actualMs: milliseconds('what it took now; only of tiers that were asked'),
          ids: { type: 'integer' as const, description: 'ids in its answer' },
          overlap: { type: 'number' as const, description: "share of its ids that are in ChromaDB's answer" },
          failure: text('why it gave no answer'),
        },
      },
    },
  },
};
