import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { DroppedCalls } from './dropped-calls.js';
import type { WrittenRecords } from './incoming-records.js';
import {
  END,
  type HotCommand,
  type HotReply,
  type HotRequest,
  type HotResults,
  type InsertBody,
  type MirrorUsage,
  type Placement,
  type Placements,
  type SavedSnapshot,
} from './hot-protocol.js';
import { firstCapacity, graphBytes } from './mirror-bytes.js';
import { MirrorFull } from './mirror-full.js';
import { MAX_BACKLOG, Mirror } from './mirror.store.js';
import { movedMemory } from './moved-memory.js';
import { loadSnapshot, saveSnapshot, type Run } from './snapshot.store.js';
import { inTurns, takeTurn, TURN_MS } from './turns.js';

interface OpenMirror {
  readonly mirror: Mirror;
  /** Changes of one mirror run one after the other. */
  changes: Promise<unknown>;
  /** So do its snapshots, beside the changes. What they hold on to is not given back before they end. */
  saving: Promise<unknown>;
  closed: boolean;
  /** Bodies that are being decoded, or were, by the number of their insert. */
  readonly prepared: Map<number, Promise<WrittenRecords>>;
  /** Bytes it holds, or may come to hold by the change under way. */
  claimedBytes: number;
  /** The same for a second copy that a compaction under way makes. */
  compactionBytes: number;
}

type Command<K extends HotCommand['kind']> = Extract<HotCommand, { kind: K }>;

const dropped = new DroppedCalls(workerData as SharedArrayBuffer);
const mirrors = new Map<number, OpenMirror>();
/** Bytes that mirrors claim which are being loaded. */
const loadings = new Set<{ claimedBytes: number }>();
/** Commands for which threads of hnswlib use files. */
const filing = new Set<Promise<unknown>>();
let building = false;
let failing = false;

function find(number: number): OpenMirror {
  const open = mirrors.get(number);
  if (open === undefined || open.closed) throw new Error('this mirror is closed');
  return open;
}

/** @throws MirrorFull when all mirrors together would hold too much with so many bytes more */
function checkRoom(moreBytes: number, limitBytes: number): void {
  let bytes = moreBytes;
  for (const open of mirrors.values()) bytes += open.claimedBytes + open.compactionBytes;
  for (const { claimedBytes } of loadings) bytes += claimedBytes;
  if (bytes > limitBytes) throw new MirrorFull(moreBytes);
}

function openMirror({ mirror: number, spec, limitBytes }: Command<'open'>): HotResults['open'] {
  const claimedBytes = graphBytes(spec, firstCapacity(spec));
  checkRoom(claimedBytes, limitBytes);
  return admit(number, new Mirror(spec), claimedBytes);
}

function admit(number: number, mirror: Mirror, claimedBytes: number): MirrorUsage {
  const idle = { changes: Promise.resolve(), saving: Promise.resolve(), closed: false, compactionBytes: 0 };
  mirrors.set(number, { mirror, ...idle, prepared: new Map(), claimedBytes });
  return mirror.usage();
}

async function closeMirror(number: number): Promise<undefined> {
  const open = find(number);
  open.closed = true;
  open.mirror.close();
  await open.saving;
  mirrors.delete(number);
  return undefined;
}

function apply({ mirror: number, asked, pages, hints, limitBytes }: Command<'apply'>) {
  return change(number, async (open) => {
    await roomInBacklog(open);
    return inTurns(open, open.mirror.apply(asked, pages, hints, claimFor(open, limitBytes)));
  });
}

/** While the graph is written, only so many vectors may wait for it, and those of one change. */
async function roomInBacklog({ mirror }: OpenMirror): Promise<void> {
  if (mirror.backlog > MAX_BACKLOG) await mirror.graphWritten;
}

/** Beside the changes: nothing that reads could see is touched. */
function prepare({ mirror: number, insert, body }: Command<'prepare'>): Promise<undefined> {
  const open = find(number);
  const written = inTurns(open, open.mirror.written(body));
  open.prepared.set(insert, written);
  return written.then(() => undefined);
}

function insert({ mirror: number, bodies, hints, limitBytes }: Command<'insert'>) {
  return change<Placements>(number, async (open) => {
    const placements: (Placement | undefined)[] = [];
    for (const body of bodies) {
      const written = await writtenOf(open, body);
      await roomInBacklog(open);
      const inserting = inTurns(open, open.mirror.insert(written, hints, claimFor(open, limitBytes)));
      placements.push(await inserting.catch(unlessFull));
    }
    return { placements };
  });
}

function writtenOf(open: OpenMirror, body: InsertBody): Promise<WrittenRecords> | undefined {
  return typeof body === 'number' ? open.prepared.get(body) : inTurns(open, open.mirror.written(body));
}

/** What does not fit is not taken in: the caller must read it back, and have room made for it. */
function unlessFull(error: unknown): undefined {
  if (!(error instanceof MirrorFull)) throw error;
}

function claimFor(open: OpenMirror, limitBytes: number) {
  return (growthBytes: number): void => {
    const isCopied = open.compactionBytes > 0;
    checkRoom(isCopied ? 2 * growthBytes : growthBytes, limitBytes);
    open.claimedBytes += growthBytes;
    if (isCopied) open.compactionBytes += growthBytes;
  };
}

/** Not one of the changes: those go on meanwhile. */
async function compact({ mirror: number, limitBytes }: Command<'compact'>): Promise<MirrorUsage> {
  const open = find(number);
  checkRoom(open.claimedBytes, limitBytes);
  open.compactionBytes = open.claimedBytes;
  try {
    await inTurns(open, open.mirror.compact());
  } finally {
    await open.saving;
    open.compactionBytes = 0;
    open.claimedBytes = open.mirror.usage().bytes;
  }
  return open.mirror.usage();
}

