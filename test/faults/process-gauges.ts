import { readdir, readFile } from 'node:fs/promises';
import { readCounter, sumOf } from '../support/counters.js';

const KIB_PER_MIB = 1024;

/** What a process holds: resident memory in mebibytes, and open files and sockets. */
export interface ProcessGauges {
  readonly rssMb: number;
  readonly handles: number;
}

export async function gaugesOf(pid: number): Promise<ProcessGauges> {
  const [status, handles] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readdir(`/proc/${pid}/fd`),
  ]);
  const kib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN);
  return { rssMb: Math.round(kib / KIB_PER_MIB), handles: handles.length };
}

const MIB = 1024 * 1024;

/** Mebibytes that Tidegate says it keeps on purpose, up to bounds: mirrors and kept answers. */
export async function keptMbOf(url: string): Promise<number> {
  const names = ['tidegate_mirror_bytes', 'tidegate_answer_cache_bytes'];
  const samples = await Promise.all(names.map((name) => readCounter(url, name)));
  return samples.reduce((sum, each) => sum + sumOf(each, ''), 0) / MIB;
}

export type BreakerState = 'open' | 'half-open' | 'closed';
/** How often each breaker entered each state, by `breaker state`. */
export type BreakerMoves = ReadonlyMap<string, number>;

export async function breakerMoves(url: string): Promise<BreakerMoves> {
  const samples = await readCounter(url, 'tidegate_breaker_transitions_total');
  const label = (labels: string, name: string) => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
  return new Map(
    [...samples].map(([labels, count]) => [`${label(labels, 'breaker')} ${label(labels, 'to')}`, count]),
  );
}

/** What moved meanwhile, without what did not. */
export function movesBetween(before: BreakerMoves, after: BreakerMoves): Readonly<Record<string, number>> {
  const moves = [...after].map(([move, count]) => [move, count - (before.get(move) ?? 0)] as const);
  return Object.fromEntries(moves.filter(([, count]) => count > 0));
}
