import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { firstCapacity, graphBytes } from './mirror-bytes.js';
import type { HotCommand, HotReply, HotRequest, HotResults } from './hot-protocol.js';
import { MirrorFull } from './mirror-full.js';
import { Mirror } from './mirror.store.js';

/** Records inserted before waiting searches get their turn: about 10 ms of work at 768 floats. */
const INSERTS_PER_TURN = 16;

interface OpenMirror {
  readonly mirror: Mirror;
  /** Changes of one mirror run one after the other. */
  changes: Promise<unknown>;
  closed: boolean;
  /** Bytes it holds, or may come to hold by the change under way. */
  claimedBytes: number;
}

type Command<K extends HotCommand['kind']> = Extract<HotCommand, { kind: K }>;

const mirrors = new Map<number, OpenMirror>();

function find(number: number): OpenMirror {
  const open = mirrors.get(number);
  if (open === undefined) throw new Error('this mirror is closed');
  return open;
}

/** Keeps the bytes for a change. @throws MirrorFull when all mirrors together would hold too much */
function claim(open: Pick<OpenMirror, 'claimedBytes'>, moreBytes: number, limitBytes: number): void {
  let bytes = moreBytes;
  for (const { claimedBytes } of mirrors.values()) bytes += claimedBytes;
  if (bytes > limitBytes) throw new MirrorFull(moreBytes);
  open.claimedBytes += moreBytes;
}

function openMirror({ mirror: number, spec, limitBytes }: Command<'open'>): HotResults['open'] {
  const moreBytes = graphBytes(spec, firstCapacity(spec));
  const open = { changes: Promise.resolve(), closed: false, claimedBytes: 0 };
  claim(open, moreBytes, limitBytes);
  const mirror = new Mirror(spec);
  mirrors.set(number, { ...open, mirror });
  return mirror.usage();
}

async function applyInTurns(open: OpenMirror, { asked, page, limitBytes }: Command<'apply'>): Promise<void> {
  const inserts = open.mirror.apply(asked, page, (growthBytes) => {
    claim(open, growthBytes, limitBytes);
  });
  for (let count = 1; !inserts.next().done; count++) {
    if (count % INSERTS_PER_TURN === 0) await nextTurn();
    if (open.closed) throw new Error('this mirror was closed');
  }
}

function change(
  number: number,
  work: (open: OpenMirror) => Promise<void> | void,
): Promise<HotResults['apply']> {
  const open = find(number);
  const done = open.changes
    .then(() => work(open))
    .then(() => open.mirror.usage())
    .finally(() => (open.claimedBytes = open.mirror.usage().bytes));
  open.changes = done.catch(() => undefined);
  return done;
}

function execute(command: HotCommand): HotResults[HotCommand['kind']] | Promise<HotResults['apply']> {
  switch (command.kind) {
    case 'open':
      return openMirror(command);
    case 'close':
      find(command.mirror).closed = true;
      mirrors.delete(command.mirror);
      return undefined;
    case 'apply':
      return change(command.mirror, (open) => applyInTurns(open, command));
    case 'retain':
      return change(command.mirror, (open) => {
        open.mirror.retain(command.listing);
      });
    case 'read':
      return find(command.mirror).mirror.read(command.request);
  }
}

function reply(message: HotReply): void {
  const owned =
    'result' in message && message.result instanceof Uint8Array ? [message.result.buffer as ArrayBuffer] : [];
  parentPort?.postMessage(message, owned);
}

function failure(sequence: number, error: unknown): HotReply {
  if (error instanceof MirrorFull) return { sequence, result: { moreBytes: error.moreBytes } };
  return { sequence, error: String(error) };
}

parentPort?.on('message', ({ sequence, command }: HotRequest) => {
  try {
    const result = execute(command);
    if (result instanceof Promise) {
      result.then(
        (usage) => {
          reply({ sequence, result: usage });
        },
        (error: unknown) => {
          reply(failure(sequence, error));
        },
      );
    } else reply({ sequence, result });
  } catch (error) {
    reply(failure(sequence, error));
  }
});
