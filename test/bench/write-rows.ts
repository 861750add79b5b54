import { pathOf, stateOf } from './collections.js';
import { LoadDriver, type RequestSource } from './load-driver.js';
import { clientsIn } from './profiles.js';
import type { ReadPlan } from './read-scenarios.js';
import type { Row } from './results.js';
import { measureSideBySide, type MeasuredRounds } from './side-by-side.js';
import type { Twins } from './twins.js';
import { requestsPerRound, type IngestScenario, type MixScenario } from './write-scenarios.js';
import { batchBodies, BatchSource, mixSource } from './write-sources.js';

/** Rounds of inserts at most: each is a lot of records. */
const INGEST_ROUNDS = 4;
const MANY_WRITERS_ROUNDS = 3;

/** Measures inserts into the twins with each number of writers. */
export async function ingestRows(
  twins: Twins,
  scenario: IngestScenario,
  report: (row: Row) => void,
): Promise<void> {
  const { profile, rounds: most } = twins.world;
  for (const clients of clientsIn(profile, scenario.name, scenario.clients)) {
    const { batch, format } = scenario;
    const rounds = Math.min(most, clients > 1 ? MANY_WRITERS_ROUNDS : INGEST_ROUNDS);
    const requests = requestsPerRound(batch, clients, profile.writesPerRound);
    const bodies = batchBodies(twins.vectors, twins.count, batch, requests * (rounds + 1), format);
    const measured = await measureTwins(twins, clients, rounds, requests, 0, {
      tidegate: new BatchSource(pathOf(twins.tidegate, 'add'), bodies),
      chroma: new BatchSource(pathOf(twins.chroma, 'add'), bodies),
    });
    twins.grow(batch * bodies.length);
    report(await judged(twins, { ...scenario, clients, unitsPerRequest: batch }, measured));
  }
}

/** Measures upserts among queries on the twins with each number of clients. */
export async function mixRows(
  twins: Twins,
  scenario: MixScenario,
  reads: ReadPlan,
  report: (row: Row) => void,
): Promise<void> {
  const { world } = twins;
  for (const clients of clientsIn(world.profile, scenario.name, scenario.clients)) {
    const { rounds, first, profile } = world;
    const ids = { existing: twins.count, firstNew: twins.count, firstNumber: first };
    const sourceOf = (id: string) => {
      const paths = { query: pathOf(id, 'query'), upsert: pathOf(id, 'upsert') };
      return mixSource(paths, reads, twins.vectors, scenario, ids);
    };
    const requests = profile.writesPerRound * Math.ceil(Math.sqrt(scenario.writeIn));
    const sources = { tidegate: sourceOf(twins.tidegate), chroma: sourceOf(twins.chroma) };
    const measured = await measureTwins(twins, clients, rounds, requests, first, sources);
    world.countTo(measured.next);
    twins.grow(Math.ceil(Math.ceil((measured.next - first) / scenario.writeIn) / 2));
    report(await judged(twins, { ...scenario, clients, unitsPerRequest: 1 }, measured));
  }
}

async function measureTwins(
  { world }: Twins,
  clients: number,
  rounds: number,
  requests: number,
  first: number,
  sources: { readonly tidegate: RequestSource; readonly chroma: RequestSource },
): Promise<MeasuredRounds> {
  const { tidegate, chroma } = world;
  const drivers = [new LoadDriver(tidegate.port, clients), new LoadDriver(chroma.port, clients)] as const;
  const measured = await measureSideBySide({
    sides: {
      tidegate: { driver: drivers[0], source: sources.tidegate, pids: [tidegate.pid, chroma.pid] },
      chroma: { driver: drivers[1], source: sources.chroma, pids: [chroma.pid] },
    },
    rounds,
    length: { requests },
    first,
  });
  for (const driver of drivers) driver.close();
  return measured;
}

async function judged(
  twins: Twins,
  about: Pick<Row, 'title' | 'clients' | 'unitsPerRequest'> & { readonly name: string },
  { row }: MeasuredRounds,
): Promise<Row> {
  const state = await stateOf(twins.world.tidegate, twins.tidegate);
  const faults = [...(await twins.faults())];
  if (state !== 'warm') faults.push(`the mirror is ${String(state)} after writes`);
  const { name, title, clients, unitsPerRequest } = about;
  const tidegate = { ...row.tidegate, faults };
  return { scenario: name, title, clients, unitsPerRequest, ...row, tidegate };
}
