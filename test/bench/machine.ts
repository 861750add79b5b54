import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { PROJECT_ROOT } from './bench-processes.js';
import type { Machine } from './results.js';
import { rounded } from './statistics.js';

const BYTES_PER_GIB = 1024 ** 3;

/** What the figures were measured on. */
export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: rounded(totalmem() / BYTES_PER_GIB),
    kernel: release(),
    node: process.version,
    chromadb: versionIn(join(PROJECT_ROOT, 'node_modules/chromadb/package.json')),
    tidegate: versionIn(join(PROJECT_ROOT, 'package.json')),
  };
}

function versionIn(path: string): string {
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
