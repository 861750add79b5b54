import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { collectionsPath } from '../../modules/chroma/collection-path.js';
import type { Refusal } from '../../modules/sync/mirror-state.js';
import type { SyncReport } from '../../modules/sync/sync-report.js';
import type { WarmUpReport } from '../../modules/sync/warm-up-progress.js';
import { parseCollectionId } from '../../modules/vector/collection-id.js';
import { readConfig } from '../config.js';
import { progressBar, type ProgressOutput, type ShowProgress } from '../terminal/progress-bar.js';
import { CommandFailed, UsageError } from './exit-codes.js';
import { TidegateClient } from './tidegate-client.js';

const USAGE = 'usage: tidegate warm <collection name or id> [--url …] [--tenant …] [--database …]';
const DEFAULT_PATH = { tenant: 'default_tenant', database: 'default_database' };
const POLL_MS = 250;
const BYTES_PER_MIB = 1024 * 1024;
/** As shells tell an end by SIGINT. */
const EXIT_INTERRUPTED = 130;

/** What refused collections need. */
const REMEDIES: Readonly<Record<Refusal, string>> = {
  empty: 'it has no records; add some first',
  'over-budget': 'there is no room beside hotter ones; pin it "always", or raise TIDEGATE_HOT_MEMORY_MB',
  'not-mirrorable': 'it is of a kind that is not mirrored; ChromaDB goes on answering for it',
  'memory-short': 'the process holds too much memory; give it more, or lower TIDEGATE_HOT_MEMORY_MB',
  pinned: 'it is pinned "never"; set its pin to "auto" or "always" first',
};

/** `tidegate warm`: has a running Tidegate mirror a collection, and shows how far that is. */
export async function runWarm(
  args: readonly string[],
  out: ProgressOutput,
  interrupted: AbortSignal,
): Promise<number> {
  const options = {
    url: { type: 'string' },
    tenant: { type: 'string' },
    database: { type: 'string' },
  } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw new UsageError(USAGE);
  const { url = readConfig().commandLine.url, ...named } = values;
  const client = new TidegateClient(url);
  const path = { ...DEFAULT_PATH, ...named };
  const id = parseCollectionId(name);
  // An id needs no path where Tidegate knows one already.
  const knowsPath = id !== undefined && Object.keys(named).length === 0;
  const sync = `/operations/v1/sync/${id ?? (await idOf(client, name, path))}`;
  const begun = (await client.call('POST', `${sync}/warm`, knowsPath ? undefined : path)) as SyncReport;
  return follow(begun, async () => (await client.call('GET', sync)) as SyncReport, name, {
    out,
    interrupted,
  });
}

interface Terminal {
  readonly out: ProgressOutput;
  /** Aborted at Ctrl+C. */
  readonly interrupted: AbortSignal;
}

async function idOf(client: TidegateClient, name: string, path: typeof DEFAULT_PATH): Promise<string> {
  const address = `${collectionsPath(path)}/${encodeURIComponent(name)}`;
  return ((await client.call('GET', address)) as { id: string }).id;
}

/** @throws CommandFailed when the warm-up ends without a mirror */
async function follow(
  begun: SyncReport,
  report: () => Promise<SyncReport>,
  name: string,
  { out, interrupted }: Terminal,
): Promise<number> {
  let show: ShowProgress | undefined;
  for (let now = begun; ; now = await report()) {
    const { warmUp } = now;
    // The bar ends when the mirror is warm, not when the last record is read.
    if (warmUp?.recordsAll && (warmUp.recordsDone < warmUp.recordsAll || now.state === 'warm')) {
      show ??= progressBar(`Warming ${name}`, warmUp.recordsAll, out);
      show(warmUp.recordsDone, noteOf(warmUp));
    }
    if (now.state === 'warm') {
      out.write(`${name} is warm${warmUp ? `: ${sizeOf(warmUp)}` : ''}\n`);
      return 0;
    }
    if (now.state === 'settling' && warmUp?.status === 'ok') {
      out.write(`${name} is read; it answers from memory when a write in doubt has settled\n`);
      return 0;
    }
    if (warmUp?.status !== 'running') {
      if (show) out.write('\n');
      throw new CommandFailed(`${name} was not warmed: ${failureOf(now)}`);
    }
    await sleep(POLL_MS, undefined, { signal: interrupted }).catch(() => undefined);
    if (interrupted.aborted) {
      out.write('\nThe warm-up goes on without this command; call it again to follow.\n');
      return EXIT_INTERRUPTED;
    }
  }
}

function noteOf({ recordsPerSecond, secondsLeft, bytes }: WarmUpReport): string {
  const left = secondsLeft === null ? 'waiting for ChromaDB' : `${secondsLeft} s left`;
  return `${recordsPerSecond}/s, ${mebibytes(bytes)}, ${left}`;
}

function sizeOf({ recordsDone, bytes, tookMs }: WarmUpReport): string {
  return `${recordsDone} records, ${mebibytes(bytes)}, in ${(tookMs / 1_000).toFixed(1)} s`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / BYTES_PER_MIB).toFixed(1)} MiB`;
}

function failureOf({ refusal, warmUp }: SyncReport): string {
  if (refusal) return REMEDIES[refusal];
  if (warmUp?.status === 'cancelled' || warmUp?.status === 'ok') {
    return 'something took it out of memory meanwhile, an operator, a change or a write in doubt; try again';
  }
  return `${warmUp?.message ?? 'it ended'}; see the log of Tidegate, and try again`;
}
