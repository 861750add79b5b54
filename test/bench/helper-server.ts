import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { BenchProcess, memorySettings } from './bench-processes.js';

/** Starts one of the benchmark's own servers, which prints its port, as a process. @param name of its file */
export async function startHelper(name: string, ...args: readonly string[]): Promise<BenchProcess> {
  const file = fileURLToPath(new URL(`./${name}.worker.js`, import.meta.url));
  const child = spawn(process.execPath, [file, ...args], {
    env: { ...process.env, ...memorySettings() },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return new BenchProcess(child, `http://127.0.0.1:${port.toString().trim()}`);
}
