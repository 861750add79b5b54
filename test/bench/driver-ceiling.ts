import { startHelper } from './helper-server.js';
import { LoadDriver, type RequestSource } from './load-driver.js';
import { rounded } from './statistics.js';

const CLIENTS = 16;

/** Requests a second that the driver makes of a server that does nothing: above it, it measures itself. */
export async function driverCeiling(source: RequestSource, durationMs: number): Promise<number> {
  const server = await startHelper('trivial-server');
  try {
    const driver = new LoadDriver(server.port, CLIENTS);
    await driver.run(source, 0, { durationMs: durationMs / 2 });
    const { requests, elapsedMs } = await driver.run(source, 0, { durationMs });
    driver.close();
    return rounded((1_000 * requests) / elapsedMs);
  } finally {
    await server.kill();
  }
}
