import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ballast, preloading, shiftedClock, WORKER_KILLER } from '../support/preloads.js';
import { disconnects, overload, slowLoris } from './caller-disturbances.js';
import { flapping, network } from './disturbance.js';
import { clockJumps, freezes, memoryBallast, restartInOrder, workerKills } from './process-disturbances.js';
import type { Scenario } from './scenario.js';
import { emptyRestart, slowRestart, storeOutage } from './store-disturbances.js';

/** Tidegate itself needs some 150 MB here, and what it holds is small: the ballast is what makes it short. */
const MEMORY_MAX_MB = 400;
const BALLAST_MB = 500;
const CLOCK_FILE = join(tmpdir(), `tidegate-clock-${process.pid}`);
const NOBODY_SPARED = { mirroredErrorShare: 1 };

/** Everything that goes wrong, but the long outage. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'latency', disturbance: () => network({ kind: 'latency', latencyMs: 300, jitterMs: 400 }) },
  {
    name: 'latency-beyond-deadline',
    disturbance: () => network({ kind: 'latency', latencyMs: 6_000, jitterMs: 0 }),
  },
  { name: 'bandwidth', disturbance: () => network({ kind: 'bandwidth', bytesPerSecond: 1_000 }) },
  { name: 'reset-request', disturbance: () => network({ kind: 'reset-request' }) },
  { name: 'reset-unanswered', disturbance: () => network({ kind: 'reset-unanswered' }) },
  { name: 'reset-midway', disturbance: () => network({ kind: 'reset-midway' }) },
  { name: 'reset-some', disturbance: () => network({ kind: 'reset-unanswered' }, 0.1) },
  { name: 'truncated', disturbance: () => network({ kind: 'truncated' }) },
  { name: 'garbage', disturbance: () => network({ kind: 'garbage' }) },
  { name: 'garbled-body', disturbance: () => network({ kind: 'garbled-body' }, 0.5) },
  { name: 'stall', disturbance: () => network({ kind: 'stall' }) },
  { name: 'stall-some', disturbance: () => network({ kind: 'stall' }, 0.1) },
  { name: 'black-hole', disturbance: () => network({ kind: 'black-hole' }) },
  { name: 'refusing', disturbance: () => network({ kind: 'refusing' }) },
  { name: 'flapping', disturbance: () => flapping(network({ kind: 'refusing' }), 700, 900) },
  { name: 'flapping-black-hole', disturbance: () => flapping(network({ kind: 'black-hole' }), 700, 900) },
  { name: 'store-killed', disturbance: storeOutage },
  { name: 'store-slow', disturbance: slowRestart },
  // Mirrors of what is gone must not answer.
  { name: 'store-empty', leastSeconds: 14, criteria: NOBODY_SPARED, disturbance: emptyRestart },
  { name: 'worker-killed', settings: preloading(WORKER_KILLER), disturbance: workerKills },
  { name: 'frozen', leastSeconds: 10, disturbance: () => freezes(1_500, 2_000) },
  { name: 'frozen-beyond-deadline', disturbance: () => freezes(4_000, 4_000) },
  {
    name: 'memory-ballast',
    settings: { ...preloading(ballast(BALLAST_MB)), TIDEGATE_MEMORY_MAX_MB: String(MEMORY_MAX_MB) },
    // Memory has to be short for 5 s, and a mirror given up for it stays away for a minute.
    criteria: { recoveryMs: 75_000 },
    leastSeconds: 14,
    disturbance: memoryBallast,
  },
  {
    name: 'clock-jumps',
    settings: preloading(shiftedClock(CLOCK_FILE)),
    disturbance: () => clockJumps(CLOCK_FILE),
  },
  { name: 'slow-loris', disturbance: () => slowLoris(1_000) },
  { name: 'disconnects', disturbance: disconnects },
  // Beyond the knee whoever asks may be told to come again.
  { name: 'overload', criteria: NOBODY_SPARED, disturbance: overload },
  { name: 'sigterm', criteria: NOBODY_SPARED, disturbance: restartInOrder },
];

/** ChromaDB is gone for long: TEST_OUTAGE_SECONDS of it. */
export const OUTAGE: Scenario = { name: 'outage', disturbance: storeOutage };
