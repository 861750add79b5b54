import type { VectorFormat } from './record-bodies.js';

/** Inserts of new records, in batches. */
export interface IngestScenario {
  readonly name: string;
  readonly title: string;
  readonly batch: number;
  readonly format: VectorFormat;
  readonly clients: readonly number[];
}

/** Upserts of single records among plain queries. */
export interface MixScenario {
  readonly name: string;
  readonly title: string;
  /** One request in so many is a write. */
  readonly writeIn: number;
  readonly clients: readonly number[];
}

const ONE_AND_EIGHT = [1, 8];

export const INGEST_SCENARIOS: readonly IngestScenario[] = [
  ingest(1_000, 'base64', ONE_AND_EIGHT),
  ingest(100, 'base64', ONE_AND_EIGHT),
  ingest(1, 'base64', ONE_AND_EIGHT),
  ingest(1_000, 'numbers', [1]),
];

export const MIX_SCENARIOS: readonly MixScenario[] = [
  { name: 'mix-90-10', title: '90 % reads, 10 % upserts', writeIn: 10, clients: [1, 16] },
  { name: 'mix-50-50', title: '50 % reads, 50 % upserts', writeIn: 2, clients: [1, 16] },
];

function ingest(batch: number, format: VectorFormat, clients: readonly number[]): IngestScenario {
  const name = format === 'base64' ? `ingest-${batch}` : `ingest-${batch}-numbers`;
  const how = format === 'base64' ? '' : ', as JSON numbers';
  return { name, title: `ingest, batches of ${batch.toLocaleString('en')}${how}`, batch, format, clients };
}

/** Requests of one round: enough for a figure, few enough that large batches end. */
export function requestsPerRound(batch: number, clients: number, writesPerRound: number): number {
  if (batch === 1) return writesPerRound;
  return Math.max(clients, Math.ceil(Math.min(2_000, 20 * writesPerRound) / batch));
}
