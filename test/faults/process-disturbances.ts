import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCounter, sumOf } from '../support/counters.js';
import { repeated, type Disturbance } from './disturbance.js';
import { monotonicMs } from './monotonic.js';
import type { Stage } from './stage.js';

const HOUR_MS = 3_600_000;
/** An hour on, two back, a day on. */
const CLOCK_JUMPS_MS = [HOUR_MS, -HOUR_MS, 23 * HOUR_MS];
/** A request sent so long before a signal arrived before it. */
const ARRIVED_MS = 50;
const SLOW_ANSWERS = { kind: 'latency', latencyMs: 500, jitterMs: 0 } as const;
const ANSWERS_UNDER_WAY_MS = 600;
const BETWEEN_KILLS_MS = 3_000;
const SHED_COUNTER = 'tidegate_memory_shed_mirrors_total';

/** Needs a Tidegate that was started with WORKER_KILLER. */
export function workerKills(): Disturbance {
  let before = 0;
  const restarts = async ({ url }: Stage) =>
    sumOf(await readCounter(url, 'tidegate_worker_restarts_total'), '');
  const kills = repeated(async (stage, isOver) => {
    process.kill(stage.tidegate.pid, 'SIGUSR2');
    for (let waitedMs = 0; waitedMs < BETWEEN_KILLS_MS && !isOver(); waitedMs += 100) await sleep(100);
  });
  return {
    ...kills,
    begin: async (stage) => {
      before = await restarts(stage);
      await kills.begin(stage);
    },
    look: async (stage) => {
      const workerRestarts = (await restarts(stage)) - before;
      const failures = workerRestarts > 0 ? [] : ['no worker was replaced'];
      return { figures: { workerRestarts }, failures };
    },
  };
}

/** Tidegate's threads all stand still for so long, and run for so long, again and again. */
export function freezes(frozenMs: number, runningMs: number): Disturbance {
  return repeated(async ({ tidegate, frozen }) => {
    const fromMs = monotonicMs();
    process.kill(tidegate.pid, 'SIGSTOP');
    await sleep(frozenMs).finally(() => process.kill(tidegate.pid, 'SIGCONT'));
    frozen.push({ fromMs, toMs: monotonicMs() });
    await sleep(runningMs);
  });
}

/** Needs a Tidegate that was started with `ballast` and little memory to use. */
export function memoryBallast(): Disturbance {
  const toggle = ({ tidegate }: Stage) => {
    process.kill(tidegate.pid, 'SIGUSR2');
    return Promise.resolve();
  };
  return {
    begin: toggle,
    end: toggle,
    look: async ({ url }) => {
      const shed = sumOf(await readCounter(url, SHED_COUNTER), '');
      return { figures: { shed }, failures: shed > 0 ? [] : ['no mirror was shed'] };
    },
  };
}

/** Where `shiftedClock` looks. */
export function clockFile(folder: string): string {
  return join(folder, 'clock');
}

/** The wall clock jumps to and fro. Needs a Tidegate that was started with `shiftedClock`. */
export function clockJumps(file: string): Disturbance {
  let shiftMs = 0;
  let jump = 0;
  const jumps = repeated(async () => {
    shiftMs += CLOCK_JUMPS_MS[jump++ % CLOCK_JUMPS_MS.length] ?? 0;
    await writeFile(file, String(shiftMs));
    await sleep(1_000);
  });
  return {
    ...jumps,
    end: async (stage) => {
      await jumps.end(stage);
      await writeFile(file, '0');
    },
  };
}

/** Stopped in order under load, with requests on their way to a slow ChromaDB, and started again. */
export function restartInOrder(): Disturbance {
  let exitCode: number | null = null;
  let toldMs = 0;
  let endedMs = 0;
  return {
    begin: async (stage) => {
      await stage.proxy.inject(SLOW_ANSWERS);
      await sleep(ANSWERS_UNDER_WAY_MS);
      toldMs = monotonicMs();
      exitCode = await stage.stopTidegate();
      endedMs = monotonicMs();
    },
    end: async (stage) => {
      await stage.proxy.clear();
      await stage.startTidegate();
    },
    look: ({ load }) => {
      const inFlight = (load?.records ?? []).filter(
        ({ startMs, endMs }) => startMs < toldMs - ARRIVED_MS && endMs >= toldMs,
      );
      const unanswered = inFlight.filter(({ status }) => status === 0).length;
      const cut = (load?.records ?? []).filter(({ noAnswer }) => noAnswer === 'cut').length;
      const failures = [
        ...(inFlight.length > 0 ? [] : ['nothing was in flight at SIGTERM']),
        ...(exitCode === 0 ? [] : [`SIGTERM: exit code ${String(exitCode)}`]),
        ...(unanswered === 0 ? [] : [`${unanswered} requests in flight at SIGTERM got no answer`]),
        ...(cut === 0 ? [] : [`${cut} answers were cut short`]),
      ];
      const figures = { inFlight: inFlight.length, unanswered, cut, stopMs: Math.round(endedMs - toldMs) };
      return Promise.resolve({ figures, failures });
    },
  };
}
