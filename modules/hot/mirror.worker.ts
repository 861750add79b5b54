import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import type { HotCommand, HotReply, HotRequest, HotResults, MirrorUsage, Placement } from './hot-protocol.js';
import { firstCapacity, graphBytes } from './mirror-bytes.js';
import { MirrorFull } from './mirror-full.js';
import { Mirror } from './mirror.store.js';

/** Milliseconds after which work lets others in. */
const TURN_MS = 1;

interface OpenMirror {
  readonly mirror: Mirror;
  /** Changes of one mirror run one after the other. */
  changes: Promise<unknown>;
  closed: boolean;
  /** Bytes it holds, or may come to hold by the change under way. */
  claimedBytes: number;
  /** The same for a second copy that a compaction under way makes. */
  compactionBytes: number;
}

type Command<K extends HotCommand['kind']> = Extract<HotCommand, { kind: K }>;

const mirrors = new Map<number, OpenMirror>();
let building = false;

function find(number: number): OpenMirror {
  const open = mirrors.get(number);
  if (open === undefined) throw new Error('this mirror is closed');
  return open;
}

/** @throws MirrorFull when all mirrors together would hold too much with so many bytes more */
function checkRoom(moreBytes: number, limitBytes: number): void {
  let bytes = moreBytes;
  for (const open of mirrors.values()) bytes += open.claimedBytes + open.compactionBytes;
  if (bytes > limitBytes) throw new MirrorFull(moreBytes);
}

function openMirror({ mirror: number, spec, limitBytes }: Command<'open'>): HotResults['open'] {
  const claimedBytes = graphBytes(spec, firstCapacity(spec));
  checkRoom(claimedBytes, limitBytes);
  const mirror = new Mirror(spec);
  mirrors.set(number, {
    mirror,
    changes: Promise.resolve(),
    closed: false,
    claimedBytes,
    compactionBytes: 0,
  });
  return mirror.usage();
}

function apply({ mirror: number, asked, pages, hints, limitBytes }: Command<'apply'>) {
  return change(number, (open) =>
    inTurns(open, open.mirror.apply(asked, pages, hints, claimFor(open, limitBytes))),
  );
}

function insert({
  mirror: number,
  body,
  hints,
  limitBytes,
}: Command<'insert'>): Promise<HotResults['insert']> {
  return change<Partial<Placement>>(
    number,
    async (open) => (await inTurns(open, open.mirror.insert(body, hints, claimFor(open, limitBytes)))) ?? {},
  );
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
    open.compactionBytes = 0;
    open.claimedBytes = open.mirror.usage().bytes;
  }
  return open.mirror.usage();
}

/** Goes on with work until it is done or its turn is over. */
function takeTurn<T>(work: Generator<void, T>): IteratorResult<void, T> {
  const end = performance.now() + TURN_MS;
  let step = work.next();
  while (!step.done && performance.now() < end) step = work.next();
  return step;
}

async function inTurns<T>(open: OpenMirror, work: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = takeTurn(work);
    if (step.done) return step.value;
    await nextTurn();
    if (open.closed) giveUp(work);
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
    for (const { mirror } of mirrors.values()) {
      while (mirror.backlog > 0 && performance.now() < end) mirror.buildNext();
      waiting ||= mirror.backlog > 0;
    }
  }
  building = false;
}

/** Lets work that will not go on give back what it holds. */
function giveUp(work: Generator<void, unknown>): never {
  const closed = new Error('this mirror was closed');
  work.throw(closed);
  throw closed;
}

function change<T extends object | void>(
  number: number,
  work: (open: OpenMirror) => Promise<T> | T,
): Promise<MirrorUsage & T> {
  const open = find(number);
  const done = open.changes
    .then(() => work(open))
    .then((told) => ({ ...open.mirror.usage(), ...told }))
    .finally(() => (open.claimedBytes = open.mirror.usage().bytes));
  open.changes = done.catch(() => undefined);
  void done.then(build, () => undefined);
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
    case 'close': {
      const open = find(command.mirror);
      open.closed = true;
      open.mirror.close();
      mirrors.delete(command.mirror);
      return undefined;
    }
    case 'apply':
      return apply(command);
    case 'insert':
      return insert(command);
    case 'retain':
      return change(command.mirror, (open) => inTurns(open, open.mirror.retain(command.listing)));
    case 'order':
      return change(command.mirror, (open) => inTurns(open, open.mirror.order(command.listing)));
    case 'compact':
      return compact(command);
    case 'read': {
      const open = find(command.mirror);
      return read(open, open.mirror.read(command.request));
    }
  }
}

function reply(message: HotReply): void {
  const owned =
    'result' in message && message.result instanceof Uint8Array ? [message.result.buffer as ArrayBuffer] : [];
  parentPort?.postMessage(message, owned);
}

parentPort?.on('message', ({ sequence, command }: HotRequest) => {
  const fail = (error: unknown) => {
    if (error instanceof MirrorFull) reply({ sequence, result: { moreBytes: error.moreBytes } });
    else reply({ sequence, error: String(error) });
  };
  try {
    const result = execute(command);
    if (result instanceof Promise) {
      result.then((value) => {
        reply({ sequence, result: value });
      }, fail);
    } else reply({ sequence, result });
  } catch (error) {
    fail(error);
  }
});
