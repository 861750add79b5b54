import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const NEEDED_GLIBC = 2.38;
const LIMIT_MS = 30_000;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-impossible-'));
  await symlink(process.execPath, join(folder, 'node'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function presentGlibc(): number {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return Number(header.glibcVersionRuntime ?? NEEDED_GLIBC);
}

/** Starts where no package tool can be found, and ends it when it listens. */
async function startWithoutTools() {
  const runtimeDir = join(folder, 'runtime');
  const env = {
    PATH: folder,
    TIDEGATE_PORT: '0',
    TIDEGATE_DATA_DIR: join(folder, 'data'),
    TIDEGATE_RUNTIME_DIR: runtimeDir,
  };
  const child = spawn(process.execPath, ['dist/bundle/tidegate.js'], { env, timeout: LIMIT_MS });
  let listened = false;
  child.stdout.on('data', (chunk: Buffer) => {
    if (!chunk.includes('"listening"')) return;
    listened = true;
    child.kill('SIGTERM');
  });
  const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number]>]);
  const leftOver = await readdir(runtimeDir).catch(() => []);
  return { listened, code, errors, leftOver };
}

describe('the embedded ChromaDB where no newer C library can be had', () => {
  it('starts if the system has one; otherwise the start fails and says what to do', async () => {
    const { listened, code, errors, leftOver } = await startWithoutTools();
    const possible = presentGlibc() >= NEEDED_GLIBC;
    expect({ listened, code, leftOver }).toEqual({
      listened: possible,
      code: possible ? 0 : 1,
      leftOver: [],
    });
    expect(errors.includes('set TIDEGATE_CHROMA_URL')).toBe(!possible);
  });
});
