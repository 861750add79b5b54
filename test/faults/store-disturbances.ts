import { monotonicMs } from './monotonic.js';
import type { Disturbance } from './disturbance.js';
import type { Stage } from './stage.js';

const DATA = 'data';
/** A new ChromaDB without the collections has to be noticed by then: the drift check runs every 5 s. */
const NOTICED_MS = 8_000;
const SLOW = { kind: 'latency', latencyMs: 1_200, jitterMs: 1_500 } as const;

/** kill -9; its port refuses until a new one answers. */
async function kill({ chroma, proxy }: Stage): Promise<void> {
  await proxy.inject({ kind: 'refusing' });
  await chroma.kill();
}

async function launch({ chroma, proxy }: Stage, dataName: string): Promise<void> {
  await chroma.launch(dataName);
  await proxy.clear();
}

/** Killed, and started again on its data at the end. */
export function storeOutage(): Disturbance {
  return { begin: kill, end: (stage) => launch(stage, DATA) };
}

/** Killed and started again at once, and slow from then on. */
export function slowRestart(): Disturbance {
  return {
    begin: async (stage) => {
      await kill(stage);
      await stage.chroma.launch(DATA);
      await stage.proxy.inject(SLOW);
    },
    end: ({ proxy }) => proxy.clear(),
  };
}

/** Killed and started again without its data, which comes back at the end. */
export function emptyRestart(): Disturbance {
  let emptyMs = 0;
  return {
    begin: async (stage) => {
      await kill(stage);
      await launch(stage, 'empty');
      emptyMs = monotonicMs();
    },
    end: async (stage) => {
      const backMs = monotonicMs();
      stage.goneForCertain.push({ fromMs: emptyMs + NOTICED_MS, toMs: backMs });
      await kill(stage);
      // What was answered by the empty one may still be on its way.
      stage.gone.push({ fromMs: emptyMs - 100, toMs: monotonicMs() + 100 });
      await launch(stage, DATA);
    },
  };
}
