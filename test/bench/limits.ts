import { SnapshotFiles } from '../../modules/hot/snapshot-files.store.js';
import type { BenchProcess } from './bench-processes.js';
import { measureBesideChroma } from './beside-chroma.js';
import type { BenchWorld } from './bench-world.js';
import { pathOf, takeSnapshot } from './collections.js';
import { startHelper } from './helper-server.js';
import { plainPlan, type ReadMaterial } from './read-scenarios.js';
import { TemplateSource } from './request-template.js';
import type { Figure } from './results.js';
import { rounded } from './statistics.js';

const MANY = 16;
/** ChromaDB's default, with which Tidegate's mirror searches too. */
const EF_SEARCH = 100;

/** What the limits are reckoned with. */
export interface Bounds {
  readonly cores: number;
  /** Requests a second that the driver makes of a server that does nothing. */
  readonly driverCeiling: number;
}

/**
 * The ratios that servers of Node reach which do next to nothing, in Tidegate's place: what reads a query and
 * answers, what passes it on to ChromaDB, what searches a mirror's graph with hnswlib. Whatever Tidegate does
 * for an answer to be right comes on top.
 */
export async function limitFigures(
  world: BenchWorld,
  collection: string,
  material: ReadMaterial,
  { cores, driverCeiling }: Bounds,
): Promise<readonly Figure[]> {
  const { chroma } = world;
  await takeSnapshot(world.tidegate, collection);
  const files = new SnapshotFiles(world.snapshotFolder(collection));
  const manifest = await files.manifest();
  if (manifest === undefined) throw new Error('there is no snapshot');
  const { templates, choose } = plainPlan(material);
  const source = new TemplateSource({ path: pathOf(collection, 'query') }, templates, choose);
  const measure = (server: BenchProcess, clients: number) =>
    measureBesideChroma(world, server, [server.pid], source, clients);
  const graph = [files.path('graph', manifest), String(manifest.spec.dimension), String(EF_SEARCH)];
  const echo = await withHelper(['echo'], (server) => measure(server, MANY));
  const forward = await withHelper(['forward', chroma.url], (server) => measure(server, 1));
  const [one, many] = await withHelper(['search', ...graph], async (server) => {
    return [await measure(server, 1), await measure(server, MANY)] as const;
  });
  const cpuMs = many.tidegate.cpuMsPerRequest + 1_000 / driverCeiling;
  const allCores = (1_000 * cores) / cpuMs / many.chroma.requestsPerSecond;
  return [
    limit('plain-1', 'plain, 1 client, p50', one.ratios.p50, 'hnswlib behind a bare server'),
    limit(
      'plain-16',
      'plain, 16 clients, requests/s',
      allCores,
      "its processor time and the driver's, on all cores",
    ),
    limit('repeated-16', 'repeated, 16 clients, requests/s', echo.ratios.rate, 'a bare server that answers'),
    limit('forced-miss-1', 'forced miss, 1 client, p50', forward.ratios.p50, 'a bare server that passes on'),
  ];
}

async function withHelper<T>(args: readonly string[], use: (server: BenchProcess) => Promise<T>): Promise<T> {
  const server = await startHelper('bare-server', ...args);
  try {
    return await use(server);
  } finally {
    await server.kill();
  }
}

function limit(name: string, title: string, value: number, note: string): Figure {
  return { name: `limit-${name}`, title: `limit of ${title}`, unit: '×', value: rounded(value), note };
}
