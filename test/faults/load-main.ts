import type { LoadPlan } from './load-record.js';
import { SteadyLoad } from './steady-load.js';

/** A process of its own, so that what is measured shares no event loop with who measures. */
const REPORT_EVERY_MS = 250;

const load = new SteadyLoad(JSON.parse(process.argv[2] ?? '') as LoadPlan);
const reporting = setInterval(report, REPORT_EVERY_MS);
process.once('message', () => void stop());
process.once('disconnect', () => process.exit(1));

function report(): void {
  process.send?.(load.take());
}

async function stop(): Promise<void> {
  await load.stop();
  clearInterval(reporting);
  process.send?.(load.take(), () => process.exit(0));
}
