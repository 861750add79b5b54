import { readdir, readFile } from 'node:fs/promises';
import { until } from './until.js';

const CHROMA_START_LIMIT_MS = 15_000;

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
  const stat = await readText(`/proc/${pid}/stat`);
  const state = stat.slice(stat.lastIndexOf(')') + 2)[0];
  return state !== undefined && state !== 'Z' && state !== 'X';
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
