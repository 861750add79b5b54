import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

/**
 * Runs as a process of its own: `node embedded-launcher.worker.js CONFIG.yaml`. ChromaDB's command blocks
 * this process's main thread for good, so a second thread watches standard input, a pipe that the parent
 * holds open: it ends when the parent does, however the parent ended, and takes this process with it.
 */
const WATCH_PARENT = `
  const { readSync } = require('node:fs');
  const buffer = Buffer.alloc(64);
  try { while (readSync(0, buffer) > 0); } catch {}
  process.kill(process.pid, 'SIGKILL');
`;

new Worker(WATCH_PARENT, { eval: true });
const chromadb = createRequire(import.meta.url).resolve('chromadb');
const commandLine = join(dirname(chromadb), '..', 'cli.mjs');
process.argv.splice(2, process.argv.length, 'run', process.argv[2] ?? '');
await import(pathToFileURL(commandLine).href);
