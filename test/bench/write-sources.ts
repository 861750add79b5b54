import { SeededRandom } from '../support/seeded-random.js';
import type { VectorSource } from './dataset.js';
import type { RequestSource } from './load-driver.js';
import type { ReadPlan } from './read-scenarios.js';
import { recordsBody, type NewRecord, type VectorFormat } from './record-bodies.js';
import { requestHead, TemplateSource } from './request-template.js';
import type { MixScenario } from './write-scenarios.js';

const WORDS = 22;
const UPSERT_TEMPLATES = 200;
const ID_DIGITS = 9;
/** Where the id stands in the body of a single record. */
const ID_OFFSET = '{"ids":["w'.length;

/** The id of a record that a scenario writes. */
export function writtenId(place: number): string {
  return `w${String(place).padStart(ID_DIGITS, '0')}`;
}

/** Batches of records that are not there yet, made ahead of time; both sides get the same bodies. */
export class BatchSource implements RequestSource {
  readonly maxRequestBytes: number;
  private readonly head: readonly Buffer[];

  constructor(
    path: string,
    private readonly bodies: readonly Buffer[],
  ) {
    this.head = bodies.map((body) => Buffer.from(requestHead({ path }, body.length)));
    this.maxRequestBytes = Math.max(...bodies.map((body, at) => body.length + (this.head[at]?.length ?? 0)));
  }

  write(number: number, into: Buffer): number {
    const [head, body] = [this.head[number], this.bodies[number]];
    if (head === undefined || body === undefined) throw new RangeError(`there is no batch ${number}`);
    head.copy(into);
    body.copy(into, head.length);
    return head.length + body.length;
  }
}

export function newRecords(vectors: VectorSource, from: number, count: number): readonly NewRecord[] {
  return Array.from({ length: count }, (_, place) => newRecord(vectors, from + place));
}

function newRecord(vectors: VectorSource, place: number): NewRecord {
  const random = new SeededRandom(place);
  const words = Array.from({ length: WORDS }, () => `word${random.below(2_000)}`);
  const metadata = { bucket: place % 1_000, topic: `t${place % 100}`, access: 'open' };
  return { id: writtenId(place), vector: vectors.next(), document: words.join(' '), metadata };
}

export function batchBodies(
  vectors: VectorSource,
  from: number,
  batch: number,
  count: number,
  format: VectorFormat,
): readonly Buffer[] {
  return Array.from({ length: count }, (_, place) =>
    recordsBody(newRecords(vectors, from + place * batch, batch), format),
  );
}

/** What the upserts of a mix touch. */
export interface MixIds {
  /** Records that are there, from 0. */
  readonly existing: number;
  /** The place of the first record that is not. */
  readonly firstNew: number;
  /** The number of the scenario's first request. */
  readonly firstNumber: number;
}

/** Fresh queries, and upserts of which every second one adds a record and the others replace one. */
export function mixSource(
  paths: { readonly query: string; readonly upsert: string },
  reads: ReadPlan,
  vectors: VectorSource,
  { writeIn }: MixScenario,
  ids: MixIds,
): RequestSource {
  const turnOf = (number: number) => Math.floor((number - ids.firstNumber) / writeIn);
  const placeOf = (turn: number) =>
    turn % 2 === 0 ? ids.firstNew + turn / 2 : (turn * 7_919) % Math.max(1, ids.existing);
  const templates = Array.from({ length: UPSERT_TEMPLATES }, () => {
    const body = recordsBody([newRecord(vectors, 0)], 'base64').toString('latin1');
    return { body, slots: [{ offset: ID_OFFSET, digits: ID_DIGITS, valueOf: placeOf }] };
  });
  const upserts = new TemplateSource({ path: paths.upsert }, templates, (number) => ({
    template: turnOf(number) % UPSERT_TEMPLATES,
    stamp: turnOf(number),
  }));
  const queries = new TemplateSource({ path: paths.query }, reads.templates, reads.choose);
  return {
    maxRequestBytes: Math.max(upserts.maxRequestBytes, queries.maxRequestBytes),
    write: (number, into) => {
      const isWrite = (number - ids.firstNumber) % writeIn === 0;
      return (isWrite ? upserts : queries).write(number, into);
    },
  };
}
