import { setTimeout as sleep } from 'node:timers/promises';
import type { NetworkFault } from './network-fault.js';
import { monotonicMs } from './monotonic.js';
import type { Stage } from './stage.js';

/** Something that goes wrong, and that ends. */
export interface Disturbance {
  begin(stage: Stage): Promise<void>;
  /** Resolves when all is as before, whatever Tidegate makes of it. */
  end(stage: Stage): Promise<void>;
  /** What else has to hold after the end. @returns what does not, or figures to tell */
  look?(stage: Stage): Promise<DisturbanceReport>;
}

export interface DisturbanceReport {
  readonly figures: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
}

/** A fault of the network, for a share of the exchanges. */
export function network(fault: NetworkFault, share = 1): Disturbance {
  let sinceMs = 0;
  return {
    begin: async ({ proxy }) => {
      sinceMs = monotonicMs();
      await proxy.inject(fault, share);
    },
    end: async ({ proxy, garbling }) => {
      await proxy.clear();
      // Answers that were begun garbled come to their end.
      if (fault.kind === 'garbled-body') garbling.push({ fromMs: sinceMs, toMs: monotonicMs() + 100 });
    },
  };
}

/** Goes on and off again and again. */
export function flapping(disturbance: Disturbance, onMs: number, offMs: number): Disturbance {
  return repeated(async (stage, isOver) => {
    await disturbance.begin(stage);
    await sleep(onMs);
    await disturbance.end(stage);
    if (!isOver()) await sleep(offMs);
  });
}

/** One after the other, each for so long, with a pause after each. All are over when this has begun. */
export function inTurn(disturbances: readonly Disturbance[], eachMs: number, pauseMs: number): Disturbance {
  return {
    begin: async (stage) => {
      for (const disturbance of disturbances) {
        await disturbance.begin(stage);
        await sleep(eachMs);
        await disturbance.end(stage);
        await sleep(pauseMs);
      }
    },
    end: () => Promise.resolve(),
  };
}

/** Does the same again and again until the end, which waits for the last time. */
export function repeated(act: (stage: Stage, isOver: () => boolean) => Promise<void>): Disturbance {
  let over = false;
  let acting: Promise<void> = Promise.resolve();
  return {
    begin: (stage) => {
      acting = (async () => {
        while (!over) await act(stage, () => over);
      })();
      acting.catch(() => undefined);
      return Promise.resolve();
    },
    end: async () => {
      over = true;
      await acting;
    },
  };
}
