import type { BenchProcess } from './bench-processes.js';
import type { BenchWorld } from './bench-world.js';
import { LoadDriver, type RequestSource } from './load-driver.js';
import type { Row } from './results.js';
import { measureSideBySide } from './side-by-side.js';

/**
 * Times requests that were never made before against a server and ChromaDB.
 * @param pids of the processes that work for the server's answers
 */
export async function measureBesideChroma(
  world: BenchWorld,
  server: BenchProcess,
  pids: readonly number[],
  source: RequestSource,
  clients: number,
): Promise<Pick<Row, 'tidegate' | 'chroma' | 'ratios' | 'tiers'>> {
  const { chroma, profile } = world;
  const drivers = [new LoadDriver(server.port, clients), new LoadDriver(chroma.port, clients)] as const;
  const [ours, theirs] = drivers;
  const { row, next } = await measureSideBySide({
    sides: {
      tidegate: { driver: ours, source, pids },
      chroma: { driver: theirs, source, pids: [chroma.pid] },
    },
    rounds: world.rounds,
    length: { durationMs: profile.roundMs },
    first: world.first,
  });
  world.countTo(next);
  for (const driver of drivers) driver.close();
  return row;
}
