/** Settings of a Tidegate into which the script is loaded first, in each of its threads. */
export function preloading(script: string): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(script)}"` };
}

/**
 * Has the worker threads die at SIGUSR2, of an error, with whatever they do half done: a message that is none
 * throws as it is looked at. To terminate one while it is in a native call would abort the process.
 */
export const WORKER_KILLER = `
  import threads from 'node:worker_threads';
  import { syncBuiltinESMExports } from 'node:module';
  const workers = new Set();
  threads.Worker = class extends threads.Worker {
    constructor(...given) {
      super(...given);
      workers.add(this);
      this.once('exit', () => workers.delete(this));
    }
  };
  syncBuiltinESMExports();
  if (threads.isMainThread)
    process.on('SIGUSR2', () => workers.forEach((worker) => worker.postMessage(null)));
`;

/** Takes so much memory at the first SIGUSR2, gives it back at the second, and so on. */
export function ballast(megabytes: number): string {
  return `
    import v8 from 'node:v8';
    import vm from 'node:vm';
    import { isMainThread } from 'node:worker_threads';
    v8.setFlagsFromString('--expose-gc');
    const collect = vm.runInNewContext('gc');
    let held = [];
    if (isMainThread)
      process.on('SIGUSR2', () => {
        if (held.length > 0) held = [];
        else held = Array.from({ length: ${megabytes} }, () => Buffer.alloc(1024 * 1024, 1));
        collect();
      });
  `;
}

/** Has the wall clock say as many milliseconds more as a file holds. Timers keep to the other clock. */
export function shiftedClock(file: string): string {
  return `
    import { readFileSync } from 'node:fs';
    const Real = Date;
    let shiftMs = 0;
    const look = () => {
      try { shiftMs = Number(readFileSync(${JSON.stringify(file)}, 'utf8')) || 0; } catch {}
    };
    setInterval(look, 20).unref();
    globalThis.Date = class Date extends Real {
      constructor(...given) {
        if (given.length > 0) super(...given);
        else super(Real.now() + shiftMs);
      }
      static now() { return Real.now() + shiftMs; }
    };
  `;
}
