import { readdir, readFile } from 'node:fs/promises';
import { until } from './until.js';

const CHROMA_START_LIMIT_MS = 15_000;
/** Linux counts the start of a process in hundredths of a second since the boot. */
const TICKS_PER_SECOND = 100;
const STATE_FIELD = 0;
const START_FIELD = 19;

/** The processes that a process started and that still run, read from Linux's /proc. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(threads.map((thread) => readText(`/proc/${pid}/task/${thread}/children`)));
  const pids = lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  const running = await Promise.all(pids.map(isRunning));
  return pids.filter((_, index) => running[index]);
}

/** Whether the process exists and is not merely a zombie waiting to be reaped. */
export async function isRunning(pid: number): Promise<boolean> {
  const state = (await statOf(pid))[STATE_FIELD];
  return state !== undefined && state !== '' && state !== 'Z' && state !== 'X';
}

/** When the process was started, in milliseconds of the clock; never too late, at most a little too early. */
export async function startOf(pid: number): Promise<number> {
  const now = Date.now();
  const [stat, uptime] = await Promise.all([statOf(pid), readText('/proc/uptime')]);
  const ageSeconds = Number(uptime.split(' ')[0]) - Number(stat[START_FIELD]) / TICKS_PER_SECOND;
  return now - ageSeconds * 1000 - 1000 / TICKS_PER_SECOND;
}

/** The fields of a process behind its name, which may hold blanks. */
async function statOf(pid: number): Promise<readonly string[]> {
  const stat = await readText(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** The ChromaDB that a Tidegate runs as its child. */
async function embeddedChromaOf(tidegatePid: number): Promise<number | undefined> {
  for (const pid of await childrenOf(tidegatePid)) {
    if ((await readText(`/proc/${pid}/cmdline`)).includes('chroma')) return pid;
  }
  return undefined;
}

/** Waits until Tidegate has a ChromaDB below it, which may have to be started first. */
export function runningChromaOf(tidegatePid: number): Promise<number> {
  return until(
    'ChromaDB runs below Tidegate',
    CHROMA_START_LIMIT_MS,
    () => embeddedChromaOf(tidegatePid),
    10,
  );
}

export async function untilGone(pid: number, limitMs: number): Promise<void> {
  await until(`process ${pid} is gone`, limitMs, async () => !(await isRunning(pid)));
}

/** A process that ended meanwhile reads as empty. */
function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
