import { describe, expect, it } from '@jest/globals';
import { preloading, WORKER_KILLER } from '../support/preloads.js';
import { seededRandom } from '../support/seeded-random.js';
import { inTurn, network, type Disturbance } from './disturbance.js';
import type { FaultKind } from './network-fault.js';
import { freezes, workerKills } from './process-disturbances.js';
import { runScenario } from './run-scenario.js';
import { storeOutage } from './store-disturbances.js';

const { seed } = seededRandom('faults');
const LOAD = { seed, requestsPerSecond: 60 };
const TIMES = { beforeMs: 2_000, faultMs: 0, afterMs: 500 };
const EACH_MS = 1_200;
const PAUSE_MS = 800;
/** Other suites keep the machine busy: how fast it is, `npm run verify:faults` tells. */
const BUSY = { graceMs: 3_000, recoveryMs: 25_000, growthMb: 200 };
const LIMIT_MS = 120_000;

const NETWORK_FAULTS = ['reset-unanswered', 'truncated', 'garbage', 'stall', 'black-hole'] as const;

/** How many exchanges each fault met. */
const hits = new Map<FaultKind, number>();

function counted(disturbance: Disturbance): Disturbance {
  return {
    ...disturbance,
    look: ({ proxy }) => {
      for (const [kind, count] of proxy.hits) hits.set(kind, count);
      return Promise.resolve({ figures: {}, failures: [] });
    },
  };
}

describe('faults in turn, under load', () => {
  it(
    'hang no request, make no answer wrong, fail no read of a mirror, and leave nothing behind',
    async () => {
      const inAll = [
        ...NETWORK_FAULTS.map((kind) => network({ kind })),
        freezes(400, 400),
        storeOutage(),
        // Last: without a ChromaDB no mirror comes back.
        workerKills(),
      ];
      const observation = await runScenario(
        {
          name: 'in turn',
          settings: preloading(WORKER_KILLER),
          criteria: BUSY,
          disturbance: () => counted(inTurn(inAll, EACH_MS, PAUSE_MS)),
        },
        TIMES,
        LOAD,
      );
      expect(observation.failures).toEqual([]);
      expect(observation.phases.during.groups.mirrored.requests).toBeGreaterThan(100);
      expect(observation.phases.during.groups.write.requests).toBeGreaterThan(20);
      expect(NETWORK_FAULTS.filter((kind) => (hits.get(kind) ?? 0) === 0)).toEqual([]);
    },
    LIMIT_MS,
  );
});
