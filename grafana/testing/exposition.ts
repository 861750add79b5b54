import { noDrift } from '../../modules/sync/drift.js';
import { Exposition } from '../../modules/telemetry/instruments.service.js';
import { LoadMetrics } from '../../modules/telemetry/load-metrics.service.js';
import { MemoryMetrics } from '../../modules/telemetry/memory-metrics.service.js';
import { Metrics } from '../../modules/telemetry/metrics.service.js';
import { ResilienceMetrics } from '../../modules/telemetry/resilience-metrics.service.js';

/** One metric of an exposition: its type, and the labels that its samples carry. */
export interface Family {
  readonly type: string;
  readonly labels: ReadonlySet<string>;
}

/** Labels of what has no sample before its first event, which a test cannot order. */
const LATE_LABELS = [['nodejs_gc_duration_seconds', 'kind']] as const;

/** What a Tidegate exposes once each of its instruments has been used. */
export async function exposedFamilies(): Promise<ReadonlyMap<string, Family>> {
  const exposition = new Exposition();
  useEach(new Metrics(exposition));
  useLoad(new LoadMetrics(exposition));
  useMemory(new MemoryMetrics(exposition));
  useResilience(new ResilienceMetrics(exposition));
  const { text } = await exposition.expose();
  const families = new Map<string, { type: string; labels: Set<string> }>();
  for (const line of text.split('\n')) {
    const [, name, type] = /^# TYPE (\w+) (\w+)$/.exec(line) ?? [];
    if (name !== undefined && type !== undefined) families.set(name, { type, labels: new Set() });
    else addLabels(families, line);
  }
  for (const [name, label] of LATE_LABELS) families.get(name)?.labels.add(label);
  return families;
}

/** The family that a name in a query belongs to: a histogram's samples have names of their own. */
export function familyOf(families: ReadonlyMap<string, Family>, metric: string): string | undefined {
  if (families.has(metric)) return families.get(metric)?.type === 'histogram' ? undefined : metric;
  const base = metric.replace(/_(bucket|sum|count)$/, '');
  return families.get(base)?.type === 'histogram' ? base : undefined;
}

function addLabels(families: Map<string, { type: string; labels: Set<string> }>, line: string): void {
  const [, sample = '', pairs = ''] = /^(\w+)\{(.*)\} /.exec(line) ?? [];
  const family = families.get(familyOf(families, sample) ?? '');
  for (const [, label = ''] of pairs.matchAll(/(\w+)="/g)) family?.labels.add(label);
}

function useMemory(metrics: MemoryMetrics): void {
  metrics.limit(1);
  metrics.short(false);
  metrics.shed(1, 1);
}

/** An instrument with labels has no samples until it is used. */
function useEach(metrics: Metrics): void {
  metrics.request('query', 200, 0.01);
  metrics.answer('mirror', 'ready', 0.001);
  metrics.tierFailed('mirror', 'timeout');
  metrics.answerShared('chroma');
  metrics.chromaCall('read', 'ok', 0.01);
  metrics.write('add', 'ok');
  metrics.readBack('ok');
  metrics.insertReflected('reproduced');
  metrics.warmUp('ok');
  metrics.warmUpPaused('store-unreachable');
  const known = { recordsDone: 1, recordsAll: 2, bytes: 1, recordsPerSecond: 1, secondsLeft: 1 };
  metrics.runningWarmUps([{ collection: 'id', ...known }]);
  metrics.writeInDoubt();
  metrics.workerRestarted();
  metrics.storeRestarted();
  metrics.flag('mirror', 'on');
  metrics.flagReload('ok');
  metrics.hot({ mirrorsByState: { ready: 1 }, records: 1, bytes: 1, limitBytes: 2 });
  metrics.collectionMirrors([{ collection: 'id', bytes: 1 }]);
  metrics.placement('admitted');
  metrics.pins({ always: 1, never: 1 });
  metrics.journalFailed('write');
  metrics.snapshot('take', 'ok');
  metrics.pinFile('read', 'ok');
  metrics.drift({ ...noDrift(), missing: 1 });
  metrics.driftRepaired(1);
  metrics.driftCheck('same');
  metrics.reconcile('ok');
  metrics.driftedMirror('out');
  metrics.reconcileInterval(1);
  metrics.comparisonAges([{ collection: 'id', seconds: 1 }]);
  metrics.answerCache(1, 1);
}

function useResilience(metrics: ResilienceMetrics): void {
  metrics.breaker('chroma-read', 'closed');
  metrics.chromaProbed('ok');
  metrics.panicked('mirror');
  metrics.deadlineExceeded('query', 'reading');
  metrics.retry('mended');
  metrics.searchDropped();
  metrics.connectionRefused();
}

function useLoad(metrics: LoadMetrics): void {
  metrics.watchLane('mirror', () => ({ limit: 1, underWay: 1, waiting: 1 }));
  metrics.watchDoor(() => ({ requests: 1, bodyBytes: 1 }));
  metrics.shed('mirror', 'full');
  metrics.waited('mirror', 0.01);
}
