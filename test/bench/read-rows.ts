import { send } from '../support/http.js';
import type { Verdict } from './answer-check.js';
import type { BenchProcess } from './bench-processes.js';
import { measureBesideChroma } from './beside-chroma.js';
import type { BenchWorld } from './bench-world.js';
import { pathOf } from './collections.js';
import { LoadDriver } from './load-driver.js';
import { clientsIn } from './profiles.js';
import type { ReadMaterial, ReadPlan, ReadScenario } from './read-scenarios.js';
import { TemplateSource } from './request-template.js';
import type { Row } from './results.js';
import { rounded } from './statistics.js';

const WARM_IN_CLIENTS = 16;

interface Checked {
  readonly recall?: number;
  readonly faults: readonly string[];
}

/** Measures a scenario of reads with each number of clients. The mirror of the collection is warm. */
export async function readRows(
  world: BenchWorld,
  collection: string,
  scenario: ReadScenario,
  material: ReadMaterial,
  report: (row: Row) => void,
): Promise<void> {
  const clients = clientsIn(world.profile, scenario.name, scenario.clients);
  if (clients.length === 0) return;
  const plan = scenario.plan(material);
  const path = pathOf(collection, plan.call);
  const checked = {
    tidegate: await checkAnswers(world.tidegate, path, plan),
    chroma: await checkAnswers(world.chroma, path, plan),
  };
  await warmAnswers(world, path, plan);
  for (const count of clients) {
    const measured = await measureReads(world, collection, plan, count);
    const row: Row = {
      scenario: scenario.name,
      title: scenario.title,
      clients: count,
      unitsPerRequest: 1,
      ...measured,
      tidegate: { ...measured.tidegate, ...checked.tidegate },
      chroma: { ...measured.chroma, ...checked.chroma },
    };
    report(row);
  }
}

async function warmAnswers(world: BenchWorld, path: string, plan: ReadPlan): Promise<void> {
  if (plan.warmIn === undefined) return;
  const driver = new LoadDriver(world.tidegate.port, WARM_IN_CLIENTS);
  const source = new TemplateSource({ path }, plan.templates, plan.choose);
  const { requests } = await driver.run(source, world.first, { requests: plan.warmIn });
  world.countTo(world.first + requests);
  driver.close();
}

/** Times the requests of a plan against both sides. */
export async function measureReads(
  world: BenchWorld,
  collection: string,
  plan: ReadPlan,
  clients: number,
): Promise<Pick<Row, 'tidegate' | 'chroma' | 'ratios' | 'tiers'>> {
  const { tidegate, chroma } = world;
  const call = { path: pathOf(collection, plan.call), ...(plan.headers && { headers: plan.headers }) };
  const source = new TemplateSource(call, plan.templates, plan.choose);
  return measureBesideChroma(world, tidegate, [tidegate.pid, chroma.pid], source, clients);
}

async function checkAnswers(server: BenchProcess, path: string, { checks }: ReadPlan): Promise<Checked> {
  const verdicts: Verdict[] = [];
  for (const { body, judge } of checks) {
    const headers = { 'content-type': 'application/json' };
    const reply = await send(server.url, { method: 'POST', path, headers, body });
    verdicts.push(reply.status === 200 ? judge(reply.json) : { fault: `status ${reply.status}` });
  }
  const faults = new Set(verdicts.flatMap(({ fault }) => (fault === undefined ? [] : [fault])));
  const recalls = verdicts.flatMap(({ recall }) => (recall === undefined ? [] : [recall]));
  const mean = recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
  return { faults: [...faults], ...(recalls.length > 0 && { recall: rounded(mean) }) };
}