/** Not one of the changes, but it begins between two of them. */
function save({ mirror: number, folder, identity }: Command<'save'>): Promise<SavedSnapshot> {
  const open = find(number);
  const begin = (graphPath: string) =>
    open.changes.then(() => {
      const moment = find(number).mirror.moment(graphPath);
      void moment.graphWritten.then(build, build);
      return moment;
    });
  const run: Run = (work) => inTurns(open, work);
  const saved = open.saving.then(() => saveSnapshot(folder, identity, begin, run));
  open.saving = saved.catch(() => undefined);
  return saved;
}

async function load(command: Command<'load'>): Promise<MirrorUsage> {
  const { mirror: number, spec, folder, manifest, limitBytes } = command;
  checkRoom(manifest.memoryBytes, limitBytes);
  const loading = { claimedBytes: manifest.memoryBytes };
  const claim = (heldBytes: number) => {
    const moreBytes = heldBytes - loading.claimedBytes;
    if (moreBytes <= 0) return;
    checkRoom(moreBytes, limitBytes);
    loading.claimedBytes = heldBytes;
  };
  loadings.add(loading);
  try {
    const run: Run = (work) => inTurns({ closed: false }, work);
    const mirror = await loadSnapshot(folder, manifest, spec, claim, run);
    // What waits for its graph waits until it serves.
    return admit(number, mirror, mirror.usage().bytes);
  } finally {
    loadings.delete(loading);
  }
}

/** Puts vectors into the graphs, in turns, until none waits. */
async function build(): Promise<void> {
  if (building) return;
  building = true;
  for (let waiting = true; waiting;) {
    await nextTurn();
    waiting = false;
    const end = performance.now() + TURN_MS;
    for (const { mirror, closed } of mirrors.values()) {
      if (closed) continue;
      while (mirror.isBuilding && performance.now() < end) mirror.buildNext();
      waiting ||= mirror.isBuilding;
    }
  }
  building = false;
}

function change<T extends object | void>(
  number: number,
  work: (open: OpenMirror) => Promise<T> | T,
): Promise<MirrorUsage & T> {
  const done = inLine(number, work);
  void done.then(build, () => undefined);
  return done;
}

/** Does work when the mirror's changes before it are done; later ones wait. */
function inLine<T extends object | void>(
  number: number,
  work: (open: OpenMirror) => Promise<T> | T,
): Promise<MirrorUsage & T> {
  const open = find(number);
  const done = open.changes
    .then(() => work(open))
    .then((told) => ({ ...open.mirror.usage(), ...told }))
    .finally(() => (open.claimedBytes = open.mirror.usage().bytes));
  open.changes = done.catch(() => undefined);
  return done;
}

function read(open: OpenMirror, work: Generator<void, HotResults['read']>) {
  const step = takeTurn(work);
  return step.done ? step.value : inTurns(open, work);
}

type Result = HotResults[HotCommand['kind']];

function execute(command: HotCommand): Result | Promise<Result> {
  switch (command.kind) {
    case 'open':
      return openMirror(command);
    case 'close':
      return closeMirror(command.mirror);
    case 'apply':
      return apply(command);
    case 'prepare':
      return prepare(command);
    case 'discard':
      mirrors.get(command.mirror)?.prepared.delete(command.insert);
      return undefined;
    case 'insert':
      return insert(command);
    case 'retain':
      return change(command.mirror, (open) => inTurns(open, open.mirror.retain(command.listing)));
    case 'order':
      return change(command.mirror, (open) => inTurns(open, open.mirror.order(command.listing)));
    case 'save':
      return save(command);
    case 'load':
      return load(command);
    case 'compare': {
      const open = find(command.mirror);
      return inTurns(open, open.mirror.compare(command.asked, command.page));
    }
    case 'locate':
      return inLine(command.mirror, (open) => inTurns(open, open.mirror.locate(command.listing)));
    case 'compact':
      return compact(command);
    case 'read': {
      const open = find(command.mirror);
      return read(open, open.mirror.read(command.request));
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function reply(message: HotReply): void {
  parentPort?.postMessage(message, movedMemory(message));
}

function keepTill(ended: Promise<unknown>): void {
  filing.add(ended);
  const leave = () => filing.delete(ended);
  ended.then(leave, leave);
}

function isFiling({ kind }: HotCommand): boolean {
  return kind === 'save' || kind === 'load';
}

/** Ends this thread of an error, but not before threads of hnswlib end: the process would end of that. */
process.on('uncaughtException', (error) => {
  if (failing) return;
  failing = true;
  void Promise.allSettled(filing).then(() => {
    process.removeAllListeners('uncaughtException');
    setImmediate(() => {
      throw error;
    });
  });
});

parentPort?.on('message', (message: HotRequest | typeof END) => {
  if (message === END) process.exit();
  const { sequence, command } = message;
  const { kind } = command;
  if (failing) {
    reply({ sequence, error: 'the worker is about to end' });
    return;
  }
  if (kind === 'read' && dropped.has(sequence)) {
    reply({ sequence, error: 'nobody waited for it', dropped: true });
    return;
  }
  const fail = (error: unknown) => {
    if (error instanceof MirrorFull) reply({ sequence, result: { moreBytes: error.moreBytes } });
    else if (isFiling(command)) reply({ sequence, result: { reason: reasonOf(error) } });
    else reply({ sequence, error: String(error) });
  };
  try {
    const result = execute(command);
    if (result instanceof Promise) {
      if (isFiling(command)) keepTill(result);
      result.then((value) => {
        reply({ sequence, result: value });
      }, fail);
    } else reply({ sequence, result });
  } catch (error) {
    fail(error);
  }
});
