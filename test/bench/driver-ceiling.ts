import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { LoadDriver, type RequestSource } from './load-driver.js';
import { rounded } from './statistics.js';

const SERVER = fileURLToPath(new URL('./trivial-server.worker.js', import.meta.url));
const CLIENTS = 16;

/** Requests a second that the driver makes of a server that does nothing: above it, it measures itself. */
export async function driverCeiling(source: RequestSource, durationMs: number): Promise<number> {
  const child = spawn(process.execPath, [SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [port] = (await once(child.stdout, 'data')) as [Buffer];
    const driver = new LoadDriver(Number(port.toString()), CLIENTS);
    await driver.run(source, 0, { durationMs: durationMs / 2 });
    const { requests, elapsedMs } = await driver.run(source, 0, { durationMs });
    driver.close();
    return rounded((1_000 * requests) / elapsedMs);
  } finally {
    child.kill('SIGKILL');
  }
}
